//! The chain's store: one redb file, one process, one durable write transaction per change.

pub(crate) mod chain;
pub(crate) mod tables;

use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use redb::{Database, ReadTransaction, ReadableDatabase, StorageError, WriteTransaction};

use crate::error::{LedgerError, Result};

/// Memory for pages, in bytes.
const CACHE_BYTES: usize = 256 << 20;

/// The open store. Reads are snapshots and never wait for writes.
pub(crate) struct Store {
    path: PathBuf,
    database: RwLock<Handle>,
}

enum Handle {
    Open(Arc<Database>),
    /// A write failed (a full disk): redb refuses everything until the file is opened anew.
    Failed,
    Closed,
}

impl Store {
    /// Opens or creates `chain.redb` in `directory`; the file is readable by its owner alone.
    pub(crate) fn open(directory: &Path) -> Result<Self> {
        std::fs::create_dir_all(directory).map_err(StorageError::Io)?;
        let path = directory.join("chain.redb");
        let database = open_database(&path)?;
        Ok(Self { path, database: RwLock::new(Handle::Open(Arc::new(database))) })
    }

    /// A consistent snapshot of everything committed.
    pub(crate) fn snapshot(&self) -> Result<ReadTransaction> {
        let database = self.database()?;
        self.noted(&database, database.begin_read().map_err(LedgerError::from))
    }

    /// Runs `read` on a snapshot.
    pub(crate) fn view<T>(&self, read: impl FnOnce(&ReadTransaction) -> Result<T>) -> Result<T> {
        let database = self.database()?;
        let outcome = database.begin_read().map_err(LedgerError::from).and_then(|snapshot| read(&snapshot));
        self.noted(&database, outcome)
    }

    /// Runs `write` in the one write transaction and commits it: durable on return, or without any effect.
    pub(crate) fn update<T>(&self, write: impl FnOnce(&WriteTransaction) -> Result<T>) -> Result<T> {
        let database = self.database()?;
        let commit = || {
            let mut transaction = database.begin_write()?;
            // Contents come from users, and the one-phase commit trusts a checksum that is not cryptographic.
            transaction.set_two_phase_commit(true);
            let value = write(&transaction)?;
            transaction.commit()?;
            Ok(value)
        };
        self.noted(&database, commit())
    }

    /// Whether nothing was ever written.
    pub(crate) fn is_empty(&self) -> Result<bool> {
        self.view(|transaction| Ok(transaction.list_tables()?.next().is_none()))
    }

    /// Fails with `ledger_closed` once it is closed.
    pub(crate) fn check_open(&self) -> Result<()> {
        self.database().map(|_| ())
    }

    /// Closes the file; every later call fails with `ledger_closed`.
    pub(crate) fn close(&self) {
        *self.database.write().unwrap_or_else(PoisonError::into_inner) = Handle::Closed;
    }

    fn database(&self) -> Result<Arc<Database>> {
        match &*self.database.read().unwrap_or_else(PoisonError::into_inner) {
            Handle::Open(database) => return Ok(database.clone()),
            Handle::Closed => return Err(LedgerError::Closed),
            Handle::Failed => {}
        }
        let mut handle = self.database.write().unwrap_or_else(PoisonError::into_inner);
        match &*handle {
            Handle::Open(database) => Ok(database.clone()),
            Handle::Closed => Err(LedgerError::Closed),
            Handle::Failed => {
                let database = Arc::new(open_database(&self.path)?);
                *handle = Handle::Open(database.clone());
                Ok(database)
            }
        }
    }

    fn noted<T>(&self, used: &Arc<Database>, outcome: Result<T>) -> Result<T> {
        if let Err(LedgerError::DiskFull | LedgerError::StoreIo(_)) = &outcome {
            let mut handle = self.database.write().unwrap_or_else(PoisonError::into_inner);
            if matches!(&*handle, Handle::Open(held) if Arc::ptr_eq(held, used)) {
                *handle = Handle::Failed;
            }
        }
        outcome
    }
}

fn open_database(path: &Path) -> Result<Database> {
    std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
        .map_err(StorageError::Io)?;
    let mut builder = Database::builder();
    // A damaged page is found here, with an error, and not later by chance.
    builder.set_cache_size(CACHE_BYTES).set_check_integrity_on_open(true);
    Ok(builder.create(path)?)
}
