//! How many bits of security the parameters give, round by round. `docs/protocol/proof.md`, section 11, has the sources.

use prividium_verifier::{field::P, hash::DIGEST_BYTES, key::Parameters};

use crate::compile::{Compiled, Counts};

/// Which theorem bounds the exceptional challenges of a line of words up to the Johnson radius.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProximityBound {
    /// Ben-Sasson, Carmon, Haböck, Kopparty, Saraf (ePrint 2025/2055), Theorem 4.2.
    Bchks25,
    /// The bound that `p3-security` 0.8.0 uses (ePrint 2026/2056, Theorem 5.12).
    Dkt26,
}

/// Bits of one round.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Term {
    /// The round.
    pub round: &'static str,
    /// Logarithm of the inverse error, with the grinding before it.
    pub bits: f64,
}

/// All rounds.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The theorem used.
    pub bound: ProximityBound,
    /// Multiplicity parameter: it trades the queries' error against that of the challenges.
    pub multiplicity: usize,
    /// The rounds in their order, and the hash.
    pub terms: Vec<Term>,
}

impl Report {
    /// The weakest round.
    pub fn bits(&self) -> f64 {
        self.terms.iter().map(|term| term.bits).fold(f64::INFINITY, f64::min)
    }
}

/// The best report under a theorem.
pub fn report(compiled: &Compiled, bound: ProximityBound) -> Report {
    let descriptor = &compiled.key.descriptor;
    let rows: f64 = descriptor.log_heights.iter().map(|n| (*n as f64).exp2()).sum();
    let at = |multiplicity| {
        Shape { parameters: descriptor.parameters, counts: compiled.counts, rows }.report(bound, multiplicity)
    };
    (3..100).map(at).max_by(|a, b| a.bits().total_cmp(&b.bits())).expect("the range is not empty")
}

struct Shape {
    parameters: Parameters,
    counts: Counts,
    rows: f64,
}

impl Shape {
    fn report(&self, bound: ProximityBound, multiplicity: usize) -> Report {
        let Self { parameters, counts, .. } = self;
        let grinding = parameters.grinding;
        let m = multiplicity as f64;
        let rate = (-(parameters.log_blowup as f64)).exp2();
        let agreement = (1.0 + 0.5 / m) * rate.sqrt();
        // Words of several columns have no better list bound than the one that only uses the distance.
        let list = m / rate;
        let length = (parameters.log_length as f64).exp2();
        let lines = exceptional_lines(bound, parameters, m);
        let messages = counts.messages as f64;
        let lookup = messages * (counts.message_length as f64 + 2.0) + 3.0;
        let degree = (counts.constraint_degree as f64).max(length) + self.rows;
        let arity = (1u64 << parameters.log_arity) as f64;
        let round = |round, error: f64, grinding: u32| Term {
            round,
            bits: field_bits() - error.log2() + f64::from(grinding),
        };
        let terms = vec![
            round("lookup", list * lookup.max(1.0), grinding.lookup),
            round("constraints", list * counts.joined as f64, 0),
            round("point", list * list * degree, grinding.point),
            round("batch", lines * counts.openings as f64, grinding.batch),
            round("fold", lines * (arity - 1.0), grinding.fold),
            Term {
                round: "query",
                bits: -agreement.log2() * parameters.queries as f64 + f64::from(grinding.query),
            },
            Term { round: "hash", bits: DIGEST_BYTES as f64 * 4.0 },
        ];
        Report { bound, multiplicity, terms }
    }
}

fn field_bits() -> f64 {
    4.0 * f64::from(P).log2()
}

/// Number of challenges for which a line far from the code may come close to it.
fn exceptional_lines(bound: ProximityBound, parameters: &Parameters, m: f64) -> f64 {
    let rate = (-(parameters.log_blowup as f64)).exp2();
    let domain = (parameters.log_domain() as f64).exp2();
    let radius = 1.0 - rate.sqrt() * (1.0 + 0.5 / m);
    let t = m + 0.5;
    match bound {
        ProximityBound::Bchks25 => {
            (2.0 * t.powi(5) + 3.0 * t * radius * rate) / (3.0 * rate.powf(1.5)) * domain + t / rate.sqrt()
        }
        ProximityBound::Dkt26 => {
            let length = (parameters.log_length as f64).exp2();
            8.0 * domain * t.powi(3) / (3.0 * (length - 1.0) / domain)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use p3_security::{
        fri::{commit_phase_error_ldr_m, query_phase_error, FriRegime},
        proximity::alpha_ldr_m,
        shape::InstanceShape,
    };

    #[test]
    fn fold_and_query_agree_with_p3_security() {
        let parameters = crate::parameters::BLOWUP_16;
        let regime = FriRegime {
            log_blowup: parameters.log_blowup,
            num_queries: parameters.queries,
            log_final_poly_len: parameters.log_final,
            max_log_arity: parameters.log_arity,
            commit_pow_bits: parameters.grinding.fold as usize,
            query_pow_bits: parameters.grinding.query as usize,
        };
        let instance = InstanceShape {
            log_trace_length: parameters.log_length,
            modulus_bits: 123,
            collision_resistance: 104,
            num_batched_functions: 1,
        };
        let shape = Shape { parameters, counts: Counts::default(), rows: 0.0 };
        for m in [3, 7, 20] {
            let report = shape.report(ProximityBound::Dkt26, m);
            let bits = |round| report.terms.iter().find(|t| t.round == round).expect("a round").bits;
            let fold = commit_phase_error_ldr_m(&regime, &instance, m).expect("there are folds").bits();
            assert!((bits("fold") - (fold + field_bits() - 123.0)).abs() < 1e-6, "{m}");
            let alpha = alpha_ldr_m(parameters.log_blowup, m);
            let query = query_phase_error(alpha, parameters.queries, regime.query_pow_bits).bits();
            assert!((bits("query") - query).abs() < 1e-6, "{m}");
        }
    }
}
