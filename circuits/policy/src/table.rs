//! The whole table, as the door holds it, and a view that records what is consulted. Not part of the proof.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::cell::RefCell;
use core::convert::Infallible;

use prividium_state::salt::SaltSecret;
use prividium_state::tree::{self, Access, Node, StoreError};
use prividium_state::{policy_key, policy_value, Digest, Root, Salt, TreeError, WordWriter};

use crate::entry::{rule_preimage, validate, wallet_preimage, EntryError, Rule, Selector, Wallet};
use crate::opened::write_entry;
use crate::{Address, PolicyView};

/// Why entries are no table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TableError {
    /// The entry under this preimage.
    Entry(Vec<u8>, EntryError),
    /// Two entries under this preimage.
    Duplicate(Vec<u8>),
    /// The tree over the entries.
    Tree(TreeError),
}

impl TableError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Entry(_, error) => error.code(),
            Self::Duplicate(_) => "policy_duplicate",
            Self::Tree(error) => error.code(),
        }
    }
}

impl core::fmt::Display for TableError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.code())
    }
}

#[derive(Clone, Debug)]
struct Stored {
    bytes: Vec<u8>,
    salt: Salt,
}

/// All entries of one version of the policy.
#[derive(Clone, Debug)]
pub struct PolicyTable {
    version: u64,
    entries: BTreeMap<Vec<u8>, Stored>,
    root: Root,
    nodes: BTreeMap<Digest, Node>,
}

impl PolicyTable {
    /// From (key preimage, entry bytes) in any order. Salts depend on `version`, so a version must never be reused for
    /// other entries.
    ///
    /// # Errors
    /// See [`TableError`].
    pub fn new(
        version: u64,
        entries: Vec<(Vec<u8>, Vec<u8>)>,
        secret: &SaltSecret,
    ) -> Result<Self, TableError> {
        let mut stored = BTreeMap::new();
        let mut leaves = Vec::with_capacity(entries.len());
        for (preimage, bytes) in entries {
            if let Err(error) = validate(&preimage, &bytes) {
                return Err(TableError::Entry(preimage, error));
            }
            let key = policy_key(&preimage);
            let salt = secret.policy(&key, version);
            leaves.push((key, policy_value(&bytes, &salt)));
            if stored.insert(preimage.clone(), Stored { bytes, salt }).is_some() {
                return Err(TableError::Duplicate(preimage));
            }
        }
        let (root, nodes) = tree::build(&leaves).map_err(TableError::Tree)?;
        Ok(Self { version, entries: stored, root, nodes: nodes.into_iter().collect() })
    }

    /// Version of the table.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Root of the table: `policyRoot`.
    #[must_use]
    pub const fn root(&self) -> Root {
        self.root
    }

    /// Key preimages and bytes of all entries, ascending.
    pub fn entries(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.entries.iter().map(|(preimage, stored)| (preimage.as_slice(), stored.bytes.as_slice()))
    }

    fn entry(&self, preimage: &[u8]) -> Option<&[u8]> {
        self.entries.get(preimage).map(|stored| stored.bytes.as_slice())
    }
}

impl PolicyView for PolicyTable {
    type Error = Infallible;

    fn wallet(&self, address: &Address) -> Result<Option<Wallet<'_>>, Infallible> {
        // every entry was validated when the table was made
        Ok(self.entry(&wallet_preimage(address)).and_then(|bytes| Wallet::parse(bytes).ok()))
    }

    fn rule(&self, target: &Address, selector: Selector) -> Result<Option<Rule<'_>>, Infallible> {
        let (preimage, length) = rule_preimage(target, selector);
        Ok(self.entry(&preimage[..length]).and_then(|bytes| Rule::parse(bytes).ok()))
    }
}

/// Consults a table and remembers which keys, to open exactly them for the proof.
#[derive(Debug)]
pub struct PolicyRecorder<'t> {
    table: &'t PolicyTable,
    consulted: RefCell<BTreeSet<Vec<u8>>>,
}

impl<'t> PolicyRecorder<'t> {
    /// Nothing consulted yet.
    #[must_use]
    pub const fn new(table: &'t PolicyTable) -> Self {
        Self { table, consulted: RefCell::new(BTreeSet::new()) }
    }

    /// Writes what was consulted in the form that [`crate::OpenedPolicy::read`] reads.
    ///
    /// # Errors
    /// `Tree` if the table is inconsistent.
    pub fn write(&self, out: &mut WordWriter) -> Result<(), TableError> {
        let consulted = self.consulted.borrow();
        let opened: Vec<_> =
            consulted.iter().filter_map(|key| self.table.entries.get_key_value(key)).collect();
        out.u32(opened.len() as u32);
        for (preimage, stored) in opened {
            write_entry(out, preimage, &stored.bytes, &stored.salt);
        }
        let accesses: Vec<Access> =
            consulted.iter().map(|preimage| Access { key: policy_key(preimage), write: None }).collect();
        let opened =
            tree::open(&self.table.nodes, &self.table.root, &accesses).map_err(|error| match error {
                StoreError::Tree(error) => TableError::Tree(error),
                StoreError::Missing(_) | StoreError::Source(_) => TableError::Tree(TreeError::MissingNode),
            })?;
        out.words(&opened.words);
        Ok(())
    }

    fn record(&self, preimage: &[u8]) {
        if !self.consulted.borrow().contains(preimage) {
            self.consulted.borrow_mut().insert(preimage.to_vec());
        }
    }
}

impl PolicyView for PolicyRecorder<'_> {
    type Error = Infallible;

    fn wallet(&self, address: &Address) -> Result<Option<Wallet<'_>>, Infallible> {
        self.record(&wallet_preimage(address));
        self.table.wallet(address)
    }

    fn rule(&self, target: &Address, selector: Selector) -> Result<Option<Rule<'_>>, Infallible> {
        let (preimage, length) = rule_preimage(target, selector);
        self.record(&preimage[..length]);
        self.table.rule(target, selector)
    }
}
