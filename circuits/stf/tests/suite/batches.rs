//! What batches do to the state, and that the proof agrees with the sequencer.

use prividium_policy::PolicyTable;
use prividium_state::tree;
use prividium_state::{account_key, storage_key, AccountValue, StorageValue};
use prividium_stf::build::{BatchRequest, BuildError, StateSource};
use prividium_stf::executor::ExecuteError;
use prividium_stf::revm::primitives::{keccak256, Address, Bytes, B256, U256};
use prividium_stf::run;

use crate::support::chain::{beneficiary, Chain};
use crate::support::keys::{Draft, Key};
use crate::support::scenario::{balance_slot, new_chain, policy_entries, Generator, MACHINE, TOKEN};
use crate::support::{call, child_init, CHAIN_ID};

fn account(chain: &Chain, address: Address) -> Option<AccountValue> {
    let digest = tree::get(&chain.store, &chain.root, &account_key(&address.0 .0)).unwrap()?;
    let Ok(bytes) = chain.store.value(&digest);
    AccountValue::decode(&bytes.unwrap()).ok().map(|(value, _)| value)
}

fn slot(chain: &Chain, address: Address, slot: U256) -> U256 {
    let key = storage_key(&address.0 .0, &slot.to_be_bytes());
    let Some(digest) = tree::get(&chain.store, &chain.root, &key).unwrap() else { return U256::ZERO };
    let Ok(bytes) = chain.store.value(&digest);
    U256::from_be_bytes(StorageValue::decode(&bytes.unwrap()).unwrap().value)
}

/// Value of the machine's mapping `slots`.
fn machine_slot(chain: &Chain, index: u64) -> U256 {
    let key = keccak256([U256::from(index).to_be_bytes::<32>(), [0; 32]].concat());
    slot(chain, MACHINE, U256::from_be_bytes(key.0))
}

fn send(key: &Key, nonce: u64, to: Address, data: Bytes) -> Bytes {
    key.transaction(&Draft { nonce, to: Some(to), data, gas_limit: 1_000_000, ..Draft::default() })
}

fn step(chain: &mut Chain, blocks: Vec<Vec<Bytes>>) -> Vec<Vec<bool>> {
    let built = chain.build(&chain.request(blocks)).unwrap();
    let output = run(&built.witness).unwrap();
    assert_eq!(output, built.output);
    chain.apply(&built);
    built.outcomes.iter().map(|block| block.iter().map(|outcome| outcome.status).collect()).collect()
}

#[test]
fn a_transfer_moves_tokens_and_enters_three_histories() {
    let mut chain = new_chain();
    let (alice, bob) = (Key::new(1), Key::new(2));
    let before = chain.root;
    let data = call("transfer(address,uint256)", &[bob.address.into(), 40.into()]);
    let built = chain.build(&chain.request(vec![vec![send(&alice, 0, TOKEN, data)]])).unwrap();
    assert_eq!(built.output.prev_state, B256::from(before));
    assert_eq!(built.output.batch_number, 1);
    assert_eq!(built.output.chain_id, CHAIN_ID);
    assert_eq!(built.output.policy_root, B256::from(chain.policy.root()));
    chain.apply(&built);
    assert_eq!(slot(&chain, TOKEN, balance_slot(alice.address)), U256::from(999_960));
    assert_eq!(slot(&chain, TOKEN, balance_slot(bob.address)), U256::from(1_000_040));
    for address in [alice.address, bob.address, TOKEN] {
        assert_eq!(account(&chain, address).unwrap().history_count, 1);
    }
    let heads: Vec<_> =
        [alice.address, bob.address, TOKEN].map(|a| account(&chain, a).unwrap().history_head).into();
    assert!(heads.iter().all(|head| *head == heads[0]));
    assert!(account(&chain, beneficiary()).is_none());
}

#[test]
fn failed_transactions_are_included_and_cost_their_nonce_alone() {
    let mut chain = new_chain();
    let alice = Key::new(1);
    let blocks = vec![
        vec![send(&alice, 0, MACHINE, call("fail(uint256)", &[7.into()]))],
        vec![send(&alice, 1, MACHINE, call("spin()", &[]))],
    ];
    assert_eq!(step(&mut chain, blocks), [[false], [false]]);
    let value = account(&chain, alice.address).unwrap();
    assert_eq!((value.nonce, value.history_count), (2, 2));
}

#[test]
fn slots_are_inserted_and_deleted() {
    let mut chain = new_chain();
    let (empty, alice) = (chain.root, Key::new(1));
    let fill = |value: u64| call("fill(uint256,uint256,uint256)", &[0.into(), 6.into(), value.into()]);
    step(&mut chain, vec![vec![send(&alice, 0, MACHINE, fill(9))]]);
    let full = chain.store.nodes.len();
    step(&mut chain, vec![vec![send(&alice, 1, MACHINE, fill(0))]]);
    assert!(chain.store.nodes.len() > full && chain.root != empty);
    // write and delete within one batch leaves nothing behind
    step(&mut chain, vec![vec![send(&alice, 2, MACHINE, fill(5))], vec![send(&alice, 3, MACHINE, fill(0))]]);
    assert!((0..6).all(|index| machine_slot(&chain, index).is_zero()));
}

#[test]
fn a_contract_that_destroys_itself_in_its_creation_leaves_only_what_it_gave() {
    let mut chain = new_chain();
    let (alice, heir) = (Key::new(1), Address::repeat_byte(0x77));
    let kill = call("spawnAndKill(bytes32,address)", &[3.into(), heir.into()]);
    let draft = Draft {
        to: Some(MACHINE),
        data: kill,
        value: U256::from(9),
        gas_limit: 1_000_000,
        ..Draft::default()
    };
    assert_eq!(step(&mut chain, vec![vec![alice.transaction(&draft)]]), [[true]]);
    assert_eq!(account(&chain, heir).unwrap().balance, U256::from(9).to_be_bytes());
    let child = MACHINE.create2_from_code(
        U256::from(3).to_be_bytes::<32>(),
        [&child_init()[..], &U256::from(7).to_be_bytes::<32>()].concat(),
    );
    assert!(account(&chain, child).is_none());
}

#[test]
fn a_created_contract_has_code_and_history() {
    let mut chain = new_chain();
    let alice = Key::new(1);
    let data = [&child_init()[..], &U256::from(5).to_be_bytes::<32>()].concat().into();
    let raw = alice.transaction(&Draft { data, gas_limit: 1_000_000, ..Draft::default() });
    let built = chain.build(&chain.request(vec![vec![raw]])).unwrap();
    let created = built.outcomes[0][0].created.unwrap();
    assert_eq!(created, alice.address.create(0));
    chain.apply(&built);
    let value = account(&chain, created).unwrap();
    assert_eq!((value.nonce, value.history_count), (1, 1));
    assert_eq!(slot(&chain, created, U256::ZERO), U256::from(5));
}

#[test]
fn block_hashes_reach_back_over_batches() {
    let mut chain = new_chain();
    let alice = Key::new(1);
    let recall = |back: u64| call("recall(uint256)", &[back.into()]);
    for nonce in 0..5 {
        step(&mut chain, vec![vec![send(&alice, nonce, MACHINE, recall(1))]]);
    }
    let second = send(&alice, 6, MACHINE, recall(2));
    step(&mut chain, vec![vec![send(&alice, 5, MACHINE, recall(4))], vec![second]]);
    let Ok(header) = chain.store.header(5);
    assert_eq!(machine_slot(&chain, 4), U256::from_be_bytes(header.unwrap().hash().0));
    step(&mut chain, vec![vec![send(&alice, 7, MACHINE, recall(0))]]);
    assert_eq!(machine_slot(&chain, 4), U256::ZERO);
}

fn refusal(chain: &Chain, request: &BatchRequest) -> &'static str {
    chain.build(request).expect_err("it must be refused").code()
}

#[test]
fn transactions_that_may_not_stand_where_they_stand_are_named() {
    let chain = new_chain();
    let alice = Key::new(1);
    let one = |draft: Draft| chain.request(vec![vec![alice.transaction(&draft)]]);
    let base = Draft { to: Some(Address::repeat_byte(0x55)), ..Draft::default() };
    assert_eq!(refusal(&chain, &one(Draft { nonce: 1, ..base.clone() })), "nonce_too_high");
    assert_eq!(refusal(&chain, &one(Draft { gas_limit: 20_999, ..base.clone() })), "gas_limit_too_low");
    let rich = Draft { value: U256::from(10u64.pow(18)) + U256::from(1), ..base.clone() };
    assert_eq!(refusal(&chain, &one(rich)), "insufficient_funds");
    let twice = vec![vec![alice.transaction(&base), alice.transaction(&base)]];
    assert_eq!(refusal(&chain, &chain.request(twice)), "nonce_too_low");
    assert_eq!(refusal(&chain, &one(Draft { chain_id: 1, ..base.clone() })), "chain_id_mismatch");
    let mut small = one(base.clone());
    small.blocks[0].gas_limit = 199_999;
    assert_eq!(refusal(&chain, &small), "block_gas_exceeded");
    let mut early = one(base.clone());
    early.blocks[0].timestamp = 1;
    assert_eq!(refusal(&chain, &early), "block_timestamp");
    assert_eq!(refusal(&chain, &chain.request(vec![])), "block_empty");
    assert_eq!(refusal(&chain, &chain.request(vec![vec![]])), "block_empty");
    let stray = BatchRequest { prev_root: [7; 32], ..one(base) };
    assert_eq!(refusal(&chain, &stray), "store_corrupt");
}

#[test]
fn the_gas_of_a_block_is_shared_by_its_transactions() {
    let chain = new_chain();
    let alice = Key::new(1);
    let to = Some(Address::repeat_byte(0x55));
    let transactions =
        (0..2).map(|nonce| alice.transaction(&Draft { nonce, to, gas_limit: 100_000, ..Draft::default() }));
    let mut request = chain.request(vec![transactions.collect()]);
    request.blocks[0].gas_limit = 121_000;
    assert!(chain.build(&request).is_ok());
    request.blocks[0].gas_limit = 120_999;
    let Err(BuildError::Execution { index: 1, error: ExecuteError::BlockGas { left: 99_999 }, .. }) =
        chain.build(&request)
    else {
        panic!("the second transaction must not fit");
    };
}

#[test]
fn salts_and_policy_version_change_the_roots_and_nothing_else() {
    let mut chain = new_chain();
    let request = |chain: &Chain| {
        let data = call("transfer(address,uint256)", &[Key::new(2).address.into(), 1.into()]);
        chain.request(vec![vec![send(&Key::new(1), 0, TOKEN, data)]])
    };
    let first = chain.build(&request(&chain)).unwrap();
    assert_eq!(first.witness, chain.build(&request(&chain)).unwrap().witness);
    chain.policy = PolicyTable::new(2, policy_entries(), &chain.secret).unwrap();
    let second = chain.build(&request(&chain)).unwrap();
    assert_ne!(first.output.policy_root, second.output.policy_root);
    assert_eq!(first.output.new_state, second.output.new_state);
}

#[test]
fn an_authority_that_was_touched_while_empty_is_new_whatever_came_before_in_the_batch() {
    let (alice, unborn) = (Key::new(1), Key::new(77));
    let touch = |nonce| send(&alice, nonce, unborn.address, Bytes::new());
    let delegate = |nonce| {
        let authorizations = vec![unborn.authorize(CHAIN_ID, MACHINE, 0)];
        let to = Some(Address::repeat_byte(0x55));
        alice.transaction(&Draft { kind: 4, nonce, to, authorizations, ..Draft::default() })
    };
    let gas = |blocks: Vec<Vec<Bytes>>, at: usize| {
        let chain = new_chain();
        let built = chain.build(&chain.request(blocks)).unwrap();
        built.outcomes.concat()[at].gas_used
    };
    let alone = gas(vec![vec![delegate(0)]], 0);
    assert_eq!(gas(vec![vec![touch(0), delegate(1)]], 1), alone);
    assert_eq!(gas(vec![vec![touch(0)], vec![delegate(1)]], 1), alone);
}

#[test]
fn random_batches_agree_between_sequencer_and_proof() {
    let mut statuses = [0, 0];
    for seed in 0..12 {
        let mut chain = new_chain();
        let mut generator = Generator::new(1000 + seed);
        for _ in 0..4 {
            let Some(built) = generator.batch(&chain) else { continue };
            assert_eq!(run(&built.witness).as_ref(), Ok(&built.output));
            for outcome in built.outcomes.iter().flatten() {
                statuses[usize::from(outcome.status)] += 1;
            }
            chain.apply(&built);
        }
    }
    assert!(statuses[0] > 20 && statuses[1] > 100, "the generator makes both kinds: {statuses:?}");
}
