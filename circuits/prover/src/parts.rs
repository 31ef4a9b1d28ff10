//! Instructions by part of the work, counted on the very guest that is proven: the interpreter is stepped one
//! instruction at a time, and a part lasts from the entry of one of the functions below to its return.

use std::collections::BTreeMap;

use elf::{
    abi::{STT_FUNC, STT_NOTYPE},
    endian::LittleEndian,
    ElfBytes,
};
use openvm_circuit::arch::VmState;
use openvm_sdk::F;
use serde::Serialize;

use crate::{
    error::ProverError,
    machine::{input, refused, Machine},
};

/// Everything that no function below claims: reading the witness, decoding and hashing transactions, the digests of
/// blocks and receipts, the output.
const REST: &str = "base";
const RETURN_ADDRESS_REGISTER: usize = 1;
const STACK_REGISTER: usize = 2;
/// Address space of the guest's registers.
const REGISTER_SPACE: u32 = 1;

/// Instructions of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Name of the part.
    pub name: &'static str,
    /// Instructions spent in it, parts nested in it excluded.
    pub instructions: u64,
    /// How often it was entered.
    pub entered: u64,
}

/// Pieces of symbol names of functions that the guest never inlines, and the part that each belongs to.
const FUNCTIONS: &[(&str, &str)] = &[
    ("prividium_recover", "recovery"),
    ("MainnetHandler", "evm"),
    ("PartialTree", "tree"),
    ("OpenedState4read", "tree"),
    ("OpenedState6commit", "tree"),
    ("StateChanges7collect", "tree"),
    ("history9concerned", "history"),
    ("OpenedState4link", "history"),
    ("OpenedPolicy4read", "policy"),
    ("OpenedPolicy4root", "policy"),
    ("OpenedPolicy5entry", "policy"),
    ("OpenedPolicy6finish", "policy"),
    ("10PolicyView", "policy"),
    ("E6admits", "policy"),
    ("policy6decide", "policy"),
];

/// Instructions of one function of the guest, callees excluded.
#[derive(Clone, Debug, Serialize)]
pub struct Function {
    /// Symbol, mangled.
    pub name: String,
    /// Instructions spent in it.
    pub instructions: u64,
}

struct Frame {
    part: &'static str,
    return_address: u32,
    stack: u32,
}

/// Runs the guest on `witness` and attributes every instruction to a part. The sum equals the metered count.
pub fn count(machine: &Machine, witness: &[u8]) -> Result<Vec<Part>, ProverError> {
    let entries = entry_points(machine.guest.elf())?;
    let interpreter = machine.interpreter()?;
    let mut counts: BTreeMap<&'static str, (u64, u64)> = BTreeMap::from([(REST, (0, 1))]);
    let mut frames: Vec<Frame> = Vec::new();
    let mut state = interpreter.inner.create_initial_vm_state(input(witness));
    loop {
        let pc = state.pc();
        while frames
            .last()
            .is_some_and(|f| f.return_address == pc && f.stack == register(&state, STACK_REGISTER))
        {
            frames.pop();
        }
        if let Some(part) = entries.get(&pc) {
            let return_address = register(&state, RETURN_ADDRESS_REGISTER);
            let stack = register(&state, STACK_REGISTER);
            // A loop that jumps back to the first instruction of a function is no new call.
            let again = frames.last().is_some_and(|f| f.return_address == return_address && f.stack == stack);
            if !again {
                frames.push(Frame { part, return_address, stack });
                counts.entry(part).or_default().1 += 1;
            }
        }
        let part = frames.last().map_or(REST, |frame| frame.part);
        counts.entry(part).or_default().0 += 1;
        state = interpreter.inner.execute_from_state(state, Some(1)).map_err(refused)?;
        if state.pc() == pc {
            break;
        }
    }
    Ok(counts
        .into_iter()
        .map(|(name, (instructions, entered))| Part { name, instructions, entered })
        .collect())
}

/// Runs the guest on `witness` and counts instructions by function, largest first.
pub fn functions(machine: &Machine, witness: &[u8]) -> Result<Vec<Function>, ProverError> {
    let symbols = symbols(machine.guest.elf())?;
    let interpreter = machine.interpreter()?;
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    let mut state = interpreter.inner.create_initial_vm_state(input(witness));
    loop {
        let pc = state.pc();
        let start = symbols.range(..=pc).next_back().map_or(0, |(start, _)| *start);
        *counts.entry(start).or_default() += 1;
        state = interpreter.inner.execute_from_state(state, Some(1)).map_err(refused)?;
        if state.pc() == pc {
            break;
        }
    }
    let named = |(start, instructions)| Function {
        name: symbols.get(&start).cloned().unwrap_or_else(|| "unknown".into()),
        instructions,
    };
    let mut functions: Vec<Function> = counts.into_iter().map(named).collect();
    functions.sort_by_key(|function| std::cmp::Reverse(function.instructions));
    Ok(functions)
}

fn entry_points(image: &[u8]) -> Result<BTreeMap<u32, &'static str>, ProverError> {
    let part_of =
        |name: &str| FUNCTIONS.iter().find(|(piece, _)| name.contains(piece)).map(|(_, part)| *part);
    Ok(symbols(image)?.into_iter().filter_map(|(start, name)| Some((start, part_of(&name)?))).collect())
}

/// Functions by address.
fn symbols(image: &[u8]) -> Result<BTreeMap<u32, String>, ProverError> {
    let broken =
        |e: &dyn std::fmt::Display| ProverError::GuestMismatch(format!("no symbols in the guest: {e}"));
    let file = ElfBytes::<LittleEndian>::minimal_parse(image).map_err(|e| broken(&e))?;
    let (symbols, names) =
        file.symbol_table().map_err(|e| broken(&e))?.ok_or_else(|| broken(&"the symbol table is missing"))?;
    let functions = symbols.iter().filter(|symbol| matches!(symbol.st_symtype(), STT_FUNC | STT_NOTYPE));
    let named = functions.map(|symbol| {
        let name = names.get(symbol.st_name as usize).unwrap_or_default();
        (symbol.st_value as u32, name.to_owned())
    });
    Ok(named.filter(|(_, name)| !name.is_empty() && !name.starts_with(['.', '$'])).collect())
}

fn register(state: &VmState<F>, index: usize) -> u32 {
    // SAFETY: the register space holds 32 words, and both indices asked for lie below 32.
    let bytes = unsafe { state.memory.memory.get_u8_slice(REGISTER_SPACE, 4 * index, 4) };
    bytes.try_into().map_or(0, u32::from_le_bytes)
}
