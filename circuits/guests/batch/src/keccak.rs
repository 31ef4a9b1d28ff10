//! Keccak-256 on the VM's permutation instruction: what `alloy-primitives` calls when its `native-keccak` feature is on.

use openvm_keccak256_guest::{native_keccakf, KECCAK_RATE, KECCAK_WIDTH_BYTES};

const WORD_BYTES: usize = 4;
const RATE_WORDS: usize = KECCAK_RATE / WORD_BYTES;

/// The instruction wants its operand on a word boundary.
#[repr(C, align(4))]
struct State([u32; KECCAK_WIDTH_BYTES / WORD_BYTES]);

/// Writes the Keccak-256 hash of `length` bytes at `input` to 32 bytes at `output`.
///
/// # Safety
/// `input` must be readable for `length` bytes and `output` writable for 32.
#[no_mangle]
unsafe extern "C" fn native_keccak256(input: *const u8, length: usize, output: *mut u8) {
    let mut state = State([0; KECCAK_WIDTH_BYTES / WORD_BYTES]);
    let bytes = state.0.as_mut_ptr().cast::<u8>();
    let mut rest = length;
    let mut from = input;
    // The state is zero before the first block, so copying is absorbing.
    let first = rest.min(KECCAK_RATE);
    core::ptr::copy_nonoverlapping(from, bytes, first);
    while rest >= KECCAK_RATE {
        native_keccakf(bytes);
        rest -= KECCAK_RATE;
        from = from.add(KECCAK_RATE);
        absorb(&mut state, from, rest.min(KECCAK_RATE));
    }
    let bytes = state.0.as_mut_ptr().cast::<u8>();
    *bytes.add(rest) ^= 0x01;
    *bytes.add(KECCAK_RATE - 1) ^= 0x80;
    native_keccakf(bytes);
    core::ptr::copy_nonoverlapping(bytes, output, 32);
}

/// Adds a later block into the rate part of the state.
unsafe fn absorb(state: &mut State, from: *const u8, length: usize) {
    let mut block = State([0; KECCAK_WIDTH_BYTES / WORD_BYTES]);
    core::ptr::copy_nonoverlapping(from, block.0.as_mut_ptr().cast::<u8>(), length);
    for (word, added) in state.0[..RATE_WORDS].iter_mut().zip(&block.0) {
        *word ^= *added;
    }
}
