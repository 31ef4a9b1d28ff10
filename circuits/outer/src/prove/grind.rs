//! Proofs of work.

use prividium_verifier::transcript::{leading_zeros, Transcript};
use rayon::prelude::*;

use crate::prove::keccak::{keccak_many, LANES};

/// Nonces tried between two looks at whether one was found.
const ROUND: u64 = 1 << 20;

/// Finds a nonce and takes it into the transcript.
pub(crate) fn grind(transcript: &mut Transcript, bits: u32) -> [u8; 8] {
    let state = *transcript.state();
    let find = |round: u64| {
        let blocks = ROUND / LANES as u64;
        (0..blocks)
            .into_par_iter()
            .find_map_any(|block| try_block(&state, round * ROUND + block * LANES as u64, bits))
    };
    let nonce = (0..).find_map(find).unwrap_or_default();
    let done = transcript.grind(nonce, bits);
    debug_assert!(done);
    nonce
}

fn try_block(state: &[u8; 32], first: u64, bits: u32) -> Option<[u8; 8]> {
    let mut messages = [0; 40 * LANES];
    for (lane, message) in messages.chunks_exact_mut(40).enumerate() {
        message[..32].copy_from_slice(state);
        message[32..].copy_from_slice(&(first + lane as u64).to_be_bytes());
    }
    let lane = keccak_many(&messages, 40).iter().position(|hash| leading_zeros(hash) >= bits)?;
    Some((first + lane as u64).to_be_bytes())
}
