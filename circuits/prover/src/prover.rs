//! Proves a batch: check the witness natively, meter, prove segments, aggregate, verify, write.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use openvm_circuit::{arch::ContinuationVmProof, system::program::trace::compute_exe_commit_from_mem_config};
use openvm_sdk::{
    config::{AggregationConfig, AggregationTreeConfig},
    prover::{verify_app_proof, vm::new_local_prover, AggProver},
    SC,
};
use openvm_sdk_config::SdkVmCpuBuilder;
use openvm_stark_backend::{keygen::types::MultiStarkVerifyingKey, proof::Proof};
use openvm_verify_stark_host::vk::{VerificationBaseline, VmStarkVerifyingKey};
use serde::Serialize;

use crate::{
    aggregate::{self, aggregate},
    commitment::Commitment,
    error::ProverError,
    files,
    machine::{Engine, Execution, Machine},
    native,
    progress::{Progress, Stage, Step},
    proof::ProofFile,
    resources,
    segments::{prove_segments, Instance},
    store::{ProvenSegment, SegmentStore},
    verify::verify,
};

/// Seconds to prove a segment, on the reference machine: a fixed part and one per million trace cells.
const SEGMENT_SECONDS: (f64, f64) = (15.0, 0.6);
/// Resident memory of a proving step that is not the segment itself: keys, committed program and aggregation circuits.
const MEMORY_FIXED_BYTES: u64 = 3 << 30;

/// One proof to make.
#[derive(Clone, Debug)]
pub struct Job {
    /// Witness file.
    pub witness: PathBuf,
    /// Proof file to write.
    pub out: PathBuf,
    /// Folder for finished segments.
    pub work: PathBuf,
}

/// What a finished job reports.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Batch output, hexadecimal.
    pub output: String,
    /// Size of the proof file.
    pub proof_bytes: usize,
    /// Wall-clock seconds by stage.
    pub seconds: Seconds,
    /// CPU seconds of all threads.
    pub cpu_seconds: f64,
    /// Instructions executed by the guest.
    pub instructions: u64,
    /// Trace cells as metered: before padding, with memory counted by whole pages.
    pub cells: u64,
    /// Trace cells that were proven: real heights, padded to powers of two.
    pub cells_proven: u64,
    /// Number of segments.
    pub segments: usize,
    /// Segments that an earlier, interrupted run had proven.
    pub segments_resumed: usize,
    /// Largest resident size of the process during the job.
    pub peak_memory_bytes: u64,
}

/// Wall-clock seconds by stage.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Seconds {
    /// Set-up of keys; zero in a long-lived process after its first job.
    pub set_up: f64,
    /// Native check and metered execution.
    pub execute: f64,
    /// All segments.
    pub segments: f64,
    /// Aggregation with the last layer.
    pub aggregate: f64,
    /// Everything.
    pub total: f64,
}

/// A machine with what proving needs beyond execution, made on first use.
pub struct Prover {
    machine: Machine,
    segment_memory_max_bytes: usize,
    keys: Option<Keys>,
}

/// What depends on the program and the aggregation circuits. Tables committed in it make up the set-up time; the
/// serialised keys are small and reading them would save less than a second.
pub struct Keys {
    instance: Instance,
    aggregation: AggProver,
    /// Verifies final proofs of this program.
    pub verifying_key: VmStarkVerifyingKey,
    /// Commitment to the virtual machine and the aggregation circuits below the last.
    pub app_vm_commit: Commitment,
}

impl Prover {
    /// A prover that has not set up its keys yet.
    pub fn new(machine: Machine, segment_memory_max_bytes: usize) -> Self {
        Self { machine, segment_memory_max_bytes, keys: None }
    }

    /// The machine, for execution.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// Makes the keys unless they are there.
    pub fn set_up(&mut self) -> Result<&mut Keys, ProverError> {
        let keys = match self.keys.take() {
            Some(keys) => keys,
            None => Keys::new(&self.machine)?,
        };
        Ok(self.keys.insert(keys))
    }

    /// Drops the keys: after an internal error they may be in an unknown state.
    pub fn forget_keys(&mut self) {
        self.keys = None;
    }

    /// Proves the job's witness and writes the proof file.
    pub fn prove(&mut self, job: &Job, progress: &Progress) -> Result<Report, ProverError> {
        resources::reset_peak_memory();
        let (started, cpu_before) = (Instant::now(), resources::cpu_seconds());
        let mut seconds = Seconds::default();
        let witness = native::read_witness(&job.witness)?;
        let execution = execute_checked(&self.machine, &witness)?;
        seconds.execute = started.elapsed().as_secs_f64();
        progress.check()?;

        let set_up = Instant::now();
        let memory_needed = MEMORY_FIXED_BYTES + self.segment_memory_max_bytes as u64;
        let cells: Vec<u64> = execution.segments.iter().map(|s| self.machine.cells_of(s)).collect();
        let app_key = self.machine.app_key.get_app_vk();
        let keys = self.set_up()?;
        seconds.set_up = set_up.elapsed().as_secs_f64();
        progress.plan(plan(&cells, &keys.aggregation));

        let proving = Instant::now();
        let exe_commit = Commitment::from(keys.verifying_key.baseline.app_exe_commit);
        let store =
            SegmentStore::open(&job.work, &witness, exe_commit, keys.app_vm_commit, &execution.segments)?;
        let count = execution.segments.len();
        let resumed = (0..count).filter(|&index| store.load(index).is_some()).count();
        let proven = prove_segments(
            &mut keys.instance,
            &witness,
            &execution.segments,
            &store,
            memory_needed,
            progress,
        )?;
        let continuation = joined(proven)?;
        let _ = verify_app_proof::<Engine>(&app_key, &continuation).map_err(ProverError::internal)?;
        seconds.segments = proving.elapsed().as_secs_f64();
        let cells_proven = continuation.per_segment.iter().map(|proof| cells_of(&app_key.vk, proof)).sum();

        let aggregating = Instant::now();
        let stark = aggregate(&keys.aggregation, continuation, progress)?;
        seconds.aggregate = aggregating.elapsed().as_secs_f64();
        let file = ProofFile {
            app_exe_commit: exe_commit,
            app_vm_commit: keys.app_vm_commit,
            output: execution.output,
            stark,
        };
        verify(&keys.verifying_key, keys.app_vm_commit, &file, Some(execution.output))?;
        let bytes = file.encode()?;
        files::write_atomically(&job.out, &[&bytes])?;
        store.clear(count);
        seconds.total = started.elapsed().as_secs_f64();
        Ok(Report {
            output: format!("0x{}", hex::encode(execution.output)),
            proof_bytes: bytes.len(),
            seconds,
            cpu_seconds: resources::cpu_seconds() - cpu_before,
            instructions: execution.instructions,
            cells: execution.cells,
            cells_proven,
            segments: count,
            segments_resumed: resumed,
            peak_memory_bytes: resources::peak_memory_bytes(),
        })
    }
}

impl Keys {
    fn new(machine: &Machine) -> Result<Self, ProverError> {
        let app_key = &machine.app_key.app_vm_pk;
        let mut instance: Instance =
            new_local_prover(SdkVmCpuBuilder, app_key, machine.exe.clone()).map_err(ProverError::internal)?;
        // Each job makes its own state; this one would hold a guest memory for nothing.
        drop(instance.state_mut().take());
        let (config, tree) = (AggregationConfig::default(), AggregationTreeConfig::default());
        let aggregation = AggProver::new(Arc::new(app_key.vm_pk.get_vk()), config, tree, None);
        let system = instance.vm.config().as_ref();
        let baseline = VerificationBaseline {
            app_exe_commit: compute_exe_commit_from_mem_config(
                instance.program_commitment(),
                instance.exe(),
                &system.memory_config,
            ),
            memory_dimensions: system.memory_config.memory_dimensions(),
            num_user_pvs: system.num_public_values,
            app_vk_commit: aggregation.leaf_prover.get_vk_commit(false),
            leaf_vk_commit: aggregation.internal_for_leaf_prover.get_vk_commit(false),
            internal_for_leaf_vk_commit: aggregation.internal_recursive_prover.get_vk_commit(false),
            internal_recursive_vk_commit: aggregation.internal_recursive_prover.get_vk_commit(true),
            expected_def_hook_commit: None,
        };
        let app_vm_commit = Commitment::from(aggregation.vm_or_hook_commit());
        let mvk = aggregation.internal_recursive_prover.get_vk().as_ref().clone();
        let verifying_key = VmStarkVerifyingKey { mvk, baseline };
        Ok(Self { instance, aggregation, verifying_key, app_vm_commit })
    }
}

/// Runs the witness natively and in the guest; the outputs must agree.
pub fn execute_checked(machine: &Machine, witness: &[u8]) -> Result<Execution, ProverError> {
    let expected = native::output_of(witness)?;
    let execution = machine.execute(witness)?;
    if execution.output != expected {
        return Err(ProverError::ExecutionFailed(format!(
            "its output {} differs from the native output {}",
            hex::encode(execution.output),
            hex::encode(expected)
        )));
    }
    Ok(execution)
}

/// The default place for finished segments of a witness.
pub fn default_work_folder(cache: &Path, witness: &Path) -> Result<PathBuf, ProverError> {
    use sha2::{Digest, Sha256};
    let digest = Sha256::digest(native::read_witness(witness)?);
    Ok(cache.join("work").join(hex::encode(&digest[..8])))
}

fn plan(cells: &[u64], aggregation: &AggProver) -> Vec<Step> {
    let seconds = |cells: u64| SEGMENT_SECONDS.0 + SEGMENT_SECONDS.1 * cells as f64 / 1e6;
    let segment = |&cells: &u64| Step { stage: Stage::Segment, expected_seconds: seconds(cells) };
    let mut steps: Vec<Step> = cells.iter().map(segment).collect();
    steps.extend(aggregate::steps(aggregation, cells.len()));
    steps
}

/// Cells of the main traces of a proof, whose heights it names.
fn cells_of(key: &MultiStarkVerifyingKey<SC>, proof: &Proof<SC>) -> u64 {
    let traces = key.inner.per_air.iter().zip(&proof.trace_vdata);
    let cells = traces.filter_map(|(air, trace)| {
        let width = &air.params.width;
        let columns = width.common_main + width.cached_mains.iter().sum::<usize>();
        Some((columns as u64) << trace.as_ref()?.log_height)
    });
    cells.sum()
}

fn joined(proven: Vec<ProvenSegment>) -> Result<ContinuationVmProof<SC>, ProverError> {
    let mut public_values = None;
    let mut per_segment = Vec::with_capacity(proven.len());
    for segment in proven {
        per_segment.push(segment.proof);
        public_values = segment.public_values.or(public_values);
    }
    let user_public_values =
        public_values.ok_or_else(|| ProverError::internal("the last segment has no public values"))?;
    Ok(ContinuationVmProof { per_segment, user_public_values })
}
