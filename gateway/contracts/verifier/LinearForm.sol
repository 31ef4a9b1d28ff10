// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Canonical} from "./Canonical.sol";
import {Ext, P} from "./ExtField.sol";
import {Run} from "./QueryLayout.sol";

/// @title LinearForm
/// @notice Sums Σ sᵢ·wᵢ of base field elements times extension elements, four terms at a time: a word holds four scalars,
/// another one coordinate of their four weights in reversed order, and the top lane of their product is the sum of the
/// four. It stays below 4·2³¹·P < 2⁶⁴, and the lanes below it have fewer terms, so nothing is carried into it.
library LinearForm {
    /// @dev The scalars' masks keep 31 bits: with 32, an element that is not canonical could carry.
    uint256 internal constant SCALARS = 0x000000007fffffff000000007fffffff000000007fffffff000000007fffffff;

    function allocate(uint256 words) internal pure returns (uint256 start) {
        uint256[] memory zeros = new uint256[](words);
        assembly ("memory-safe") {
            start := add(zeros, 32)
        }
    }

    /// @notice Writes λ^j, times θ^b for a coordinate of an extension element, as the weight of each column that
    /// `QueryLayouts` lists.
    function weigh(bytes memory columns, uint256 weights, Ext batch) internal pure {
        Ext power = Ext.wrap(1);
        uint256 end = columns.length;
        for (uint256 cursor = 4; cursor <= end;) {
            uint256 entry;
            assembly ("memory-safe") {
                entry := and(mload(add(columns, cursor)), 0xffffffff)
            }
            power = power * batch;
            uint256 weight = Ext.unwrap(power);
            assembly ("memory-safe") {
                for {} 1 {} {
                    let shift := shl(6, and(shr(28, entry), 3))
                    let target := add(weights, shl(5, and(entry, 0xfffffff)))
                    mstore(target, or(mload(target), shl(shift, and(weight, 0xffffffff))))
                    target := add(target, 32)
                    mstore(target, or(mload(target), shl(shift, and(shr(64, weight), 0xffffffff))))
                    target := add(target, 32)
                    mstore(target, or(mload(target), shl(shift, and(shr(128, weight), 0xffffffff))))
                    target := add(target, 32)
                    mstore(target, or(mload(target), shl(shift, shr(192, weight))))
                    cursor := add(cursor, 4)
                    entry := and(mload(add(columns, cursor)), 0xffffffff)
                    if or(iszero(shr(30, entry)), gt(cursor, end)) { break }
                    // θ times c₀ + c₁θ + c₂θ² + c₃θ³ is 11c₃ + c₀θ + c₁θ² + c₂θ³.
                    weight := or(shl(64, weight), mod(mul(11, shr(192, weight)), P))
                }
            }
        }
    }

    /// @notice Writes encoded coefficients as the weights of the powers of x.
    function weighPowers(bytes calldata coefficients, uint256 weights) internal pure {
        assembly ("memory-safe") {
            let cursor := coefficients.offset
            let end := add(cursor, coefficients.length)
            for {} lt(cursor, end) { cursor := add(cursor, 64) } {
                let a := calldataload(cursor)
                let b := mul(calldataload(add(cursor, 16)), lt(add(cursor, 16), end))
                let c := mul(calldataload(add(cursor, 32)), lt(add(cursor, 32), end))
                let d := mul(calldataload(add(cursor, 48)), lt(add(cursor, 48), end))
                mstore(
                    weights,
                    or(or(shr(224, a), shl(64, shr(224, b))), or(shl(128, shr(224, c)), shl(192, shr(224, d))))
                )
                for { let k := 1 } lt(k, 4) { k := add(k, 1) } {
                    a := shl(32, a)
                    b := shl(32, b)
                    c := shl(32, c)
                    d := shl(32, d)
                    weights := add(weights, 32)
                    mstore(
                        weights,
                        or(or(shr(224, a), shl(64, shr(224, b))), or(shl(128, shr(224, c)), shl(192, shr(224, d))))
                    )
                }
                weights := add(weights, 32)
            }
        }
    }

    /// @notice The sum over runs, which have an even number of words.
    function evaluate(Run[] memory runs, uint256 scalars, uint256 weights) internal pure returns (Ext result) {
        assembly ("memory-safe") {
            let a := 0
            let b := 0
            let c := 0
            let d := 0
            let next := add(runs, 32)
            for { let last := add(next, shl(5, mload(runs))) } lt(next, last) { next := add(next, 32) } {
                let run := mload(next)
                let cursor := add(scalars, shl(5, mload(run)))
                let end := add(cursor, shl(5, mload(add(run, 32))))
                let w := add(weights, shl(5, mload(add(run, 64))))
                for {} lt(cursor, end) { cursor := add(cursor, 64) } {
                    let s := mload(cursor)
                    let t := mload(add(cursor, 32))
                    a := add(add(shr(192, mul(mload(w), s)), shr(192, mul(mload(add(w, 128)), t))), a)
                    b := add(add(shr(192, mul(mload(add(w, 32)), s)), shr(192, mul(mload(add(w, 160)), t))), b)
                    c := add(add(shr(192, mul(mload(add(w, 64)), s)), shr(192, mul(mload(add(w, 192)), t))), c)
                    d := add(add(shr(192, mul(mload(add(w, 96)), s)), shr(192, mul(mload(add(w, 224)), t))), d)
                    w := add(w, 256)
                }
            }
            result := or(or(mod(a, P), shl(64, mod(b, P))), or(shl(128, mod(c, P)), shl(192, mod(d, P))))
        }
    }

    /// @notice Writes c, c·x, c·x², … four to a word.
    function powers(uint256 target, uint256 words, uint256 x, uint256 c) internal pure {
        assembly ("memory-safe") {
            for { let end := add(target, shl(5, words)) } lt(target, end) { target := add(target, 32) } {
                let word := shl(192, c)
                c := mulmod(c, x, P)
                word := or(word, shl(128, c))
                c := mulmod(c, x, P)
                word := or(word, shl(64, c))
                c := mulmod(c, x, P)
                mstore(target, or(word, c))
                c := mulmod(c, x, P)
            }
        }
    }

    /// @notice Spreads elements of 4 bytes, eight to a word, over two words of scalars each: the elements of even number in
    /// the first, those of odd number in the second.
    /// @return canonical whether the first `size` bytes hold elements below P
    function spread(uint256 source, uint256 size, uint256 target) internal pure returns (bool canonical) {
        (uint256 above, uint256 top) = (Canonical.ABOVE_P, Canonical.TOP_BITS);
        assembly ("memory-safe") {
            let seen := 0
            for { let end := add(source, size) } lt(source, end) { source := add(source, 32) } {
                let word := mload(source)
                mstore(target, and(shr(32, word), SCALARS))
                mstore(add(target, 32), and(word, SCALARS))
                target := add(target, 64)
                let left := sub(end, source)
                // What follows the row in its last word has no weight, and need not be canonical.
                if lt(left, 32) { word := and(word, not(shr(shl(3, left), not(0)))) }
                seen := or(seen, or(word, add(word, above)))
            }
            canonical := iszero(and(seen, top))
        }
    }
}
