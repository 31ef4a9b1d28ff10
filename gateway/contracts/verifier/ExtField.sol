// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Characteristic of BabyBear, 15·2²⁷ + 1.
uint256 constant P = 0x78000001;

/// @dev Generator of the subgroup of order 2²⁷.
uint256 constant ROOT_27 = 440564289;

/// @dev 2²⁵⁶ − 11. Modulo this number Y² = 11 for Y = 2¹²⁸, so that one MULMOD multiplies in F[Y]/(Y² − 11).
uint256 constant Q = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff5;

/// @dev Lanes 0 and 2: the part of an element that is even in θ, with Y = θ².
uint256 constant EVEN = 0x0000000000000000ffffffffffffffff0000000000000000ffffffffffffffff;

uint256 constant LOW_128 = 0xffffffffffffffffffffffffffffffff;

/// @dev P in each lane.
uint256 constant P_LANES = 0x0000000078000001000000007800000100000000780000010000000078000001;

/// @notice An element c₀ + c₁θ + c₂θ² + c₃θ³ of F[θ]/(θ⁴ − 11), coordinate cᵢ in the 64 bits from bit 64·i.
/// @dev Results of the functions here are canonical, each lane below P. Their operands may be any lanes below 2⁶¹: the
/// 128-bit lanes of a product then stay below 34·2¹²² and cannot run into each other; of a sum of two products, if their
/// operands are below 2⁶⁰.
type Ext is uint256;

using {add as +, sub as -, mul as *, equal as ==, scale, inverse, lane} for Ext global;

function add(Ext a, Ext b) pure returns (Ext) {
    return reduce(Ext.unwrap(a) + Ext.unwrap(b));
}

/// @dev `b` must be canonical.
function sub(Ext a, Ext b) pure returns (Ext) {
    return reduce(Ext.unwrap(a) + P_LANES - Ext.unwrap(b));
}

function mul(Ext a, Ext b) pure returns (Ext c) {
    assembly ("memory-safe") {
        let ae := and(a, EVEN)
        let ao := and(shr(64, a), EVEN)
        let be := and(b, EVEN)
        let bo := and(shr(64, b), EVEN)
        let e := add(mulmod(ae, be, Q), mulmod(mulmod(ao, bo, Q), shl(128, 1), Q))
        let o := add(mulmod(ae, bo, Q), mulmod(ao, be, Q))
        c := or(mod(and(e, LOW_128), P), shl(128, mod(shr(128, e), P)))
        c := or(c, shl(64, or(mod(and(o, LOW_128), P), shl(128, mod(shr(128, o), P)))))
    }
}

/// @return numerator of a/b + c/d
/// @return denominator
function addFraction(Ext a, Ext b, Ext c, Ext d) pure returns (Ext numerator, Ext denominator) {
    assembly ("memory-safe") {
        let aOdd := and(shr(64, a), EVEN)
        a := and(a, EVEN)
        let bOdd := and(shr(64, b), EVEN)
        b := and(b, EVEN)
        let cOdd := and(shr(64, c), EVEN)
        c := and(c, EVEN)
        let dOdd := and(shr(64, d), EVEN)
        d := and(d, EVEN)
        let dOddY := mulmod(dOdd, shl(128, 1), Q)
        let bOddY := mulmod(bOdd, shl(128, 1), Q)
        let e := add(add(mulmod(a, d, Q), mulmod(aOdd, dOddY, Q)), add(mulmod(c, b, Q), mulmod(cOdd, bOddY, Q)))
        let o := add(add(mulmod(a, dOdd, Q), mulmod(aOdd, d, Q)), add(mulmod(c, bOdd, Q), mulmod(cOdd, b, Q)))
        numerator := or(mod(and(e, LOW_128), P), shl(128, mod(shr(128, e), P)))
        numerator := or(numerator, shl(64, or(mod(and(o, LOW_128), P), shl(128, mod(shr(128, o), P)))))
        e := add(mulmod(b, d, Q), mulmod(bOdd, dOddY, Q))
        o := add(mulmod(b, dOdd, Q), mulmod(bOdd, d, Q))
        denominator := or(mod(and(e, LOW_128), P), shl(128, mod(shr(128, e), P)))
        denominator := or(denominator, shl(64, or(mod(and(o, LOW_128), P), shl(128, mod(shr(128, o), P)))))
    }
}

/// @dev `s` below 2⁶².
function scale(Ext a, uint256 s) pure returns (Ext c) {
    assembly ("memory-safe") {
        let e := mul(and(a, EVEN), s)
        let o := mul(and(shr(64, a), EVEN), s)
        c := or(mod(and(e, LOW_128), P), shl(128, mod(shr(128, e), P)))
        c := or(c, shl(64, or(mod(and(o, LOW_128), P), shl(128, mod(shr(128, o), P)))))
    }
}

/// @dev Each lane modulo P.
function reduce(uint256 lanes) pure returns (Ext c) {
    assembly ("memory-safe") {
        c := or(mod(and(lanes, 0xffffffffffffffff), P), shl(192, mod(shr(192, lanes), P)))
        c := or(c, shl(64, mod(and(shr(64, lanes), 0xffffffffffffffff), P)))
        c := or(c, shl(128, mod(and(shr(128, lanes), 0xffffffffffffffff), P)))
    }
}

function equal(Ext a, Ext b) pure returns (bool) {
    return Ext.unwrap(a) == Ext.unwrap(b);
}

function lane(Ext a, uint256 i) pure returns (uint256) {
    return (Ext.unwrap(a) >> (64 * i)) & 0xffffffffffffffff;
}

/// @dev With a = A + Bθ and A, B in F[Y]: the product of a with A − Bθ is N = A² − YB², and that of N with its conjugate
/// lies in F. Zero for zero. `a` must be canonical.
function inverse(Ext a) view returns (Ext) {
    unchecked {
        (uint256 c0, uint256 c1, uint256 c2, uint256 c3) = (lane(a, 0), lane(a, 1), lane(a, 2), lane(a, 3));
        uint256 n0 = (c0 * c0 + 11 * c2 * c2 + 22 * (P - c1) * c3) % P;
        uint256 n1 = (2 * c0 * c2 + (P - c1) * c1 + 11 * (P - c3) * c3) % P;
        uint256 normInverse = baseInverse((n0 * n0 + 11 * (P - n1) * n1) % P);
        Ext conjugate = Ext.wrap(c0 | ((P - c1) << 64) | (c2 << 128) | ((P - c3) << 192));
        return conjugate * Ext.wrap((n0 * normInverse % P) | (((P - n1) * normInverse % P) << 128));
    }
}

/// @dev By Fermat, with the precompiled contract for powers (EIP-198). Zero for zero.
function baseInverse(uint256 a) view returns (uint256 result) {
    assembly ("memory-safe") {
        let free := mload(0x40)
        mstore(free, 32)
        mstore(add(free, 32), 32)
        mstore(add(free, 64), 32)
        mstore(add(free, 96), a)
        mstore(add(free, 128), sub(P, 2))
        mstore(add(free, 160), P)
        if iszero(staticcall(gas(), 5, free, 192, free, 32)) { revert(0, 0) }
        result := mload(free)
    }
}

function basePower(uint256 a, uint256 exponent) pure returns (uint256 result) {
    assembly ("memory-safe") {
        result := 1
        for {} exponent { exponent := shr(1, exponent) } {
            if and(exponent, 1) { result := mulmod(result, a, P) }
            a := mulmod(a, a, P)
        }
    }
}

/// @dev Generator of the subgroup of order 2^`log`.
function rootOfUnity(uint256 log) pure returns (uint256) {
    return basePower(ROOT_27, 1 << (27 - log));
}

/// @dev a^(2^`log`).
function powerOfTwoTimes(Ext a, uint256 log) pure returns (Ext) {
    for (uint256 i = 0; i < log; ++i) {
        a = a * a;
    }
    return a;
}

/// @dev From the first 16 bytes of a word; the others are ignored.
function decodeExt(uint256 word) pure returns (Ext c) {
    assembly ("memory-safe") {
        c := or(shr(224, word), and(shr(128, word), shl(64, 0xffffffff)))
        c := or(c, or(and(shr(32, word), shl(128, 0xffffffff)), and(shl(64, word), shl(192, 0xffffffff))))
    }
}

/// @dev Into the first 16 bytes of a word; the others are zero. `a` must be canonical.
function encodeExt(Ext a) pure returns (uint256 word) {
    assembly ("memory-safe") {
        word := or(shl(224, and(a, 0xffffffff)), shl(192, and(shr(64, a), 0xffffffff)))
        word := or(word, or(shl(160, and(shr(128, a), 0xffffffff)), shl(128, shr(192, a))))
    }
}
