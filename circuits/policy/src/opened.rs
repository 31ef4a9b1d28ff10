//! The part of the table that a batch consults, checked against the policy root.

use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use prividium_state::{
    policy_key, policy_value, PartialTree, Root, TreeError, WordReader, WordWriter, WordsError,
};

use crate::entry::{rule_preimage, validate, wallet_preimage, EntryError, Rule, Selector, Wallet};
use crate::{Address, PolicyView};

/// What is wrong with an opened policy.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpenedError {
    /// The stream is not in its form, or entries are not in ascending order of their preimages.
    Malformed,
    /// An entry is not in the tree with these bytes and salt.
    NotInTree,
    /// An entry that was never consulted.
    Surplus,
    /// An entry was consulted that the tree has but the witness does not open.
    Missing,
    /// The bytes of an entry.
    Entry(EntryError),
    /// The tree.
    Tree(TreeError),
}

impl OpenedError {
    /// Stable identifier.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Malformed => "policy_malformed",
            Self::NotInTree => "policy_entry_not_in_tree",
            Self::Surplus => "policy_surplus_entry",
            Self::Missing => "policy_missing_entry",
            Self::Entry(error) => error.code(),
            Self::Tree(error) => error.code(),
        }
    }
}

impl From<WordsError> for OpenedError {
    fn from(_: WordsError) -> Self {
        Self::Malformed
    }
}

impl From<TreeError> for OpenedError {
    fn from(error: TreeError) -> Self {
        Self::Tree(error)
    }
}

impl From<EntryError> for OpenedError {
    fn from(error: EntryError) -> Self {
        Self::Entry(error)
    }
}

struct Entry<'a> {
    preimage: &'a [u8],
    bytes: &'a [u8],
    used: Cell<bool>,
}

/// A [`PolicyView`] over entries whose membership was proven; other keys must be proven absent.
pub struct OpenedPolicy<'a> {
    entries: Vec<Entry<'a>>,
    tree: RefCell<PartialTree<'a>>,
}

impl<'a> OpenedPolicy<'a> {
    /// Reads entries and tree, and checks each entry against the tree.
    ///
    /// # Errors
    /// See [`OpenedError`].
    pub fn read(reader: &mut WordReader<'a>) -> Result<Self, OpenedError> {
        let count = reader.count(2)?;
        let mut entries: Vec<Entry<'a>> = Vec::with_capacity(count);
        let mut salts = Vec::with_capacity(count);
        for _ in 0..count {
            let lengths = reader.u32()?;
            let preimage = reader.bytes((lengths & 0xff) as usize)?;
            let bytes = reader.bytes((lengths >> 8) as usize)?;
            salts.push(reader.salt()?);
            validate(preimage, bytes)?;
            if entries.last().is_some_and(|last| last.preimage >= preimage) {
                return Err(OpenedError::Malformed);
            }
            entries.push(Entry { preimage, bytes, used: Cell::new(false) });
        }
        let mut tree = PartialTree::read(reader)?;
        for (entry, salt) in entries.iter().zip(&salts) {
            let found = tree.find(&policy_key(entry.preimage))?;
            if found.value != Some(policy_value(entry.bytes, salt)) {
                return Err(OpenedError::NotInTree);
            }
        }
        Ok(Self { entries, tree: RefCell::new(tree) })
    }

    /// Root of the table.
    ///
    /// # Errors
    /// `MissingNode` if nothing of the tree is open.
    pub fn root(&self) -> Result<Root, OpenedError> {
        self.tree.borrow().root().ok_or(OpenedError::Tree(TreeError::MissingNode))
    }

    /// Checks that every entry and node was consulted.
    ///
    /// # Errors
    /// `Surplus`, or `Tree(SurplusNode)`.
    pub fn finish(&self) -> Result<(), OpenedError> {
        if self.entries.iter().any(|entry| !entry.used.get()) {
            return Err(OpenedError::Surplus);
        }
        Ok(self.tree.borrow().finish()?)
    }

    fn entry(&self, preimage: &[u8]) -> Result<Option<&'a [u8]>, OpenedError> {
        if let Ok(at) = self.entries.binary_search_by(|entry| entry.preimage.cmp(preimage)) {
            let entry = &self.entries[at];
            entry.used.set(true);
            return Ok(Some(entry.bytes));
        }
        match self.tree.borrow_mut().find(&policy_key(preimage))?.value {
            None => Ok(None),
            Some(_) => Err(OpenedError::Missing),
        }
    }
}

impl PolicyView for OpenedPolicy<'_> {
    type Error = OpenedError;

    fn wallet(&self, address: &Address) -> Result<Option<Wallet<'_>>, OpenedError> {
        let bytes = self.entry(&wallet_preimage(address))?;
        Ok(bytes.map(Wallet::parse).transpose()?)
    }

    fn rule(&self, target: &Address, selector: Selector) -> Result<Option<Rule<'_>>, OpenedError> {
        let (preimage, length) = rule_preimage(target, selector);
        let bytes = self.entry(&preimage[..length])?;
        Ok(bytes.map(Rule::parse).transpose()?)
    }
}

/// Writes one entry in the form that [`OpenedPolicy::read`] reads.
pub(crate) fn write_entry(out: &mut WordWriter, preimage: &[u8], bytes: &[u8], salt: &prividium_state::Salt) {
    out.u32(preimage.len() as u32 | (bytes.len() as u32) << 8);
    out.bytes(preimage);
    out.bytes(bytes);
    out.salt(salt);
}
