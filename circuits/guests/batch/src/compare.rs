//! `memcmp` and `bcmp`: most comparisons are of hashes and addresses, so words are compared where the alignment allows.
//! The library's version compares bytes.

const WORD_BYTES: usize = 4;
const WORD_MASK: usize = WORD_BYTES - 1;

/// Compares as C's `memcmp` does.
///
/// # Safety
/// Both pointers must be readable for `length` bytes.
#[no_mangle]
unsafe extern "C" fn memcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    let mut at = 0;
    if (left as usize | right as usize) & WORD_MASK == 0 {
        while at + WORD_BYTES <= length {
            let (a, b) = (left.add(at).cast::<u32>().read(), right.add(at).cast::<u32>().read());
            if a != b {
                // The first byte in memory decides, which is the least significant one of a word.
                return if a.swap_bytes() < b.swap_bytes() { -1 } else { 1 };
            }
            at += WORD_BYTES;
        }
    }
    while at < length {
        let (a, b) = (*left.add(at), *right.add(at));
        if a != b {
            return i32::from(a) - i32::from(b);
        }
        at += 1;
    }
    0
}

/// Zero if and only if the bytes are equal.
///
/// # Safety
/// Both pointers must be readable for `length` bytes.
#[no_mangle]
unsafe extern "C" fn bcmp(left: *const u8, right: *const u8, length: usize) -> i32 {
    memcmp(left, right, length)
}
