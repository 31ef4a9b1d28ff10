//! A new store: the genesis state, block 0 and batch 0.

use prividium_state::salt::SaltSecret;
use prividium_stf::build::{make_genesis, GenesisAccount, GenesisSpec};
use prividium_stf::changes::AccountState;
use prividium_stf::BatchOutput;
use redb::WriteTransaction;
use revm::primitives::{keccak256, B256, KECCAK_EMPTY};

use crate::error::{LedgerError, Result};
use crate::genesis::Genesis;
use crate::records::{self, encode_account, Batch, Block};
use crate::store::tables::{
    ACCOUNTS, ARRIVALS, BATCHES, BATCH_STARTS, BLOCKS, BLOCK_NUMBERS, CODE, DECODED, DROPPED, DROPPED_ORDER,
    GENESIS, HEAD, IDENTITY, LAST_BATCH, MEMPOOL, META, NODES, POLICIES, POLICY, RECEIPTS, SCHEMA,
    SCHEMA_VERSION, SLOTS, TRANSACTIONS, VALUES, WITNESSES,
};
use crate::store::{chain, Store};
use crate::tree::{insert_nodes, insert_values};

/// Writes the genesis into an empty store; refuses a store of another chain.
pub(crate) fn create_or_check(store: &Store, genesis: &Genesis, secret: &SaltSecret) -> Result<()> {
    let spec = spec(genesis);
    let made = make_genesis(&spec, secret)
        .map_err(|error| LedgerError::invalid("genesis_invalid", error.to_string()))?;
    let identity = [made.root.as_slice(), &genesis.chain_id.to_be_bytes()].concat();
    if !store.is_empty()? {
        return check(store, &identity);
    }
    store.update(|transaction| {
        create_tables(transaction)?;
        {
            let mut meta = transaction.open_table(META)?;
            for (key, value) in
                [(SCHEMA, SCHEMA_VERSION), (HEAD, 0), (POLICY, 0), (LAST_BATCH, 0), (ARRIVALS, 0)]
            {
                meta.insert(key, value)?;
            }
            transaction.open_table(IDENTITY)?.insert(GENESIS, identity.as_slice())?;
            transaction.open_table(POLICIES)?.insert(0, records::encode(&no_entries())?.as_slice())?;
        }
        write_accounts(transaction, genesis)?;
        insert_nodes(transaction, &made.nodes)?;
        insert_values(transaction, &made.values)?;
        let block = Block::from(&made.header);
        transaction.open_table(BLOCKS)?.insert(0, records::encode(&block)?.as_slice())?;
        transaction.open_table(BLOCK_NUMBERS)?.insert(&block.hash.0, 0)?;
        let batch = batch_zero(genesis.chain_id, B256::from(made.root));
        transaction.open_table(BATCHES)?.insert(0, records::encode(&batch)?.as_slice())?;
        transaction.open_table(BATCH_STARTS)?.insert(0, 0)?;
        Ok(())
    })
}

fn no_entries() -> Vec<(Vec<u8>, Vec<u8>)> {
    Vec::new()
}

fn spec(genesis: &Genesis) -> GenesisSpec {
    let accounts = genesis.accounts.iter().map(|account| GenesisAccount {
        address: account.address,
        balance: account.balance,
        nonce: account.nonce,
        code: account.code.clone(),
        storage: Vec::new(),
    });
    GenesisSpec {
        timestamp: genesis.timestamp,
        beneficiary: genesis.beneficiary,
        gas_limit: genesis.block_gas_limit,
        accounts: accounts.collect(),
    }
}

fn check(store: &Store, identity: &[u8]) -> Result<()> {
    store.view(|transaction| {
        let found = chain::number(transaction, SCHEMA)?;
        if found != SCHEMA_VERSION {
            return Err(LedgerError::StoreVersion { found, needed: SCHEMA_VERSION });
        }
        let stored = transaction.open_table(IDENTITY)?.get_owned(GENESIS)?;
        let stored = stored.ok_or_else(|| LedgerError::StoreCorrupt("no genesis".into()))?;
        if stored.value() == identity {
            return Ok(());
        }
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        Err(LedgerError::GenesisMismatch { found: hex(stored.value()), configured: hex(identity) })
    })
}

fn create_tables(transaction: &WriteTransaction) -> Result<()> {
    transaction.open_table(CODE)?;
    transaction.open_table(SLOTS)?;
    transaction.open_table(TRANSACTIONS)?;
    transaction.open_table(RECEIPTS)?;
    transaction.open_table(DECODED)?;
    transaction.open_table(MEMPOOL)?;
    transaction.open_table(DROPPED)?;
    transaction.open_table(DROPPED_ORDER)?;
    transaction.open_table(NODES)?;
    transaction.open_table(VALUES)?;
    transaction.open_table(WITNESSES)?;
    Ok(())
}

fn write_accounts(transaction: &WriteTransaction, genesis: &Genesis) -> Result<()> {
    let mut accounts = transaction.open_table(ACCOUNTS)?;
    let mut codes = transaction.open_table(CODE)?;
    for account in &genesis.accounts {
        let code_hash = if account.code.is_empty() { KECCAK_EMPTY } else { keccak256(&account.code) };
        let flat = AccountState { nonce: account.nonce, balance: account.balance, code_hash };
        if accounts.insert(&account.address.0 .0, &encode_account(&flat))?.is_some() {
            let message = format!("the account {} is listed twice", account.address);
            return Err(LedgerError::invalid("genesis_invalid", message));
        }
        if !account.code.is_empty() {
            codes.insert(&code_hash.0, account.code.as_ref())?;
        }
    }
    Ok(())
}

/// Batch 0 has no proof; it names the state that batch 1 starts from.
fn batch_zero(chain_id: u64, root: B256) -> Batch {
    Batch {
        number: 0,
        first_block: 0,
        last_block: 0,
        transaction_count: 0,
        policy_version: 0,
        output: BatchOutput { chain_id, new_state: root, ..BatchOutput::default() },
        transactions_total: 0,
        cycles_total: 0,
    }
}
