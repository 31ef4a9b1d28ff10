//! Policy versions: every one that ever judged a block stays in the store.

use std::sync::{Arc, PoisonError};

use redb::{ReadTransaction, ReadableTable};

use crate::error::{LedgerError, Result};
use crate::policy::{PolicyTable, TopLevelCall};
use crate::records;
use crate::store::chain;
use crate::store::tables::{META, POLICIES, POLICY};

use super::Ledger;

type Entries = Vec<(Vec<u8>, Vec<u8>)>;

impl Ledger {
    /// Version of the policy that judges the next block.
    ///
    /// # Errors
    /// Those of the store.
    pub fn policy_version(&self) -> Result<u64> {
        self.store.view(|transaction| chain::number(transaction, POLICY))
    }

    /// The reason id with which the policy in force allows a top-level call. Reads no state.
    ///
    /// # Errors
    /// `Denied`.
    pub fn decide(&self, call: &TopLevelCall<'_>) -> Result<&'static str> {
        self.policy().decide(call)
    }

    /// Makes `table` the policy of the next block on. A version is never reused for other entries.
    ///
    /// # Errors
    /// `policy_invalid`; those of the store.
    pub fn set_policy(&self, table: &PolicyTable) -> Result<()> {
        let (version, entries) = (table.version(), table.entries());
        let salted = PolicyTable::salted(version, entries.clone(), &self.secret)?;
        self.with_writer(|_| {
            self.store.update(|transaction| {
                let mut policies = transaction.open_table(POLICIES)?;
                let last = policies.last()?.map(|(last, _)| last.value()).unwrap_or_default();
                let stored = policies.get(version)?.map(|stored| records::decode::<Entries>(stored.value()));
                match stored.transpose()? {
                    Some(stored) if stored == entries && version == last => {}
                    Some(_) => {
                        let message = format!("version {version} is in use; the next is {}", last + 1);
                        return Err(LedgerError::PolicyInvalid(message));
                    }
                    None if version < last => {
                        let message = format!("version {version} is older than the current one, {last}");
                        return Err(LedgerError::PolicyInvalid(message));
                    }
                    None => {
                        policies.insert(version, records::encode(&entries)?.as_slice())?;
                    }
                }
                transaction.open_table(META)?.insert(POLICY, version)?;
                Ok(())
            })?;
            *self.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(salted);
            Ok(())
        })
    }

    /// The policy of the next block, as the store has it.
    pub(super) fn stored_policy(&self, transaction: &ReadTransaction, version: u64) -> Result<PolicyTable> {
        let stored = transaction.open_table(POLICIES)?.get_owned(version)?;
        let stored = stored.ok_or_else(|| LedgerError::StoreCorrupt(format!("no policy {version}")))?;
        PolicyTable::salted(version, records::decode(stored.value())?, &self.secret)
    }
}
