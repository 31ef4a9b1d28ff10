// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Canonical
/// @notice Whether field elements of 4 bytes are all below P, eight at a time.
library Canonical {
    /// @dev In each 32-bit lane 2³¹ − P, so that adding it sets the lane's top bit for an element of P or more. An element
    /// that has its own top bit set may carry into the next lane, but is then refused for that bit.
    uint256 internal constant ABOVE_P = 0x07ffffff07ffffff07ffffff07ffffff07ffffff07ffffff07ffffff07ffffff;
    uint256 internal constant TOP_BITS = 0x8000000080000000800000008000000080000000800000008000000080000000;

    function inCalldata(bytes calldata elements) internal pure returns (bool canonical) {
        assembly ("memory-safe") {
            let cursor := elements.offset
            let end := add(cursor, elements.length)
            let seen := 0
            // Four words a round, because rounds are half of what a word costs.
            for { let last := sub(end, mod(elements.length, 128)) } lt(cursor, last) { cursor := add(cursor, 128) } {
                let a := calldataload(cursor)
                let b := calldataload(add(cursor, 32))
                let c := calldataload(add(cursor, 64))
                let d := calldataload(add(cursor, 96))
                seen := or(seen, or(or(a, add(a, ABOVE_P)), or(b, add(b, ABOVE_P))))
                seen := or(seen, or(or(c, add(c, ABOVE_P)), or(d, add(d, ABOVE_P))))
            }
            let last := sub(end, mod(elements.length, 32))
            for {} lt(cursor, last) { cursor := add(cursor, 32) } {
                let word := calldataload(cursor)
                seen := or(seen, or(word, add(word, ABOVE_P)))
            }
            // The rest of a last word is not ours.
            let word := and(calldataload(cursor), not(shr(shl(3, sub(end, cursor)), not(0))))
            seen := or(seen, or(word, add(word, ABOVE_P)))
            canonical := iszero(and(seen, TOP_BITS))
        }
    }
}
