//! The seam between the state transition and the machine it runs on.
//!
//! Natively signatures are recovered with `k256`. In the zkVM the guest supplies recovery through the VM's curve
//! instructions; Keccak-256 and SHA-256 reach it through `alloy-primitives` and `prividium-state`.

use revm::primitives::{Address, B256, U256};

/// Half the order of secp256k1: larger `s` are refused in transactions and authorizations (EIP-2).
const HALF_ORDER: U256 = U256::from_limbs([
    0xdfe9_2f46_681b_20a0,
    0x5d57_6e73_57a4_501d,
    0xffff_ffff_ffff_ffff,
    0x7fff_ffff_ffff_ffff,
]);

/// Signer of `hash` for a signature with low `s`; `None` if there is none.
#[must_use]
pub fn recover_signer(hash: &B256, r: &U256, s: &U256, y_odd: bool) -> Option<Address> {
    if *s > HALF_ORDER {
        return None;
    }
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r.to_be_bytes::<32>());
    signature[32..].copy_from_slice(&s.to_be_bytes::<32>());
    recover(&hash.0, &signature, u8::from(y_odd))
}

#[cfg(not(target_os = "zkvm"))]
fn recover(hash: &[u8; 32], signature: &[u8; 64], parity: u8) -> Option<Address> {
    use k256::ecdsa::{RecoveryId, Signature, VerifyingKey};
    let signature = Signature::from_slice(signature).ok()?;
    let key = VerifyingKey::recover_from_prehash(hash, &signature, RecoveryId::from_byte(parity)?).ok()?;
    Some(Address::from_raw_public_key(&key.to_encoded_point(false).as_bytes()[1..]))
}

#[cfg(target_os = "zkvm")]
fn recover(hash: &[u8; 32], signature: &[u8; 64], parity: u8) -> Option<Address> {
    extern "Rust" {
        /// Defined by the guest. Both `r` and `s` must be in `1..n`; a high `s` is accepted, as ECRECOVER accepts it.
        fn prividium_recover(
            hash: &[u8; 32],
            signature: &[u8; 64],
            parity: u8,
            address: &mut [u8; 20],
        ) -> bool;
    }
    let mut address = Address::ZERO;
    // SAFETY: the guest defines the function with this signature and writes the address only.
    unsafe { prividium_recover(hash, signature, parity, &mut address.0 .0) }.then_some(address)
}

/// Lets the EVM's SHA-256 and ECRECOVER precompiles use the VM's instructions. Nothing to do natively.
#[cfg(not(target_os = "zkvm"))]
pub(crate) const fn install() {}

/// Lets the EVM's SHA-256 and ECRECOVER precompiles use the VM's instructions.
#[cfg(target_os = "zkvm")]
pub(crate) fn install() {
    revm::precompile::install_crypto(vm::Accelerated);
}

#[cfg(target_os = "zkvm")]
mod vm {
    use revm::precompile::{Crypto, PrecompileHalt};

    #[derive(Debug)]
    pub(super) struct Accelerated;

    impl Crypto for Accelerated {
        fn sha256(&self, input: &[u8]) -> [u8; 32] {
            prividium_state::sha256(input)
        }

        fn secp256k1_ecrecover(
            &self,
            sig: &[u8; 64],
            recid: u8,
            msg: &[u8; 32],
        ) -> Result<[u8; 32], PrecompileHalt> {
            let address = super::recover(msg, sig, recid).ok_or(PrecompileHalt::Secp256k1RecoverFailed)?;
            Ok(address.into_word().0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_high_s_is_refused() {
        let hash = B256::repeat_byte(1);
        assert!(recover_signer(&hash, &U256::from(1), &HALF_ORDER, false).is_some());
        assert!(recover_signer(&hash, &U256::from(1), &(HALF_ORDER + U256::from(1)), false).is_none());
        assert!(recover_signer(&hash, &U256::ZERO, &U256::from(1), false).is_none());
        assert!(recover_signer(&hash, &U256::from(1), &U256::ZERO, false).is_none());
        assert!(recover_signer(&hash, &U256::MAX, &U256::from(1), false).is_none());
    }
}
