//! The group of secp256k1 in the VM's curve instructions.

use core::{arch::asm, mem::MaybeUninit};

use crate::{
    field::{Coordinate, Residue, Scalar},
    generator::MULTIPLES,
};

/// A point other than the identity.
#[derive(Clone, Copy)]
#[repr(C, align(8))]
pub(crate) struct Point {
    pub(crate) x: Coordinate,
    pub(crate) y: Coordinate,
}

/// Multiples 1 to 15 of a point.
pub(crate) type Multiples = [Point; 15];

const WINDOWS_PER_WORD: usize = 8;

/// A sum under way; `None` is the identity.
struct Sum {
    point: Point,
    is_identity: bool,
}

/// Declares the curve to the VM, which it wants once before its first use.
pub(crate) fn set_up() {
    let p: Coordinate = Residue([0xffff_fc2f, 0xffff_fffe, !0, !0, !0, !0, !0, !0]);
    let one: Coordinate = Residue([1, 0, 0, 0, 0, 0, 0, 0]);
    // The first operand is (p, a); the second, for addition only, any point with another abscissa.
    let (modulus, other) = (Point { x: p, y: Coordinate::ZERO }, Point { x: one, y: one });
    let mut result = other;
    // SAFETY: the instructions read their operands and write a point; a second operand of x0 selects doubling.
    unsafe {
        let to = &raw mut result;
        asm!(".insn r 0x2b, 1, 2, {to}, {modulus}, {other}",
            to = in(reg) to, modulus = in(reg) &modulus, other = in(reg) &other);
        asm!(".insn r 0x2b, 1, 2, {to}, {modulus}, x0", to = in(reg) to, modulus = in(reg) &modulus);
    }
}

impl Point {
    /// Adds a point with another abscissa. With equal abscissas the result could be chosen by the prover.
    #[inline(always)]
    fn add_distinct(&mut self, other: &Self) {
        // SAFETY: the instruction reads both points before it writes the result.
        unsafe {
            asm!(".insn r 0x2b, 1, 0, {to}, {to}, {other}", to = in(reg) &mut *self, other = in(reg) other)
        }
    }

    /// Doubles. The group has odd order, so no point is its own negative.
    #[inline(always)]
    fn double(&mut self) {
        // SAFETY: the instruction reads the point before it writes the result.
        unsafe { asm!(".insn r 0x2b, 1, 1, {to}, {to}, x0", to = in(reg) &mut *self) }
    }

    /// Writes the sum of `left` and `right`, whose abscissas differ, to `to`.
    #[inline(always)]
    fn write_sum(to: &mut MaybeUninit<Self>, left: &Self, right: &Self) {
        // SAFETY: the instruction reads two points and writes one.
        unsafe {
            asm!(".insn r 0x2b, 1, 0, {to}, {left}, {right}",
                to = in(reg) to.as_mut_ptr(), left = in(reg) left, right = in(reg) right)
        }
    }

    /// Writes multiples 1 to 15 to `to`. The group's order is a large prime, so all of them are distinct, and so are their
    /// abscissas.
    #[inline(always)]
    fn write_multiples<'m>(&self, to: &'m mut [MaybeUninit<Self>; 15]) -> &'m Multiples {
        let mut second = *self;
        second.double();
        to[0].write(*self);
        to[1].write(second);
        for i in 2..15 {
            let (done, rest) = to.split_at_mut(i);
            // SAFETY: the elements before i are written.
            Self::write_sum(&mut rest[0], unsafe { done[i - 1].assume_init_ref() }, self);
        }
        // SAFETY: all elements are written, and `MaybeUninit` has the layout of its content.
        unsafe { &*to.as_ptr().cast::<Multiples>() }
    }
}

impl Sum {
    fn add(&mut self, other: &Point) {
        if self.is_identity {
            *self = Self { point: *other, is_identity: false };
        } else if !self.point.x.eq(&other.x) {
            self.point.add_distinct(other);
        } else if self.point.y.eq(&other.y) {
            self.point.double();
        } else {
            self.is_identity = true;
        }
    }
}

/// g G + q Q for the generator G, or `None` for the identity. Four bits of both scalars at a time.
pub(crate) fn combine(g: &Scalar, q: &Scalar, point: &Point) -> Option<Point> {
    let mut space = [const { MaybeUninit::<Point>::uninit() }; 15];
    let multiples = point.write_multiples(&mut space);
    let mut sum = Sum { point: *point, is_identity: true };
    for word in (0..8).rev() {
        let (mut g_bits, mut q_bits) = (g.0[word], q.0[word]);
        for _ in 0..WINDOWS_PER_WORD {
            if !sum.is_identity {
                sum.point.double();
                sum.point.double();
                sum.point.double();
                sum.point.double();
            }
            let (g_window, q_window) = (g_bits >> 28, q_bits >> 28);
            if g_window != 0 {
                sum.add(&MULTIPLES[g_window as usize - 1]);
            }
            if q_window != 0 {
                sum.add(&multiples[q_window as usize - 1]);
            }
            (g_bits, q_bits) = (g_bits << 4, q_bits << 4);
        }
    }
    (!sum.is_identity).then_some(sum.point)
}
