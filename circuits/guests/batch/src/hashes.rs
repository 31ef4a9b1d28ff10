//! The hash instructions under the names that `alloy-primitives` and `prividium-state` call.

use core::{arch::asm, ptr};

const RATE_BYTES: usize = 136;
const RATE_WORDS: usize = RATE_BYTES / 4;
const STATE_WORDS: usize = 50;
const WORD_MASK: usize = 3;

/// The instructions want their operands on word boundaries.
#[repr(C, align(8))]
struct Words<const N: usize>([u32; N]);

/// Writes the Keccak-256 hash of `length` bytes at `input` to 32 bytes at `output`.
///
/// # Safety
/// `input` must be readable for `length` bytes and `output` writable for 32.
#[no_mangle]
unsafe extern "C" fn native_keccak256(input: *const u8, length: usize, output: *mut u8) {
    let mut state = Words([0_u32; STATE_WORDS]);
    let bytes = state.0.as_mut_ptr().cast::<u8>();
    let mut rest = length;
    let mut from = input;
    // The state is zero before the first block, so copying is absorbing.
    ptr::copy_nonoverlapping(from, bytes, rest.min(RATE_BYTES));
    while rest >= RATE_BYTES {
        permute(&mut state);
        rest -= RATE_BYTES;
        from = from.add(RATE_BYTES);
        absorb(&mut state, from, rest.min(RATE_BYTES));
    }
    let bytes = state.0.as_mut_ptr().cast::<u8>();
    *bytes.add(rest) ^= 0x01;
    *bytes.add(RATE_BYTES - 1) ^= 0x80;
    permute(&mut state);
    ptr::copy_nonoverlapping(state.0.as_ptr().cast::<u8>(), output, 32);
}

#[inline(always)]
fn permute(state: &mut Words<STATE_WORDS>) {
    // SAFETY: the instruction permutes 200 bytes in place.
    unsafe { asm!(".insn r 0x0b, 4, 0, {state}, x0, x0", state = in(reg) state.0.as_mut_ptr()) }
}

/// Adds a later block into the rate part of the state.
unsafe fn absorb(state: &mut Words<STATE_WORDS>, from: *const u8, length: usize) {
    let mut block = Words([0_u32; RATE_WORDS]);
    ptr::copy_nonoverlapping(from, block.0.as_mut_ptr().cast::<u8>(), length);
    for (word, added) in state.0.iter_mut().zip(&block.0) {
        *word ^= *added;
    }
}

/// One SHA-256 compression: 32 bytes of state and 64 of input to a new state of 32; states in native words.
///
/// # Safety
/// The pointers must be readable, and `output` writable, for these lengths.
#[no_mangle]
#[inline(always)]
unsafe extern "C" fn zkvm_sha256_impl(state: *const u8, input: *const u8, output: *mut u8) {
    if (state as usize | input as usize | output as usize) & WORD_MASK == 0 {
        return compress(state, input, output);
    }
    let (mut from, mut block, mut to) = (Words([0_u32; 8]), Words([0_u32; 16]), Words([0_u32; 8]));
    ptr::copy_nonoverlapping(state, from.0.as_mut_ptr().cast(), 32);
    ptr::copy_nonoverlapping(input, block.0.as_mut_ptr().cast(), 64);
    compress(from.0.as_ptr().cast(), block.0.as_ptr().cast(), to.0.as_mut_ptr().cast());
    ptr::copy_nonoverlapping(to.0.as_ptr().cast(), output, 32);
}

#[inline(always)]
unsafe fn compress(state: *const u8, input: *const u8, output: *mut u8) {
    asm!(".insn r 0x0b, 4, 2, {output}, {state}, {input}",
        output = in(reg) output, state = in(reg) state, input = in(reg) input);
}
