//! From an aggregated proof to the traces of OpenVM's root circuit, the circuit that verifies it. Its constraints are
//! exported to the hiding layer (`prividium-outer`), which proves them instead of OpenVM's own backend.

use std::sync::Arc;

use openvm_circuit::system::memory::dimensions::MemoryDimensions;
use openvm_continuations::{
    circuit::{
        root::{RootCircuit, RootTraceGen, RootTraceGenImpl},
        Circuit as _,
    },
    VkCommitBytes,
};
use openvm_cpu_backend::CpuBackend;
use openvm_recursion_circuit::system::{
    CachedTraceCtx, VerifierConfig, VerifierExternalData, VerifierSubCircuit, VerifierTraceGen,
};
use openvm_sdk::{DefaultStarkEngine as Engine, F, SC};
use openvm_stark_backend::{
    air_builders::symbolic::{symbolic_variable::Entry, SymbolicExpressionNode as Expression},
    keygen::types::{MultiStarkVerifyingKey, StarkVerifyingKey},
    p3_field::PrimeField32,
    prover::{AirProvingContext, MatrixDimensions},
    StarkEngine,
};
use openvm_stark_sdk::config::baby_bear_poseidon2::{default_duplex_sponge_recorder, Digest};
use openvm_verify_stark_host::{vk::VmStarkVerifyingKey, VmStarkProof};
use prividium_outer::circuit::{Air, Circuit, Interaction, Node, Witness};

use crate::{commitment::Commitment, error::ProverError};

type Backend = CpuBackend<SC>;
type Verifier = VerifierSubCircuit<1>;

/// Heights of the AIRs before the verifier's: they follow from the number of public values and the size of memory.
const FIRST_HEIGHTS: [usize; 3] = [1, 8, 32];

/// Heights of the AIRs of the verifier sub-circuit. They are part of the verifying key, so every proof has to fit them:
/// an aggregated proof has a fixed shape, and these are powers of two above what it needs. The last but one is the
/// power checker's, whose height is its table's.
const VERIFIER_HEIGHTS: [usize; 39] = [
    32768, 256, 256, 256, 256, 16384, 256, 256, 256, 256, 8192, 4096, 256, 4096, 16384, 8192, 256, 256, 256,
    256, 256, 256, 256, 4096, 256, 256, 1024, 256, 4096, 256, 256, 256, 8192, 1024, 4096, 256, 16384, 32,
    8192,
];

/// The root circuit for one verifying key of aggregated proofs.
pub struct Root {
    root: RootCircuit<Verifier>,
    child_key: Arc<MultiStarkVerifyingKey<SC>>,
    memory_dimensions: MemoryDimensions,
    key: MultiStarkVerifyingKey<SC>,
}

impl Root {
    /// Derives the circuit.
    pub fn new(key: &VmStarkVerifyingKey) -> Self {
        let child_key = Arc::new(key.mvk.clone());
        let config = VerifierConfig { continuations_enabled: true, has_cached: false, ..Default::default() };
        let verifier = <Verifier as VerifierTraceGen<Backend, SC, ()>>::new(child_key.clone(), config);
        let commit = key.baseline.internal_recursive_vk_commit;
        let commit = VkCommitBytes {
            cached_commit: commit.cached_commit.into(),
            vk_pre_hash: commit.vk_pre_hash.into(),
        };
        let (memory, count) = (key.baseline.memory_dimensions, key.baseline.num_user_pvs);
        let root = RootCircuit::new(Arc::new(verifier), commit, None, memory, count);
        let engine = Engine::new(key.mvk.inner.params.clone());
        let (_, root_key) = engine.keygen(&root.airs());
        Self { root, child_key, memory_dimensions: memory, key: root_key }
    }

    /// The commitment to the constraints of the last aggregation circuit that this circuit computes and publishes. It is
    /// a hash of its own, not the commitment to the same table in that circuit's key.
    pub fn dag_commit(&self) -> Result<Commitment, ProverError> {
        let verifier = &*self.root.verifier_circuit;
        let record = VerifierTraceGen::<Backend, SC, ()>::cached_trace_record(verifier, &self.child_key);
        let info =
            record.dag_commit_info.ok_or_else(|| ProverError::internal("no commitment to constraints"))?;
        Ok(Commitment::from(info.commit))
    }

    /// Constraints and messages of all AIRs, with their heights.
    pub fn circuit(&self) -> Result<Circuit, ProverError> {
        let heights = FIRST_HEIGHTS.iter().chain(&VERIFIER_HEIGHTS);
        let keys = &self.key.inner.per_air;
        if keys.len() != FIRST_HEIGHTS.len() + VERIFIER_HEIGHTS.len() {
            return Err(ProverError::Internal(format!("the root circuit has {} AIRs", keys.len())));
        }
        let airs = keys.iter().zip(heights).enumerate();
        let airs: Result<_, _> = airs.map(|(index, (key, height))| export(index, key, *height)).collect();
        Ok(Circuit { airs: airs? })
    }
}

fn export(index: usize, key: &StarkVerifyingKey<F, Digest>, height: usize) -> Result<Air, ProverError> {
    let width = &key.params.width;
    if width.preprocessed.is_some() || !width.cached_mains.is_empty() {
        return Err(ProverError::Internal(format!("AIR {index} of the root circuit has fixed columns")));
    }
    let expressions = &key.symbolic_constraints;
    let nodes: Result<_, _> = expressions.constraints.nodes.iter().map(node).collect();
    let interaction = |i: &openvm_stark_backend::interaction::Interaction<usize>| Interaction {
        bus: i.bus_index.into(),
        count: i.count,
        weight: i.count_weight,
        message: i.message.clone(),
    };
    Ok(Air {
        name: format!("air {index}"),
        log_height: height.ilog2() as usize,
        width: width.common_main,
        public_values: key.params.num_public_values,
        nodes: nodes?,
        constraints: expressions.constraints.constraint_idx.clone(),
        interactions: expressions.interactions.iter().map(interaction).collect(),
    })
}

fn node(expression: &Expression<F>) -> Result<Node, ProverError> {
    Ok(match expression {
        Expression::Variable(variable) => match variable.entry {
            Entry::Main { part_index: 0, offset: offset @ (0 | 1) } => {
                Node::Column { column: variable.index, next: offset == 1 }
            }
            Entry::Public => Node::PublicValue(variable.index),
            _ => return Err(ProverError::internal("the root circuit reads an unknown kind of column")),
        },
        Expression::IsFirstRow => Node::FirstRow,
        Expression::IsLastRow => Node::LastRow,
        Expression::IsTransition => Node::Transition,
        Expression::Constant(value) => Node::Constant(value.as_canonical_u32()),
        Expression::Add { left_idx, right_idx, .. } => Node::Add(*left_idx, *right_idx),
        Expression::Sub { left_idx, right_idx, .. } => Node::Sub(*left_idx, *right_idx),
        Expression::Neg { idx, .. } => Node::Neg(*idx),
        Expression::Mul { left_idx, right_idx, .. } => Node::Mul(*left_idx, *right_idx),
    })
}

impl Root {
    /// Traces of all AIRs for one aggregated proof, which must be valid.
    pub fn witness(&self, proof: &VmStarkProof) -> Result<Witness, ProverError> {
        let contexts = self.contexts(proof)?;
        let heights = FIRST_HEIGHTS.iter().chain(&VERIFIER_HEIGHTS);
        let mut witness = Witness::default();
        for (index, (context, height)) in contexts.iter().zip(heights).enumerate() {
            let trace = &context.common_main;
            if trace.height() != *height {
                let found = trace.height();
                return Err(ProverError::Internal(format!("AIR {index} has {found} rows, not {height}")));
            }
            witness.traces.push(trace.values.iter().map(PrimeField32::as_canonical_u32).collect());
            witness.public_values.extend(context.public_values.iter().map(PrimeField32::as_canonical_u32));
        }
        Ok(witness)
    }

    fn contexts(&self, proof: &VmStarkProof) -> Result<Vec<AirProvingContext<Backend>>, ProverError> {
        type Generator = RootTraceGenImpl;
        let generator = <Generator as RootTraceGen<Backend, ()>>::new(false);
        let memory = self.memory_dimensions;
        let mut first = RootTraceGen::<Backend, ()>::generate_pre_verifier_subcircuit_ctx(
            &generator,
            &proof.inner,
            &proof.user_pvs_proof,
            memory,
            &(),
        );
        let (last, compressed) = RootTraceGen::<Backend, ()>::generate_other_proving_ctxs(
            &generator,
            &proof.inner,
            memory,
            None,
            &(),
        );
        first.poseidon2_compress_inputs.extend(compressed);
        let mut external = VerifierExternalData {
            poseidon2_compress_inputs: &first.poseidon2_compress_inputs,
            poseidon2_permute_inputs: &first.poseidon2_permute_inputs,
            range_check_inputs: &first.range_check_inputs,
            power_check_inputs: &vec![],
            required_heights: Some(&VERIFIER_HEIGHTS),
            final_transcript_state: None,
        };
        let verifier = &self.root.verifier_circuit;
        let records = VerifierTraceGen::<Backend, SC, ()>::cached_trace_record(&**verifier, &self.child_key);
        let middle = VerifierTraceGen::<Backend, SC, ()>::generate_proving_ctxs(
            &**verifier,
            &self.child_key,
            CachedTraceCtx::Records(records),
            std::slice::from_ref(&proof.inner),
            &mut external,
            &(),
            default_duplex_sponge_recorder(),
        )
        .ok_or_else(|| {
            ProverError::internal("the aggregated proof does not fit the root circuit's heights")
        })?;
        Ok(first.air_proving_ctxs.into_iter().chain(middle).chain(last).collect())
    }
}
