// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Canonical} from "./Canonical.sol";
import {Ext, P} from "./ExtField.sol";

/// @title LinearForm
/// @notice Sums Σ sᵢ·wᵢ of base field elements times extension elements, four terms at a time: a word holds four scalars,
/// another one coordinate of their four weights in reversed order, and the top lane of their product is the sum of the
/// four. It stays below 4·2³¹·P < 2⁶⁴, and the lanes below it have fewer terms, so nothing is carried into it. Here scalars
/// and weights are written; `LinearFormCode` is the code that multiplies.
library LinearForm {
    /// @dev The scalars' masks keep 31 bits: with 32, an element that is not canonical could carry.
    uint256 internal constant SCALARS = 0x000000007fffffff000000007fffffff000000007fffffff000000007fffffff;

    /// @dev One coordinate of each of the two elements in a word.
    uint256 private constant COORDINATE = 0x000000000000000000000000ffffffff000000000000000000000000ffffffff;

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

    /// @notice Writes encoded coefficients as the weights of the powers of x, in the order of lanes that `powers` gives them.
    function weighPowers(bytes calldata coefficients, uint256 weights) internal pure {
        assembly ("memory-safe") {
            let cursor := coefficients.offset
            let end := add(cursor, coefficients.length)
            for {} lt(cursor, end) { cursor := add(cursor, 64) } {
                // Four elements in two words. One coordinate of the first two lies 128 bits apart, as in the result.
                let ab := calldataload(cursor)
                let cd := calldataload(add(cursor, 32))
                let left := sub(end, cursor)
                if lt(left, 64) {
                    // What follows the last element is not ours.
                    ab := and(ab, not(shr(shl(3, left), not(0))))
                    cd := and(cd, not(shr(shl(3, mul(sub(left, 32), gt(left, 32))), not(0))))
                }
                mstore(weights, or(and(shr(96, ab), COORDINATE), shl(64, and(shr(96, cd), COORDINATE))))
                mstore(add(weights, 32), or(and(shr(64, ab), COORDINATE), shl(64, and(shr(64, cd), COORDINATE))))
                mstore(add(weights, 64), or(and(shr(32, ab), COORDINATE), shl(64, and(shr(32, cd), COORDINATE))))
                mstore(add(weights, 96), or(and(ab, COORDINATE), shl(64, and(cd, COORDINATE))))
                weights := add(weights, 128)
            }
        }
    }

    /// @notice Writes c, c·x, c·x², … four to a word: the second in the top lane, then the fourth, the first, the third.
    function powers(uint256 target, uint256 words, uint256 x, uint256 c) internal pure {
        assembly ("memory-safe") {
            for { let end := add(target, shl(5, words)) } lt(target, end) { target := add(target, 32) } {
                let cx := mulmod(c, x, P)
                let cxx := mulmod(cx, x, P)
                let cxxx := mulmod(cxx, x, P)
                mstore(target, or(or(shl(192, cx), shl(128, cxxx)), or(shl(64, c), cxx)))
                c := mulmod(cxxx, x, P)
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
