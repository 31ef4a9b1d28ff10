//! Whether published values tell two witnesses apart: a two-sample chi-squared test over many proofs.

use prividium_verifier::{header::Header, Felt};

use super::{prove, random::Randomness};
use crate::{
    compile,
    sample::{circuit, witness, PARAMETERS},
    Compiled,
};

const BINS: usize = 16;
/// Standard deviations beyond which the samples differ: a false alarm has a probability below 10⁻⁶.
const DEVIATIONS_MAX: f64 = 5.0;
/// The same for the worst of some hundred values, whose distribution has a longer tail.
const WORST_DEVIATIONS_MAX: f64 = 10.0;

type Histogram = Vec<[u32; BINS]>;

/// Everything of a proof that depends on the witness: terminals, opened values, and the rows of one query.
fn published(compiled: &Compiled, digit: fn(usize) -> u32, randomness: Randomness) -> Vec<u32> {
    let proof = prove(&circuit(), compiled, &witness(3, digit), randomness, &mut |_| {})
        .expect("the sample is satisfied");
    let header = Header::parse(&compiled.key, &proof.parts[0]).expect("an honest header");
    let elements = header.terminals.iter().chain(&header.opened);
    let mut values: Vec<u32> = elements.flat_map(|element| element.0.map(Felt::value)).collect();
    let trees = 3 + PARAMETERS.folds();
    let row = trees * PARAMETERS.cap_bytes();
    let width = 4 * compiled.key.descriptor.width(0);
    let word = |bytes: &[u8]| bytes.iter().fold(0, |word, byte| word << 8 | u32::from(*byte));
    values.extend(proof.parts[1][row..row + width].chunks_exact(4).map(word));
    values
}

fn histogram(
    compiled: &Compiled,
    digit: fn(usize) -> u32,
    seeds: std::ops::Range<u64>,
    randomness: fn(u64) -> Randomness,
) -> Histogram {
    let mut histogram = Histogram::new();
    for seed in seeds {
        let values = published(compiled, digit, randomness(seed));
        histogram.resize(values.len(), [0; BINS]);
        for (bins, value) in histogram.iter_mut().zip(values) {
            bins[(value as u64 * BINS as u64 / u64::from(prividium_verifier::field::P)) as usize] += 1;
        }
    }
    histogram
}

/// How many standard deviations the chi-squared statistic of two samples of one size lies above its mean: for all values
/// together, and for the one value that differs most.
fn deviations(first: &Histogram, second: &Histogram) -> [f64; 2] {
    let (mut total, mut total_degrees, mut worst) = (0.0, 0.0, 0.0f64);
    for (a, b) in first.iter().zip(second) {
        let (mut statistic, mut degrees) = (0.0, -1.0);
        for (a, b) in a.iter().zip(b).filter(|(a, b)| *a + *b > 0) {
            statistic += (f64::from(*a) - f64::from(*b)).powi(2) / f64::from(a + b);
            degrees += 1.0;
        }
        worst = worst.max(above_mean(statistic, f64::max(degrees, 1.0)));
        (total, total_degrees) = (total + statistic, total_degrees + degrees);
    }
    [above_mean(total, total_degrees), worst]
}

fn above_mean(statistic: f64, degrees: f64) -> f64 {
    (statistic - degrees) / (2.0 * degrees).sqrt()
}

fn compare(proofs: u64, randomness: fn(u64) -> Randomness) -> [f64; 2] {
    let compiled = compile(&circuit(), PARAMETERS).expect("the sample compiles");
    let first = histogram(&compiled, |_| 0, 0..proofs, randomness);
    let second = histogram(&compiled, |row| row as u32 * 7, proofs..2 * proofs, randomness);
    deviations(&first, &second)
}

#[test]
fn published_values_do_not_tell_witnesses_apart() {
    let [all, worst] = compare(60, Randomness::from_seed);
    assert!(all < DEVIATIONS_MAX && worst < WORST_DEVIATIONS_MAX, "{all} {worst}");
}

#[test]
#[ignore = "a thousand proofs of each witness take minutes"]
fn published_values_of_a_thousand_proofs_do_not_tell_witnesses_apart() {
    let [all, worst] = compare(1000, Randomness::from_seed);
    assert!(all < DEVIATIONS_MAX && worst < WORST_DEVIATIONS_MAX, "{all} {worst}");
}

#[test]
fn the_same_values_without_masks_tell_witnesses_apart() {
    let [_, worst] = compare(60, Randomness::without_masks);
    assert!(worst > WORST_DEVIATIONS_MAX, "{worst}");
}
