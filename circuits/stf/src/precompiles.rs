//! The precompiled contracts of [`crate::executor::SPEC`], as one static table.
//!
//! revm's own table is a map that every fork fills again, which took 80,000 instructions of each proven batch.

use alloc::string::{String, ToString};

use revm::context::{ContextTr, JournalTr, LocalContextTr};
use revm::handler::{precompile_output_to_interpreter_result, PrecompileProvider};
use revm::interpreter::{CallInputs, InterpreterResult};
use revm::precompile::{
    blake2, bls12_381, bn254, hash, identity, kzg_point_evaluation, modexp, secp256k1, secp256r1, Precompile,
};
use revm::primitives::hardfork::SpecId;
use revm::primitives::{short_address, Address, AddressSet};

/// Contracts 0x01 to 0x11, each at its address less one.
static NUMBERED: [Precompile; 17] = [
    secp256k1::ECRECOVER,
    hash::SHA256,
    hash::RIPEMD160,
    identity::FUN,
    modexp::OSAKA,
    bn254::add::ISTANBUL,
    bn254::mul::ISTANBUL,
    bn254::pair::ISTANBUL,
    blake2::FUN,
    kzg_point_evaluation::POINT_EVALUATION,
    bls12_381::g1_add::PRECOMPILE,
    bls12_381::g1_msm::PRECOMPILE,
    bls12_381::g2_add::PRECOMPILE,
    bls12_381::g2_msm::PRECOMPILE,
    bls12_381::pairing::PRECOMPILE,
    bls12_381::map_fp_to_g1::PRECOMPILE,
    bls12_381::map_fp2_to_g2::PRECOMPILE,
];

/// P256VERIFY (EIP-7951), at 0x100.
static P256VERIFY: Precompile = secp256r1::P256VERIFY_OSAKA;
const P256VERIFY_AT: usize = 0x100;

fn find(address: &Address) -> Option<&'static Precompile> {
    match short_address(address)? {
        P256VERIFY_AT => Some(&P256VERIFY),
        number => NUMBERED.get(number.checked_sub(1)?),
    }
}

/// Looks contracts up in the static table.
#[derive(Debug)]
pub(crate) struct OsakaPrecompiles {
    addresses: AddressSet,
}

impl OsakaPrecompiles {
    pub(crate) fn new() -> Self {
        let all = NUMBERED.iter().chain(core::iter::once(&P256VERIFY));
        Self { addresses: all.map(|precompile| *precompile.address()).collect() }
    }

    pub(crate) fn contains(&self, address: &Address) -> bool {
        find(address).is_some()
    }
}

impl<CTX: ContextTr> PrecompileProvider<CTX> for OsakaPrecompiles {
    type Output = InterpreterResult;

    /// The rules never change: addresses are injected once, when the journal has none.
    fn set_spec(&mut self, spec: <CTX::Cfg as revm::context::Cfg>::Spec) -> bool {
        debug_assert_eq!(spec.into(), SpecId::OSAKA);
        false
    }

    fn run(&mut self, context: &mut CTX, inputs: &CallInputs) -> Result<Option<InterpreterResult>, String> {
        let Some(precompile) = find(&inputs.bytecode_address) else {
            return Ok(None);
        };
        let output = precompile
            .execute(&inputs.input.as_bytes(context), inputs.gas_limit, inputs.reservoir)
            .map_err(|error| error.to_string())?;
        if let Some(reason) = output.halt_reason() {
            if !reason.is_oog() && context.journal().depth() == 1 {
                context.local_mut().set_precompile_error_context(reason.to_string());
            }
        }
        Ok(Some(precompile_output_to_interpreter_result(output, inputs.gas_limit)))
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.addresses
    }

    fn contains(&self, address: &Address) -> bool {
        Self::contains(self, address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use revm::precompile::Precompiles;

    #[test]
    fn the_table_is_the_one_of_revm() {
        let reference = Precompiles::osaka();
        let ours = OsakaPrecompiles::new();
        assert_eq!(&ours.addresses, reference.addresses_set());
        for number in 0..=0x200_u64 {
            let address = revm::precompile::u64_to_address(number);
            let (found, expected) = (find(&address), reference.get(&address));
            assert_eq!(found.map(Precompile::id), expected.map(Precompile::id), "contract {number:#x}");
            for (ours, theirs) in found.into_iter().zip(expected) {
                assert_eq!(ours.address(), &address);
                for input in [&[][..], &[0; 213], &[1; 192]] {
                    let outputs = [ours, theirs]
                        .map(|one| one.execute(input, 1_000_000, 0).map(|out| (out.gas_used, out.bytes)));
                    assert_eq!(outputs[0], outputs[1], "contract {number:#x}");
                }
            }
        }
    }
}
