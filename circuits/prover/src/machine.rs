//! Runs the guest without proving it: the output, the number of instructions and the segments of the later proof.

use std::{collections::VecDeque, sync::Arc};

use openvm_circuit::{
    arch::{
        execution_mode::{ExecutionCtx, MeteredCtx, Segment},
        instructions::exe::VmExe,
        ExecutionError, InterpretedInstance, Streams, VirtualMachine,
    },
    system::memory::merkle::public_values::extract_public_values,
};
use openvm_sdk::{
    keygen::AppProvingKey,
    openvm_circuit::arch::{VmExecutor, VmState},
    DefaultStarkEngine, F,
};
use openvm_sdk_config::{SdkVmConfig, SdkVmCpuBuilder};
use openvm_stark_backend::{p3_field::PrimeCharacteristicRing, prover::DeviceDataTransporter, StarkEngine};

use crate::{error::ProverError, guest::Guest, vm};

/// The engine that proves segments.
pub type Engine = DefaultStarkEngine;
/// The virtual machine with its chips, without a program.
pub type Vm = VirtualMachine<Engine, SdkVmCpuBuilder>;

/// Result of running the guest on one witness.
#[derive(Clone, Debug)]
pub struct Execution {
    /// The batch output that the guest revealed.
    pub output: [u8; 32],
    /// Instructions executed.
    pub instructions: u64,
    /// Trace cells of all segments as metered: before padding to powers of two, and an upper bound where memory is
    /// concerned, since touched memory is counted by whole pages.
    pub cells: u64,
    /// Cut into segments that fit the memory limit.
    pub segments: Vec<Segment>,
}

/// A guest loaded into the virtual machine, ready to execute.
pub struct Machine {
    /// The guest.
    pub guest: Guest,
    /// The guest's instructions.
    pub exe: Arc<VmExe<F>>,
    /// Keys of the virtual machine (not of a program).
    pub app_key: AppProvingKey<SdkVmConfig>,
    vm: Vm,
    segment_memory_max_bytes: usize,
}

impl Machine {
    /// Takes under a second: the keys of the machine are derived, not read.
    pub fn new(guest: Guest, segment_memory_max_bytes: usize) -> Result<Self, ProverError> {
        let exe = guest.transpile()?;
        let app_key = AppProvingKey::keygen(vm::app_config()?).map_err(ProverError::internal)?;
        let engine = Engine::new(app_key.app_vm_pk.get_params());
        let device_key = engine.device().transport_pk_to_device(&*app_key.app_vm_pk.vm_pk);
        let config = app_key.app_vm_pk.vm_config.clone();
        let vm = VirtualMachine::new(engine, SdkVmCpuBuilder, config, device_key)
            .map_err(ProverError::internal)?;
        Ok(Self { guest, exe, app_key, vm, segment_memory_max_bytes })
    }

    /// Runs to the end and meters what a proof will cost.
    pub fn execute(&self, witness: &[u8]) -> Result<Execution, ProverError> {
        let interpreter = self.vm.metered_interpreter(&self.exe).map_err(ProverError::internal)?;
        let context: MeteredCtx =
            self.vm.build_metered_ctx(&self.exe).with_max_memory(self.segment_memory_max_bytes);
        let (segments, state) = interpreter.execute_metered(input(witness), context).map_err(refused)?;
        Ok(Execution {
            output: self.output_of(&state)?,
            instructions: segments.iter().map(|s| s.num_insns).sum(),
            cells: segments.iter().map(|s| self.cells_of(s)).sum(),
            segments,
        })
    }

    /// An interpreter that only computes the output; build it once to run many witnesses.
    pub fn interpreter(&self) -> Result<Interpreter<'_>, ProverError> {
        let inner = self.vm.interpreter(&self.exe).map_err(ProverError::internal)?;
        Ok(Interpreter { machine: self, inner })
    }

    /// Trace cells of a segment, before padding.
    pub fn cells_of(&self, segment: &Segment) -> u64 {
        let keys = &self.app_key.app_vm_pk.vm_pk.per_air;
        let width = |i: usize| {
            let width = &keys[i].vk.params.width;
            (width.common_main + width.cached_mains.iter().sum::<usize>()) as u64
        };
        segment.trace_heights.iter().enumerate().map(|(i, &height)| u64::from(height) * width(i)).sum()
    }

    /// Cells by chip, largest first.
    pub fn cells_by_chip(&self, segments: &[Segment]) -> Vec<(String, u64)> {
        let keys = &self.app_key.app_vm_pk.vm_pk.per_air;
        let mut chips: Vec<(String, u64)> = keys.iter().map(|key| (key.air_name.clone(), 0)).collect();
        for segment in segments {
            for ((chip, key), &height) in chips.iter_mut().zip(keys).zip(&segment.trace_heights) {
                let width = &key.vk.params.width;
                chip.1 +=
                    u64::from(height) * (width.common_main + width.cached_mains.iter().sum::<usize>()) as u64;
            }
        }
        chips.retain(|chip| chip.1 > 0);
        chips.sort_by_key(|chip| std::cmp::Reverse(chip.1));
        chips
    }

    fn output_of(&self, state: &VmState<F>) -> Result<[u8; 32], ProverError> {
        let executor: &VmExecutor<F, SdkVmConfig> = self.vm.executor();
        let values = extract_public_values(executor.config.as_ref().num_public_values, &state.memory.memory);
        values.try_into().map_err(|v: Vec<u8>| ProverError::Internal(format!("{} public values", v.len())))
    }
}

/// See [`Machine::interpreter`].
pub struct Interpreter<'a> {
    machine: &'a Machine,
    /// OpenVM's interpreter of the guest.
    pub inner: InterpretedInstance<'a, F, ExecutionCtx>,
}

impl Interpreter<'_> {
    /// Runs the guest to its end and returns its output.
    pub fn run(&self, witness: &[u8]) -> Result<[u8; 32], ProverError> {
        let state = self.inner.execute(input(witness), None).map_err(refused)?;
        self.machine.output_of(&state)
    }
}

/// The guest's input stream: one item, the witness.
pub fn input(witness: &[u8]) -> Streams<F> {
    let item: Vec<F> = witness.iter().map(|byte| F::from_u8(*byte)).collect();
    Streams::new(VecDeque::from([item]))
}

/// A failed execution is the fault of the witness, never of the machine.
pub fn refused(error: ExecutionError) -> ProverError {
    match error {
        ExecutionError::FailedWithExitCode(code) => ProverError::ExecutionFailed(format!("exit code {code}")),
        other => ProverError::ExecutionFailed(other.to_string()),
    }
}
