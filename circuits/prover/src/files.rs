//! Reading with a size limit and writing so that a reader sees the old file or the whole new one.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use crate::error::ProverError;

/// Reads a file of at most `bytes_max` bytes.
pub fn read_bounded(path: &Path, bytes_max: u64) -> Result<Option<Vec<u8>>, ProverError> {
    let file = File::open(path).map_err(|e| ProverError::io(path, e))?;
    let mut bytes = Vec::new();
    file.take(bytes_max + 1).read_to_end(&mut bytes).map_err(|e| ProverError::io(path, e))?;
    Ok((bytes.len() as u64 <= bytes_max).then_some(bytes))
}

/// Writes `parts` one after the other to `path`: temporary file, sync, rename, sync of the folder.
pub fn write_atomically(path: &Path, parts: &[&[u8]]) -> Result<(), ProverError> {
    let temporary = temporary_beside(path);
    let result = write_synced(&temporary, parts)
        .and_then(|()| fs::rename(&temporary, path))
        .and_then(|()| sync_folder_of(path))
        .map_err(|e| ProverError::io(path, e));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// Creates a folder and its parents.
pub fn create_folder(path: &Path) -> Result<(), ProverError> {
    fs::create_dir_all(path).map_err(|e| ProverError::io(path, e))
}

/// A name in the same folder, unique to this process.
pub fn temporary_beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}

fn write_synced(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = File::create(path)?;
    for part in parts {
        file.write_all(part)?;
    }
    file.sync_all()
}

fn sync_folder_of(path: &Path) -> std::io::Result<()> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}
