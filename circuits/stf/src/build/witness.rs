//! Writing a witness (docs/protocol/witness.md).

use alloc::vec::Vec;

use prividium_policy::PolicyRecorder;
use prividium_state::salt::SaltSecret;
use prividium_state::tree::{self, Access, Node, NodeSource};
use prividium_state::{
    account_key, head_key, storage_key, AccountValue, Digest, HeadValue, Root, Salt, StorageValue, WordWriter,
};
use revm::primitives::Bytes;

use super::batch::BuildError;
use super::recorder::{Recorder, SourceError};
use super::StateSource;
use crate::changes::StateChanges;
use crate::commit::{BlockHeader, TransactionSalts};
use crate::executor::Outcome;
use crate::run::{WITNESS_MAGIC, WITNESS_VERSION};

pub(super) struct ExecutedTransaction {
    pub(super) raw: Bytes,
    pub(super) salts: TransactionSalts,
    pub(super) outcome: Outcome,
}

pub(super) struct ExecutedBlock {
    pub(super) header: BlockHeader,
    pub(super) transactions: Vec<ExecutedTransaction>,
}

impl ExecutedBlock {
    pub(super) fn into_outcomes(self) -> Vec<Outcome> {
        self.transactions.into_iter().map(|transaction| transaction.outcome).collect()
    }
}

/// A batch after execution, before it is committed to.
pub(super) struct Executed {
    pub(super) chain_id: u64,
    pub(super) head: HeadValue,
    pub(super) head_salt: Salt,
    pub(super) new_head: HeadValue,
    pub(super) blocks: Vec<ExecutedBlock>,
    pub(super) changes: StateChanges,
}

pub(super) struct Written {
    pub(super) witness: Vec<u8>,
    pub(super) root: Root,
    pub(super) nodes: Vec<(Digest, Node)>,
    pub(super) values: Vec<(Digest, Vec<u8>)>,
}

/// Writes to the tree, with the salts and values that they need, in the order in which the proof consumes salts.
struct Writes<'s> {
    secret: &'s SaltSecret,
    batch: u64,
    salts: Vec<Salt>,
    values: Vec<(Digest, Vec<u8>)>,
    accesses: Vec<Access>,
}

impl Writes<'_> {
    fn put(&mut self, key: Digest, shorten: bool, encode: impl Fn(&Salt) -> (Digest, Vec<u8>)) -> Digest {
        let salt = self.secret.state(&key, self.batch);
        let salt = if shorten { salt.shortened() } else { salt };
        let (digest, bytes) = encode(&salt);
        self.salts.push(salt);
        self.values.push((digest, bytes));
        digest
    }
}

pub(super) fn write_witness<S: StateSource>(
    recorder: &mut Recorder<S>,
    executed: &Executed,
    policy: &PolicyRecorder<'_>,
    secret: &SaltSecret,
) -> Result<Written, BuildError<<S as NodeSource>::Error>> {
    for change in &executed.changes.slots {
        // a slot of a contract that the batch created was written without being read
        recorder.load_slot(change.address, change.slot)?;
    }
    let mut writes = Writes {
        secret,
        batch: executed.new_head.batch_number,
        salts: Vec::new(),
        values: Vec::new(),
        accesses: Vec::new(),
    };
    write_accounts(recorder, &executed.changes, &mut writes);
    write_slots(recorder, &executed.changes, &mut writes);
    let head = executed.new_head;
    let digest = writes.put(head_key(), false, |salt| (head.digest(salt), head.encode(salt)));
    writes.accesses.push(Access { key: head_key(), write: Some(Some(digest)) });
    let opened =
        tree::open(&recorder.source, &recorder.root, &writes.accesses).map_err(SourceError::Store)?;

    let mut out = WordWriter::new();
    out.u32(WITNESS_MAGIC);
    out.u32(WITNESS_VERSION);
    out.u64(executed.chain_id);
    put_head(&mut out, &executed.head, &executed.head_salt);
    put_ancestors(&mut out, &recorder.ancestors);
    out.words(&opened.words);
    put_state(&mut out, recorder);
    policy.write(&mut out).map_err(BuildError::Policy)?;
    put_blocks(&mut out, &executed.blocks);
    out.u32(writes.salts.len() as u32);
    writes.salts.iter().for_each(|salt| out.salt(salt));
    Ok(Written { witness: out.into_bytes(), root: opened.root, nodes: opened.nodes, values: writes.values })
}

fn write_accounts<S>(recorder: &Recorder<S>, changes: &StateChanges, writes: &mut Writes<'_>) {
    let mut changed = changes.accounts.iter().peekable();
    for (address, account) in &recorder.accounts {
        let key = account_key(&address.0 .0);
        let change = changed.next_if(|change| change.address == *address);
        let mut access = Access { key, write: None };
        if change.is_some() || account.history_count != account.old().history_count {
            let now = change.map_or_else(|| account.state(), |change| change.state);
            let value = AccountValue {
                nonce: now.nonce,
                balance: now.balance.to_be_bytes(),
                code_hash: now.code_hash.0,
                history_count: account.history_count,
                history_head: account.history_head,
            };
            if value.exists() {
                let digest = writes.put(key, true, |salt| (value.digest(salt), value.encode(salt)));
                access.write = Some(Some(digest));
            } else if account.opened.is_some() {
                access.write = Some(None);
            }
        }
        writes.accesses.push(access);
    }
}

fn write_slots<S>(recorder: &Recorder<S>, changes: &StateChanges, writes: &mut Writes<'_>) {
    let mut changed = changes.slots.iter().peekable();
    for (address, slot) in recorder.slots.keys() {
        let key = storage_key(&address.0 .0, &slot.to_be_bytes());
        let change = changed.next_if(|change| change.address == *address && change.slot == *slot);
        let write = change.map(|change| {
            (!change.value.is_zero()).then(|| {
                writes.put(key, false, |salt| {
                    let value = StorageValue { value: change.value.to_be_bytes(), salt: *salt };
                    (value.digest(), value.encode())
                })
            })
        });
        writes.accesses.push(Access { key, write });
    }
}

fn put_head(out: &mut WordWriter, head: &HeadValue, salt: &Salt) {
    out.u64(head.batch_number);
    out.u64(head.block_number);
    out.u64(head.timestamp);
    out.bytes(&head.block_hash);
    out.digest(&head.blocks_digest);
    out.salt(salt);
}

fn put_ancestors(out: &mut WordWriter, headers: &[BlockHeader]) {
    out.u32(headers.len() as u32);
    for header in headers {
        out.bytes(header.parent_hash.as_slice());
        out.u64(header.number);
        out.u64(header.timestamp);
        out.bytes(header.beneficiary.as_slice());
        out.u64(header.gas_limit);
        out.u64(header.gas_used);
        out.digest(&header.transactions_digest);
        out.digest(&header.receipts_digest);
    }
}

fn put_state<S>(out: &mut WordWriter, recorder: &Recorder<S>) {
    out.u32(recorder.accounts.len() as u32);
    for (address, account) in &recorder.accounts {
        out.bytes(address.as_slice());
        out.u32(u32::from(account.opened.is_some()));
        if let Some((value, salt)) = &account.opened {
            out.u64(value.nonce);
            out.bytes(&value.balance);
            out.bytes(&value.code_hash);
            out.u64(value.history_count);
            out.digest(&value.history_head);
            out.salt(salt);
        }
    }
    out.u32(recorder.slots.len() as u32);
    let addresses: Vec<_> = recorder.accounts.keys().collect();
    for ((address, slot), value) in &recorder.slots {
        // a slot is only reached through its account, which is therefore recorded
        out.u32(addresses.binary_search(&address).map_or(u32::MAX, |index| index as u32));
        out.bytes(&slot.to_be_bytes::<32>());
        out.u32(u32::from(value.is_some()));
        if let Some(value) = value {
            out.bytes(&value.value);
            out.salt(&value.salt);
        }
    }
    out.u32(recorder.codes.len() as u32);
    for code in recorder.codes.values() {
        out.u32(code.len() as u32);
        out.bytes(code);
    }
}

fn put_blocks(out: &mut WordWriter, blocks: &[ExecutedBlock]) {
    out.u32(blocks.len() as u32);
    for block in blocks {
        out.u64(block.header.timestamp);
        out.u64(block.header.gas_limit);
        out.bytes(block.header.beneficiary.as_slice());
        out.u32(block.transactions.len() as u32);
        for transaction in &block.transactions {
            out.u32(transaction.raw.len() as u32);
            out.bytes(&transaction.raw);
            out.salt(&transaction.salts.transaction);
            out.salt(&transaction.salts.receipt);
            out.u32(transaction.salts.logs.len() as u32);
            transaction.salts.logs.iter().for_each(|salt| out.salt(salt));
        }
    }
}
