//! What an operating system would provide: entry, exit, input and output.

use core::{
    alloc::Layout,
    arch::{asm, global_asm},
    panic::PanicInfo,
    slice,
};

const PANICKED: u8 = 1;
/// Longest read of one hint instruction, in words.
const HINT_WORDS_MAX: usize = 1023;

// The stack grows down from 0x200400, below the program.
global_asm!(
    r#"
.section .text._start;
.globl _start;
_start:
    .option push;
    .option norelax;
    la gp, __global_pointer$;
    .option pop;
    li sp, 0x00200400;
    call prividium_start;
"#
);

#[no_mangle]
extern "C" fn prividium_start() -> ! {
    crate::main();
    terminate::<0>()
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    terminate::<PANICKED>()
}

/// Ends the execution. Only exit code 0 can be proven.
pub(crate) fn terminate<const EXIT_CODE: u8>() -> ! {
    // SAFETY: the instruction does not return.
    unsafe { asm!(".insn i 0x0b, 0, x0, x0, {code}", code = const EXIT_CODE, options(noreturn)) }
}

/// Reads the only item of the input stream; it begins on a word boundary and is never freed.
pub(crate) fn read_input() -> &'static [u8] {
    let mut length = 0_u32;
    // SAFETY: the first instruction makes the item the hint, which begins with its length in bytes; the second stores
    // one word of it.
    unsafe {
        asm!(".insn i 0x0b, 3, x0, x0, 0");
        asm!(".insn i 0x0b, 1, {to}, x0, 0", to = in(reg) &raw mut length);
    }
    let length = length as usize;
    let words = length.div_ceil(4);
    let Ok(layout) = Layout::array::<u32>(words.max(1)) else { terminate::<PANICKED>() };
    // SAFETY: the layout is not empty; the allocation holds `words` words, all of which are stored below.
    unsafe {
        let start = alloc::alloc::alloc(layout);
        let mut done = 0;
        while done < words {
            let count = (words - done).min(HINT_WORDS_MAX);
            let to = start.add(4 * done);
            asm!(".insn i 0x0b, 1, {to}, {count}, 1", to = in(reg) to, count = in(reg) count);
            done += count;
        }
        slice::from_raw_parts(start, length)
    }
}

/// Makes 32 bytes the public value.
pub(crate) fn reveal(bytes: &[u8; 32]) {
    for (index, chunk) in bytes.chunks_exact(4).enumerate() {
        let value = u32::from_le_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        // SAFETY: stores a word in the address space of public values, which has 32 bytes.
        unsafe {
            asm!(".insn i 0x0b, 2, {at}, {value}, 0", at = in(reg) 4 * index, value = in(reg) value);
        }
    }
}
