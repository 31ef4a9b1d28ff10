//! A store in memory that batches are built over and applied to.

use std::collections::{BTreeMap, HashMap};
use std::convert::Infallible;

use prividium_policy::PolicyTable;
use prividium_state::salt::SaltSecret;
use prividium_state::tree::{Node, NodeSource};
use prividium_state::{Digest, Root};
use prividium_stf::build::{
    build_batch, execute_batch, make_genesis, BatchRequest, BlockRequest, BuildError, BuiltBatch,
    GenesisAccount, GenesisSpec, StateSource,
};
use prividium_stf::commit::BlockHeader;
use prividium_stf::revm::primitives::{Address, Bytes, B256};

use super::CHAIN_ID;

/// Nodes, values, codes and headers.
#[derive(Default)]
pub(crate) struct Store {
    pub(crate) nodes: HashMap<Digest, Node>,
    pub(crate) values: HashMap<Digest, Vec<u8>>,
    codes: HashMap<B256, Bytes>,
    headers: BTreeMap<u64, BlockHeader>,
}

impl NodeSource for Store {
    type Error = Infallible;

    fn node(&self, digest: &Digest) -> Result<Option<Node>, Infallible> {
        Ok(self.nodes.get(digest).copied())
    }
}

impl StateSource for Store {
    fn value(&self, digest: &Digest) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.values.get(digest).cloned())
    }

    fn code(&self, hash: &B256) -> Result<Option<Vec<u8>>, Infallible> {
        Ok(self.codes.get(hash).map(|code| code.to_vec()))
    }

    fn header(&self, number: u64) -> Result<Option<BlockHeader>, Infallible> {
        Ok(self.headers.get(&number).copied())
    }
}

/// A chain without disk or mempool.
pub(crate) struct Chain {
    pub(crate) store: Store,
    pub(crate) root: Root,
    pub(crate) policy: PolicyTable,
    pub(crate) secret: SaltSecret,
    pub(crate) timestamp: u64,
}

impl Chain {
    /// A chain whose genesis holds `accounts`.
    pub(crate) fn new(accounts: Vec<GenesisAccount>, entries: Vec<(Vec<u8>, Vec<u8>)>) -> Self {
        let secret = SaltSecret::new([0x5a; 32]);
        let timestamp = 1_700_000_000;
        let spec = GenesisSpec { timestamp, beneficiary: beneficiary(), gas_limit: 1 << 25, accounts };
        let genesis = make_genesis(&spec, &secret).expect("the accounts are valid");
        let policy = PolicyTable::new(1, entries, &secret).expect("the entries are valid");
        let store = Store {
            nodes: genesis.nodes.into_iter().collect(),
            values: genesis.values.into_iter().collect(),
            codes: genesis.codes.into_iter().collect(),
            headers: BTreeMap::from([(0, genesis.header)]),
        };
        Self { store, root: genesis.root, policy, secret, timestamp }
    }

    /// A request for blocks with these transactions, one second apart.
    pub(crate) fn request(&self, blocks: Vec<Vec<Bytes>>) -> BatchRequest {
        let block = |(at, transactions): (usize, Vec<Bytes>)| BlockRequest {
            timestamp: self.timestamp + 1 + at as u64,
            beneficiary: beneficiary(),
            gas_limit: 1 << 25,
            transactions,
        };
        let blocks = blocks.into_iter().enumerate().map(block).collect();
        BatchRequest { chain_id: CHAIN_ID, prev_root: self.root, blocks }
    }

    /// Builds a batch without applying it.
    pub(crate) fn build(&self, request: &BatchRequest) -> Result<BuiltBatch, BuildError<Infallible>> {
        build_batch(&self.store, request, &self.policy, &self.secret)
    }

    /// A witness for a batch that the state transition need not accept.
    pub(crate) fn witness(&self, request: &BatchRequest) -> Result<Vec<u8>, BuildError<Infallible>> {
        execute_batch(&self.store, request, &self.policy, &self.secret).map(|(witness, _)| witness)
    }

    /// Stores what a batch made and moves on to its state.
    pub(crate) fn apply(&mut self, batch: &BuiltBatch) {
        self.store.nodes.extend(batch.nodes.iter().copied());
        self.store.values.extend(batch.values.iter().cloned());
        let codes = batch
            .changes
            .accounts
            .iter()
            .filter_map(|change| change.code.as_ref().map(|code| (change, code)));
        self.store.codes.extend(codes.map(|(change, code)| (change.state.code_hash, code.clone())));
        self.store.headers.extend(batch.headers.iter().map(|header| (header.number, *header)));
        self.root = batch.output.new_state.0;
        self.timestamp = batch.head.timestamp;
    }
}

/// Who receives fees.
pub(crate) fn beneficiary() -> Address {
    Address::repeat_byte(0xfe)
}
