//! Memory of this process and of the machine, in bytes.

use std::fs;

use crate::error::ProverError;

/// Largest resident size of this process so far.
pub fn peak_memory_bytes() -> u64 {
    fs::read_to_string("/proc/self/status").ok().and_then(|text| field_bytes(&text, "VmHWM:")).unwrap_or(0)
}

/// Starts the peak anew, so that a job of a long-lived process reports its own.
pub fn reset_peak_memory() {
    // Refused in some containers; the peak is then that of the process.
    let _ = fs::write("/proc/self/clear_refs", "5");
}

/// Memory that can still be taken: what the kernel reports as available, or the rest of the control group's limit.
pub fn available_memory_bytes() -> Option<u64> {
    let machine =
        fs::read_to_string("/proc/meminfo").ok().and_then(|text| field_bytes(&text, "MemAvailable:"));
    let number = |path: &str| fs::read_to_string(path).ok().and_then(|text| text.trim().parse::<u64>().ok());
    let limit = number("/sys/fs/cgroup/memory.max");
    let group = limit.zip(number("/sys/fs/cgroup/memory.current")).map(|(max, now)| {
        let cache = fs::read_to_string("/sys/fs/cgroup/memory.stat").unwrap_or_default();
        let reclaimable = cache.lines().find_map(|l| l.strip_prefix("inactive_file ")?.parse::<u64>().ok());
        max.saturating_sub(now).saturating_add(reclaimable.unwrap_or(0))
    });
    match (machine, group) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// CPU time used by this process, all threads.
pub fn cpu_seconds() -> f64 {
    let ticks = fs::read_to_string("/proc/self/stat").ok().and_then(|text| {
        let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
        Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
    });
    ticks.unwrap_or(0) as f64 / 100.0
}

/// Refuses a step that would exhaust the machine, while finished segments are still safe on disk.
pub fn require_available(needed_bytes: u64) -> Result<(), ProverError> {
    match available_memory_bytes() {
        Some(available) if available < needed_bytes => {
            Err(ProverError::OutOfMemory { needed_mib: needed_bytes >> 20, available_mib: available >> 20 })
        }
        _ => Ok(()),
    }
}

fn field_bytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}
