//! Writes random witnesses with what the native state transition says of each, for the zkVM to be compared with.
//!
//! `random_batches OUT_DIR COUNT [SEED]` writes `NNNN.witness` and `NNNN.expected`; the latter is one line, either
//! `ok 0x<digest of the output>` or `err <code>`. Every fourth witness is spoilt.

mod support;

use std::path::Path;

use prividium_policy::{encode_rule, encode_wallet, rule_preimage, wallet_preimage, AccessKind, RuleKind};
use support::keys::Key;
use support::scenario::{new_chain, rejudged_witness, Generator, TOKEN};
use support::selector;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [out, count, rest @ ..] = arguments.as_slice() else {
        eprintln!("usage: random_batches OUT_DIR COUNT [SEED]");
        std::process::exit(2);
    };
    let count: usize = count.parse().expect("COUNT is a number");
    let seed: u64 = rest.first().map_or(1, |seed| seed.parse().expect("SEED is a number"));
    let out = Path::new(out);
    std::fs::create_dir_all(out).expect("OUT_DIR can be made");
    let mut index = 0;
    for witness in denied() {
        write(out, index, &witness);
        index += 1;
    }
    let mut round = 0;
    while index < count {
        let mut chain = new_chain();
        let mut generator = Generator::new(seed.wrapping_mul(0x1_0000).wrapping_add(round));
        round += 1;
        for _ in 0..6 {
            let Some(built) = generator.batch(&chain) else { continue };
            let spoil = index % 4 == 3;
            let witness = if spoil { spoilt(&mut generator, &built.witness) } else { built.witness.clone() };
            write(out, index, &witness);
            index += 1;
            chain.apply(&built);
            if index >= count {
                break;
            }
        }
    }
}

/// Transfers that the policy of the witness denies.
fn denied() -> Vec<Vec<u8>> {
    let (rule, length) = rule_preimage(&TOKEN.0 .0, Some(selector("transfer(address,uint256)")));
    let rule = &rule[..length];
    let wallet = wallet_preimage(&Key::new(1).address.0 .0);
    let entry = |kind, access, roles: &[u32], arguments: &[u16]| {
        Some(encode_rule(kind, access, false, roles, arguments))
    };
    let write = AccessKind::Write;
    vec![
        rejudged_witness(rule, None),
        rejudged_witness(rule, entry(RuleKind::Forbidden, write, &[], &[])),
        rejudged_witness(rule, entry(RuleKind::Public, AccessKind::Read, &[], &[])),
        rejudged_witness(rule, entry(RuleKind::CheckRole, write, &[1], &[])),
        rejudged_witness(rule, entry(RuleKind::RestrictArgument, write, &[], &[0])),
        rejudged_witness(rule, entry(RuleKind::RestrictArgument, write, &[], &[9])),
        rejudged_witness(rule, entry(RuleKind::CheckRoleAndRestrictArgument, write, &[1], &[0])),
        rejudged_witness(rule, entry(RuleKind::CheckRoleOrRestrictArgument, write, &[1], &[0])),
        rejudged_witness(&wallet, None),
        rejudged_witness(&wallet, Some(encode_wallet(true, &[1, 2]))),
    ]
}

/// A copy with one thing wrong: a bit, the end, or something more.
fn spoilt(generator: &mut Generator, witness: &[u8]) -> Vec<u8> {
    let mut copy = witness.to_vec();
    let at = generator.random.below(copy.len() as u64) as usize;
    match generator.random.below(6) {
        0 => copy.truncate(at & !3),
        1 => copy.extend([0; 4]),
        _ => copy[at] ^= 1 << generator.random.below(8),
    }
    copy
}

fn write(out: &Path, index: usize, witness: &[u8]) {
    let expected = match prividium_stf::run(witness) {
        Ok(output) => format!("ok {}\n", output.digest()),
        Err(error) => format!("err {}\n", error.code()),
    };
    std::fs::write(out.join(format!("{index:04}.witness")), witness).expect("the witness can be written");
    std::fs::write(out.join(format!("{index:04}.expected")), &expected)
        .expect("the expectation can be written");
    print!("{index:04} {:>7} bytes {expected}", witness.len());
}
