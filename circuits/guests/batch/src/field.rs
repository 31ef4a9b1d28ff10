//! Arithmetic modulo p and n in the VM's instructions.
//!
//! A modulus is known to the VM by its place in the configuration (`circuits/prover/src/vm.rs`). Results are below the
//! modulus on an honest host only; `eq` makes the proof fail if an operand is not.

use core::{arch::asm, mem::MaybeUninit};

/// Place of p, the order of the coordinate field.
const P: usize = 0;
/// Place of n, the order of the group.
const N: usize = 1;

/// An integer modulo the modulus at place `M`: eight words, least significant first.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Residue<const M: usize>(pub(crate) [u32; 8]);

/// An element of the coordinate field.
pub(crate) type Coordinate = Residue<P>;
/// An exponent.
pub(crate) type Scalar = Residue<N>;

const MODULI: [[u32; 8]; 2] = [
    [0xffff_fc2f, 0xffff_fffe, !0, !0, !0, !0, !0, !0],
    [0xd036_4141, 0xbfd2_5e8c, 0xaf48_a03b, 0xbaae_dce6, 0xffff_fffe, !0, !0, !0],
];

/// Declares both moduli to the VM, which it wants once before their first use.
pub(crate) fn set_up() {
    Coordinate::set_up();
    Scalar::set_up();
}

macro_rules! operation {
    ($(#[$doc:meta])* $name:ident, $kind:literal) => {
        $(#[$doc])*
        #[inline(always)]
        pub(crate) fn $name(&self, other: &Self) -> Self {
            let mut result = MaybeUninit::<Self>::uninit();
            // SAFETY: the instruction reads two operands and writes a whole result.
            unsafe {
                asm!(".insn r 0x2b, 0, {kind}, {to}, {a}, {b}", kind = const $kind + 8 * M,
                    to = in(reg) result.as_mut_ptr(), a = in(reg) self, b = in(reg) other);
                result.assume_init()
            }
        }
    };
}

impl<const M: usize> Residue<M> {
    /// 0.
    pub(crate) const ZERO: Self = Self([0; 8]);

    operation!(
        /// Sum.
        add, 0
    );
    operation!(
        /// Difference.
        sub, 1
    );
    operation!(
        /// Product.
        mul, 2
    );
    operation!(
        /// Quotient; `other` must not be zero.
        div, 3
    );

    /// The 2^`times`-th power.
    #[inline(always)]
    pub(crate) fn square(mut self, times: usize) -> Self {
        for _ in 0..times {
            // SAFETY: the instruction reads both operands before it writes the result.
            unsafe {
                asm!(".insn r 0x2b, 0, {kind}, {to}, {to}, {to}", kind = const 2 + 8 * M, to = in(reg) &mut self);
            }
        }
        self
    }

    /// Equality. The proof fails unless both operands are below the modulus.
    #[inline(always)]
    pub(crate) fn eq(&self, other: &Self) -> bool {
        let result: u32;
        // SAFETY: the instruction reads two operands.
        unsafe {
            asm!(".insn r 0x2b, 0, {kind}, {result}, {a}, {b}", kind = const 4 + 8 * M,
                result = out(reg) result, a = in(reg) self, b = in(reg) other);
        }
        result != 0
    }

    /// Makes the proof fail unless the representation is below the modulus.
    #[inline(always)]
    pub(crate) fn assert_reduced(&self) {
        core::hint::black_box(self.eq(self));
    }

    /// The residue of 32 big-endian bytes, reduced or not.
    #[inline(always)]
    pub(crate) fn from_bytes_unreduced(bytes: &[u8; 32]) -> Self {
        let mut words = [0; 8];
        for (word, chunk) in words.iter_mut().rev().zip(bytes.chunks_exact(4)) {
            *word = u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]);
        }
        Self(words)
    }

    /// The residue of 32 big-endian bytes; `None` if they are not below the modulus.
    pub(crate) fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        let value = Self::from_bytes_unreduced(bytes);
        for (word, limit) in value.0.iter().zip(&MODULI[M]).rev() {
            if word != limit {
                return (word < limit).then_some(value);
            }
        }
        None
    }

    /// Big-endian bytes.
    #[inline(always)]
    pub(crate) fn write_bytes(&self, bytes: &mut [u8; 32]) {
        for (word, chunk) in self.0.iter().rev().zip(bytes.chunks_exact_mut(4)) {
            chunk.copy_from_slice(&word.to_be_bytes());
        }
    }

    fn set_up() {
        let modulus = Self(MODULI[M]);
        let mut result = Self::ZERO;
        // SAFETY: the instructions read one operand and write a result; the register of the second operand selects the
        // chip: 0 addition and subtraction, 1 multiplication and division, 2 equality (which writes a register).
        unsafe {
            let to = &raw mut result;
            asm!(".insn r 0x2b, 0, {kind}, {to}, {modulus}, x0", kind = const 5 + 8 * M,
                to = in(reg) to, modulus = in(reg) &modulus);
            asm!(".insn r 0x2b, 0, {kind}, {to}, {modulus}, x1", kind = const 5 + 8 * M,
                to = in(reg) to, modulus = in(reg) &modulus);
            asm!(".insn r 0x2b, 0, {kind}, {to}, {modulus}, x2", kind = const 5 + 8 * M,
                to = inout(reg) to => _, modulus = in(reg) &modulus);
        }
    }
}

impl Coordinate {
    /// A square root, if `self` is a square: p = 3 (mod 4), so it is the power (p + 1) / 4.
    ///
    /// The exponent has runs of 223, 22, 2 ones; the chain builds powers with 1, 2, 3, 6, 9, 11, 22, 44, 88, 176, 220
    /// and 223 ones first.
    pub(crate) fn square_root(&self) -> Option<Self> {
        let ones_1 = *self;
        let ones_2 = ones_1.square(1).mul(&ones_1);
        let ones_3 = ones_2.square(1).mul(&ones_1);
        let ones_6 = ones_3.square(3).mul(&ones_3);
        let ones_9 = ones_6.square(3).mul(&ones_3);
        let ones_11 = ones_9.square(2).mul(&ones_2);
        let ones_22 = ones_11.square(11).mul(&ones_11);
        let ones_44 = ones_22.square(22).mul(&ones_22);
        let ones_88 = ones_44.square(44).mul(&ones_44);
        let ones_176 = ones_88.square(88).mul(&ones_88);
        let ones_220 = ones_176.square(44).mul(&ones_44);
        let ones_223 = ones_220.square(3).mul(&ones_3);
        let root = ones_223.square(23).mul(&ones_22).square(6).mul(&ones_2).square(2);
        root.mul(&root).eq(self).then_some(root)
    }
}
