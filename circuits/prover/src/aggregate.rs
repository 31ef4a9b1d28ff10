//! Folds segment proofs into one. The tree is that of `AggProver::prove_vm`, walked here step by step so that a job can
//! report progress and be cancelled between steps.

use openvm_circuit::arch::ContinuationVmProof;
use openvm_continuations::prover::ChildVkKind;
use openvm_sdk::{prover::AggProver, DefaultStarkEngine as Engine, SC};
use openvm_stark_backend::proof::Proof;
use openvm_verify_stark_host::VmStarkProof;

use crate::{
    error::ProverError,
    progress::{Progress, Stage, Step},
};

/// Seconds on the reference machine of one step of each layer: over segments, over those proofs, recursive, last.
const LEAF_SECONDS: f64 = 85.0;
const FIRST_SECONDS: f64 = 40.0;
const RECURSIVE_SECONDS: f64 = 30.0;
const WRAP_SECONDS: f64 = 20.0;

/// Steps that [`aggregate`] takes for a number of segments.
pub fn steps(prover: &AggProver, segments: usize) -> Vec<Step> {
    let tree = prover.agg_tree_config;
    let step = |expected_seconds| Step { stage: Stage::Aggregate, expected_seconds };
    let mut width = segments.div_ceil(tree.num_children_leaf);
    let mut steps = vec![step(LEAF_SECONDS); width];
    width = width.div_ceil(tree.num_children_internal);
    steps.extend(vec![step(FIRST_SECONDS); width]);
    loop {
        width = width.div_ceil(tree.num_children_internal);
        steps.extend(vec![step(RECURSIVE_SECONDS); width]);
        if width <= 1 {
            break;
        }
    }
    steps.push(Step { stage: Stage::Wrap, expected_seconds: WRAP_SECONDS });
    steps
}

/// Makes the final proof out of the proofs of all segments.
pub fn aggregate(
    prover: &AggProver,
    proof: ContinuationVmProof<SC>,
    progress: &Progress,
) -> Result<VmStarkProof, ProverError> {
    let tree = prover.agg_tree_config;
    let leaf =
        |children: &[Proof<SC>]| prover.leaf_prover.agg_prove_no_def::<Engine>(children, ChildVkKind::App);
    let first = |children: &[Proof<SC>]| {
        prover.internal_for_leaf_prover.agg_prove_no_def::<Engine>(children, ChildVkKind::Standard)
    };
    let recursive = |kind: ChildVkKind| {
        move |children: &[Proof<SC>]| {
            prover.internal_recursive_prover.agg_prove_no_def::<Engine>(children, kind)
        }
    };
    let mut proofs = layer(&proof.per_segment, tree.num_children_leaf, leaf, progress)?;
    proofs = layer(&proofs, tree.num_children_internal, first, progress)?;
    proofs = layer(&proofs, tree.num_children_internal, recursive(ChildVkKind::Standard), progress)?;
    while proofs.len() > 1 {
        proofs = layer(&proofs, tree.num_children_internal, recursive(ChildVkKind::RecursiveSelf), progress)?;
    }
    // One more layer over a single child: the same statement in a smaller proof.
    let mut wrapped = layer(&proofs, 1, recursive(ChildVkKind::RecursiveSelf), progress)?;
    let inner = wrapped.pop().ok_or_else(|| ProverError::internal("aggregation of no segments"))?;
    Ok(VmStarkProof { inner, user_pvs_proof: proof.user_public_values, deferral_merkle_proofs: None })
}

fn layer<E: std::fmt::Display>(
    children: &[Proof<SC>],
    arity: usize,
    prove: impl Fn(&[Proof<SC>]) -> Result<Proof<SC>, E>,
    progress: &Progress,
) -> Result<Vec<Proof<SC>>, ProverError> {
    let mut parents = Vec::with_capacity(children.len().div_ceil(arity));
    for group in children.chunks(arity) {
        parents.push(prove(group).map_err(ProverError::internal)?);
        progress.step_done()?;
    }
    Ok(parents)
}
