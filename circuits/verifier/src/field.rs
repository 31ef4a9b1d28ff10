//! BabyBear and its extension of degree four.

use std::ops::{Add, AddAssign, Mul, Neg, Sub};

/// Characteristic of the base field: 15·2²⁷ + 1.
pub const P: u32 = 0x7800_0001;
/// Two-adicity of the base field.
pub const TWO_ADICITY: usize = 27;
/// Generator of the multiplicative group; shifts the evaluation domain.
pub const SHIFT: Felt = Felt(31);
/// Generator of the subgroup of order 2²⁷.
const ROOT_27: Felt = Felt(440_564_289);
/// θ⁴ = 11.
const W: u64 = 11;

/// An element of BabyBear, in canonical form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Felt(u32);

impl Felt {
    /// Zero.
    pub const ZERO: Self = Self(0);
    /// One.
    pub const ONE: Self = Self(1);

    /// The element, unless the integer is not canonical.
    pub fn new(value: u32) -> Option<Self> {
        (value < P).then_some(Self(value))
    }

    /// The residue of an integer.
    pub fn reduce(value: u64) -> Self {
        Self((value % u64::from(P)) as u32)
    }

    /// The integer below `P`.
    pub fn value(self) -> u32 {
        self.0
    }

    /// From four big-endian bytes, which must be canonical.
    pub fn from_bytes(bytes: [u8; 4]) -> Option<Self> {
        Self::new(u32::from_be_bytes(bytes))
    }

    /// Four big-endian bytes.
    pub fn to_bytes(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }

    /// Power.
    pub fn pow(self, mut exponent: u64) -> Self {
        let (mut base, mut result) = (self, Self::ONE);
        while exponent > 0 {
            if exponent & 1 == 1 {
                result = result * base;
            }
            base = base * base;
            exponent >>= 1;
        }
        result
    }

    /// Inverse; zero for zero.
    pub fn inverse(self) -> Self {
        self.pow(u64::from(P) - 2)
    }

    /// Generator of the subgroup of order `2^log`, for `log` up to [`TWO_ADICITY`].
    pub fn root_of_unity(log: usize) -> Self {
        ROOT_27.pow(1 << TWO_ADICITY.saturating_sub(log))
    }
}

impl Add for Felt {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let sum = self.0 + other.0;
        Self(if sum >= P { sum - P } else { sum })
    }
}

impl Sub for Felt {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(if self.0 >= other.0 { self.0 - other.0 } else { self.0 + P - other.0 })
    }
}

impl Neg for Felt {
    type Output = Self;
    fn neg(self) -> Self {
        Self::ZERO - self
    }
}

impl Mul for Felt {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::reduce(u64::from(self.0) * u64::from(other.0))
    }
}

/// An element `c₀ + c₁θ + c₂θ² + c₃θ³` of the extension.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ext(pub [Felt; 4]);

impl Ext {
    /// Zero.
    pub const ZERO: Self = Self([Felt::ZERO; 4]);
    /// One.
    pub const ONE: Self = Self([Felt::ONE, Felt::ZERO, Felt::ZERO, Felt::ZERO]);

    /// Sixteen bytes, `c₀` first.
    pub fn to_bytes(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        for (chunk, coordinate) in bytes.chunks_exact_mut(4).zip(self.0) {
            chunk.copy_from_slice(&coordinate.to_bytes());
        }
        bytes
    }

    /// Whether it lies in the base field.
    pub fn is_base(self) -> bool {
        self.0[1..].iter().all(|c| *c == Felt::ZERO)
    }

    /// Product with a base field element.
    pub fn scale(self, factor: Felt) -> Self {
        Self(self.0.map(|c| c * factor))
    }

    /// Product with `θ`.
    pub fn times_theta(self) -> Self {
        let [c0, c1, c2, c3] = self.0;
        Self([c3 * Felt(W as u32), c0, c1, c2])
    }

    /// Power with exponent `2^log`.
    pub fn pow_two_to(self, log: usize) -> Self {
        (0..log).fold(self, |power, _| power * power)
    }

    /// Inverse; zero for zero. With Y = θ², the element is A + Bθ and its norm over F(Y) is A² − YB².
    pub fn inverse(self) -> Self {
        let [a0, b0, a1, b1] = self.0;
        let w = Felt(W as u32);
        let norm0 = a0 * a0 + w * (a1 * a1) - w * (b0 * b1 + b0 * b1);
        let norm1 = a0 * a1 + a0 * a1 - b0 * b0 - w * (b1 * b1);
        let scale = (norm0 * norm0 - w * (norm1 * norm1)).inverse();
        let (n0, n1) = (norm0 * scale, -norm1 * scale);
        let times = |c0: Felt, c1: Felt| (c0 * n0 + w * (c1 * n1), c0 * n1 + c1 * n0);
        let ((r0, r2), (r1, r3)) = (times(a0, a1), times(-b0, -b1));
        Self([r0, r1, r2, r3])
    }
}

impl From<Felt> for Ext {
    fn from(value: Felt) -> Self {
        Self([value, Felt::ZERO, Felt::ZERO, Felt::ZERO])
    }
}

impl Add for Ext {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] + other.0[i]))
    }
}

impl AddAssign for Ext {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for Ext {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(std::array::from_fn(|i| self.0[i] - other.0[i]))
    }
}

impl Mul for Ext {
    type Output = Self;
    /// Four products of canonical elements fit 64 bits, so each coordinate is reduced once or twice.
    fn mul(self, other: Self) -> Self {
        let a = self.0.map(|c| u64::from(c.0));
        let b = other.0.map(|c| u64::from(c.0));
        let p = u64::from(P);
        let high = |sum: u64| (sum % p) * W;
        Self([
            Felt::reduce(a[0] * b[0] + high(a[1] * b[3] + a[2] * b[2] + a[3] * b[1])),
            Felt::reduce(a[0] * b[1] + a[1] * b[0] + high(a[2] * b[3] + a[3] * b[2])),
            Felt::reduce(a[0] * b[2] + a[1] * b[1] + a[2] * b[0] + high(a[3] * b[3])),
            Felt::reduce(a[0] * b[3] + a[1] * b[2] + a[2] * b[1] + a[3] * b[0]),
        ])
    }
}

/// Value of a polynomial with the given coefficients at a base field element.
pub fn evaluate(coefficients: &[Ext], at: Felt) -> Ext {
    coefficients.iter().rev().fold(Ext::ZERO, |sum, c| sum.scale(at) + *c)
}
