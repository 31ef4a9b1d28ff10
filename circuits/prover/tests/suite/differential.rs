//! The guest in OpenVM's executor against the same crate compiled natively.

#[path = "../../../stf/examples/support/mod.rs"]
#[allow(unreachable_pub)]
mod support;

use crate::GUEST;
use prividium_prover::{error::ProverError, machine::Machine, native};
use support::scenario::{new_chain, Generator};

const BATCHES: usize = 200;
const BATCHES_PER_CHAIN: usize = 6;
const SEGMENT_MEMORY_MAX: usize = 7 << 29;

/// Random batches in a row on one chain, every fourth with one thing wrong in its witness.
fn witnesses() -> Vec<Vec<u8>> {
    let mut witnesses = Vec::new();
    for seed in 0.. {
        let (mut chain, mut generator) = (new_chain(), Generator::new(seed));
        for _ in 0..BATCHES_PER_CHAIN {
            let Some(built) = generator.batch(&chain) else { continue };
            witnesses.push(match witnesses.len() % 4 {
                3 => spoilt(&mut generator, &built.witness),
                _ => built.witness.clone(),
            });
            if witnesses.len() == BATCHES {
                return witnesses;
            }
            chain.apply(&built);
        }
    }
    witnesses
}

fn spoilt(generator: &mut Generator, witness: &[u8]) -> Vec<u8> {
    let mut copy = witness.to_vec();
    let at = generator.random.below(copy.len() as u64) as usize;
    match generator.random.below(6) {
        0 => copy.truncate(at),
        1 => copy.extend([0; 4]),
        _ => copy[at] ^= 1 << generator.random.below(8),
    }
    copy
}

#[test]
fn native_and_guest_agree_on_random_batches() {
    let machine = Machine::new(GUEST.guest(), SEGMENT_MEMORY_MAX).expect("the guest loads");
    let interpreter = machine.interpreter().expect("the guest is a program");
    let (mut accepted, mut refused) = (0, 0);
    for (index, witness) in witnesses().iter().enumerate() {
        match (native::output_of(witness), interpreter.run(witness)) {
            (Ok(expected), Ok(output)) => {
                assert_eq!(hex::encode(output), hex::encode(expected), "batch {index}");
                accepted += 1;
            }
            (Err(_), Err(ProverError::ExecutionFailed(how))) => {
                assert_eq!(how, "exit code 3", "batch {index}: refused, not crashed");
                refused += 1;
            }
            (native, guest) => panic!("batch {index}: natively {native:?}, in the guest {guest:?}"),
        }
    }
    assert!(accepted >= BATCHES / 2 && refused >= BATCHES / 8, "{accepted} accepted, {refused} refused");
}

#[test]
fn metered_execution_gives_the_output_and_the_parts_add_up() {
    let machine = Machine::new(GUEST.guest(), SEGMENT_MEMORY_MAX).expect("the guest loads");
    let witness = std::fs::read(super::vector("batch.witness")).expect("the frozen witness is there");
    let execution = machine.execute(&witness).expect("the frozen witness is valid");
    assert_eq!(execution.output, native::output_of(&witness).expect("the frozen witness is valid"));
    let parts = prividium_prover::parts::count(&machine, &witness).expect("the guest has symbols");
    assert_eq!(parts.iter().map(|part| part.instructions).sum::<u64>(), execution.instructions);
}
