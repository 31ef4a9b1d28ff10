//! `memcpy` and `memset`: a zkVM pays by the instruction, so words are moved, eight at a time.
//!
//! Accesses are volatile: the compiler would otherwise recognise the loops and call the function that they define.

use core::ptr::{read_volatile, write_volatile};

const WORD: usize = 4;
const WORD_MASK: usize = WORD - 1;
const BLOCK: usize = 8 * WORD;

/// Copies as C's `memcpy` does.
///
/// # Safety
/// `from` must be readable and `to` writable for `length` bytes, and they must not overlap.
#[no_mangle]
unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, length: usize) -> *mut u8 {
    let (mut target, mut source, mut rest) = (to, from, length);
    if rest >= WORD {
        while target as usize & WORD_MASK != 0 {
            write_volatile(target, read_volatile(source));
            (target, source, rest) = (target.add(1), source.add(1), rest - 1);
        }
        let done = if source as usize & WORD_MASK == 0 {
            copy_words(target, source, rest)
        } else {
            copy_shifted_words(target, source, rest)
        };
        (target, source, rest) = (target.add(done), source.add(done), rest - done);
    }
    while rest != 0 {
        write_volatile(target, read_volatile(source));
        (target, source, rest) = (target.add(1), source.add(1), rest - 1);
    }
    to
}

/// Copies whole words between word boundaries and returns the number of bytes copied.
#[inline(always)]
unsafe fn copy_words(target: *mut u8, source: *const u8, length: usize) -> usize {
    let (mut to, mut from) = (target.cast::<u32>(), source.cast::<u32>());
    let blocks_end = from.add(length / BLOCK * 8);
    while from != blocks_end {
        write_volatile(to, read_volatile(from));
        write_volatile(to.add(1), read_volatile(from.add(1)));
        write_volatile(to.add(2), read_volatile(from.add(2)));
        write_volatile(to.add(3), read_volatile(from.add(3)));
        write_volatile(to.add(4), read_volatile(from.add(4)));
        write_volatile(to.add(5), read_volatile(from.add(5)));
        write_volatile(to.add(6), read_volatile(from.add(6)));
        write_volatile(to.add(7), read_volatile(from.add(7)));
        (to, from) = (to.add(8), from.add(8));
    }
    let words_end = source.cast::<u32>().add(length / WORD);
    while from != words_end {
        write_volatile(to, read_volatile(from));
        (to, from) = (to.add(1), from.add(1));
    }
    length & !WORD_MASK
}

/// Copies whole words to a word boundary from beside one: each is put together from two aligned words, so that only words
/// with at least one byte of the source are read. Returns the number of bytes copied.
#[inline(always)]
unsafe fn copy_shifted_words(target: *mut u8, source: *const u8, length: usize) -> usize {
    let offset = source as usize & WORD_MASK;
    let (low, high) = (8 * offset as u32, 32 - 8 * offset as u32);
    let mut to = target.cast::<u32>();
    let end = to.add(length / WORD);
    let mut from = source.sub(offset).cast::<u32>();
    let mut before = read_volatile(from);
    while to != end {
        from = from.add(1);
        let after = read_volatile(from);
        write_volatile(to, before >> low | after << high);
        before = after;
        to = to.add(1);
    }
    length & !WORD_MASK
}

/// Fills as C's `memset` does.
///
/// # Safety
/// `to` must be writable for `length` bytes.
#[no_mangle]
unsafe extern "C" fn memset(to: *mut u8, value: i32, length: usize) -> *mut u8 {
    let byte = value as u8;
    let (mut target, mut rest) = (to, length);
    if rest >= WORD {
        while target as usize & WORD_MASK != 0 {
            write_volatile(target, byte);
            (target, rest) = (target.add(1), rest - 1);
        }
        let word = u32::from(byte) * 0x0101_0101;
        let mut at = target.cast::<u32>();
        let (blocks_end, words_end) = (at.add(rest / BLOCK * 8), at.add(rest / WORD));
        while at != blocks_end {
            write_volatile(at, word);
            write_volatile(at.add(1), word);
            write_volatile(at.add(2), word);
            write_volatile(at.add(3), word);
            write_volatile(at.add(4), word);
            write_volatile(at.add(5), word);
            write_volatile(at.add(6), word);
            write_volatile(at.add(7), word);
            at = at.add(8);
        }
        while at != words_end {
            write_volatile(at, word);
            at = at.add(1);
        }
        (target, rest) = (at.cast::<u8>(), rest & WORD_MASK);
    }
    while rest != 0 {
        write_volatile(target, byte);
        (target, rest) = (target.add(1), rest - 1);
    }
    to
}
