//! The public value of a batch (commitments.md §5).

use revm::primitives::{keccak256, B256};

/// Fields of the batch output. Those after `policy_root` are zero until the features that fill them exist.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BatchOutput {
    /// Chain id.
    pub chain_id: u64,
    /// Number of the batch; genesis is 0.
    pub batch_number: u64,
    /// Root of the state tree before.
    pub prev_state: B256,
    /// Root of the state tree after.
    pub new_state: B256,
    /// Root of the policy.
    pub policy_root: B256,
    /// Messages consumed from L1.
    pub l1_inbox_hash: B256,
    /// Messages sent.
    pub message_root: B256,
    /// Roots imported from other chains.
    pub imported_roots_hash: B256,
    /// Log of disclosures.
    pub disclosure_log_root: B256,
    /// Data availability.
    pub da_commitment: B256,
}

impl BatchOutput {
    /// `keccak256(abi.encode(…))`: what the proof publishes.
    #[must_use]
    pub fn digest(&self) -> B256 {
        let mut encoded = [0; 320];
        encoded[24..32].copy_from_slice(&self.chain_id.to_be_bytes());
        encoded[56..64].copy_from_slice(&self.batch_number.to_be_bytes());
        let words = [
            self.prev_state,
            self.new_state,
            self.policy_root,
            self.l1_inbox_hash,
            self.message_root,
            self.imported_roots_hash,
            self.disclosure_log_root,
            self.da_commitment,
        ];
        for (target, word) in encoded[64..].chunks_exact_mut(32).zip(words) {
            target.copy_from_slice(word.as_slice());
        }
        keccak256(encoded)
    }
}
