//! Proves the segments of one execution in order, each once: what is on disk is not proven again.

use openvm_circuit::{
    arch::{
        execution_mode::Segment, hasher::poseidon2::vm_poseidon2_hasher, PreflightExecutionOutput,
        VmInstance, VmState,
    },
    system::memory::merkle::public_values::UserPublicValuesProof,
};
use openvm_sdk::F;
use openvm_sdk_config::SdkVmCpuBuilder;
use openvm_stark_backend::StarkEngine;

use crate::{
    error::ProverError,
    machine::{input, refused, Engine},
    progress::Progress,
    resources,
    store::{ProvenSegment, SegmentStore},
};

/// The virtual machine with the program committed.
pub type Instance = VmInstance<Engine, SdkVmCpuBuilder>;

/// Returns all segments of the execution of `witness`, proven.
pub fn prove_segments(
    instance: &mut Instance,
    witness: &[u8],
    segments: &[Segment],
    store: &SegmentStore,
    memory_needed_bytes: u64,
    progress: &Progress,
) -> Result<Vec<ProvenSegment>, ProverError> {
    let mut proven = Vec::with_capacity(segments.len());
    let mut state = instance.vm.create_initial_state(instance.exe(), input(witness));
    for (index, segment) in segments.iter().enumerate() {
        let is_last = index + 1 == segments.len();
        let found = store.load(index).filter(|found| found.public_values.is_some() == is_last);
        let (result, next) = match found {
            Some(result) => {
                progress.step_skipped()?;
                (result, skip_segment(instance, state, segment)?)
            }
            None => {
                progress.check()?;
                resources::require_available(memory_needed_bytes)?;
                let (result, next) = prove_segment(instance, state, segment, is_last)?;
                store.save(index, &result)?;
                progress.step_done()?;
                (result, next)
            }
        };
        proven.push(result);
        state = next;
    }
    Ok(proven)
}

/// Executes a segment without proving it, to reach the state that the next one begins with.
fn skip_segment(
    instance: &Instance,
    state: VmState<F>,
    segment: &Segment,
) -> Result<VmState<F>, ProverError> {
    let interpreter = instance.vm.interpreter(instance.exe()).map_err(ProverError::internal)?;
    interpreter.execute_from_state(state, Some(segment.num_insns)).map_err(refused)
}

fn prove_segment(
    instance: &mut Instance,
    state: VmState<F>,
    segment: &Segment,
    is_last: bool,
) -> Result<(ProvenSegment, VmState<F>), ProverError> {
    let vm = &mut instance.vm;
    vm.transport_init_memory_to_device(&state.memory);
    let PreflightExecutionOutput { system_records, record_arenas, to_state } = vm
        .execute_preflight(&mut instance.interpreter, state, Some(segment.num_insns), &segment.trace_heights)
        .map_err(refused)?;
    let context = vm.generate_proving_ctx(system_records, record_arenas).map_err(ProverError::internal)?;
    let proof = vm.engine.prove(vm.pk(), context).map_err(|e| ProverError::Internal(format!("{e:?}")))?;
    let public_values = match is_last {
        true => Some(open_public_values(instance, &to_state)?),
        false => None,
    };
    Ok((ProvenSegment { proof, public_values }, to_state))
}

fn open_public_values(
    instance: &Instance,
    state: &VmState<F>,
) -> Result<UserPublicValuesProof<8, F>, ProverError> {
    let vm = &instance.vm;
    let top_tree = vm.memory_top_tree().ok_or_else(|| ProverError::internal("the memory has no top tree"))?;
    let config = vm.config().as_ref();
    Ok(UserPublicValuesProof::compute(
        config.memory_config.memory_dimensions(),
        config.num_public_values,
        &vm_poseidon2_hasher(),
        &state.memory.memory,
        top_tree,
    ))
}
