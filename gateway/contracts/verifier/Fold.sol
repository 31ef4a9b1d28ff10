// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EVEN, Ext, LOW_128, P, Q} from "./ExtField.sol";

/// @title Fold
/// @notice One value of the next layer from the values of a leaf (docs/protocol/proof.md, section 7).
library Fold {
    /// @dev P in both lanes of half an element.
    uint256 private constant P_PAIR = 0x0000000000000000000000007800000100000000000000000000000078000001;

    /// @param values of the leaf, in two words each: the parts even and odd in θ, a coordinate in each half of a word.
    /// Overwritten
    /// @param inverse u₀, the inverse of the first value's point
    /// @param roots ω^(−j) for ω the root of unity of the arity's order: the other u_j are u₀ times these
    /// @param etas η, η², η⁴ … for the halvings
    function fold(uint256[] memory values, uint256 inverse, uint256[] memory roots, Ext[] memory etas)
        internal
        pure
        returns (Ext)
    {
        unchecked {
            uint256 half = values.length / 2;
            for (uint256 r = 0; r < etas.length; ++r) {
                half >>= 1;
                _halve(values, half, inverse, roots, 32 << r, etas[r]);
                inverse = mulmod(inverse, inverse, P);
            }
            return Ext.wrap(values[0] | (values[1] << 64));
        }
    }

    /// @dev v_j ← (v_j + v_{j+half}) + η·u_j·(v_j − v_{j+half}).
    function _halve(
        uint256[] memory values,
        uint256 half,
        uint256 inverse,
        uint256[] memory roots,
        uint256 stride,
        Ext eta
    ) private pure {
        assembly ("memory-safe") {
            let etaOdd := and(shr(64, eta), EVEN)
            eta := and(eta, EVEN)
            values := add(values, 32)
            roots := add(roots, 32)
            half := shl(6, half)
            for { let end := add(values, half) } lt(values, end) { values := add(values, 64) } {
                // The difference times u stays below 2⁶⁴ a lane, times η below 2¹⁰⁴.
                let u := mulmod(inverse, mload(roots), P)
                let other := add(values, half)
                let e := mul(sub(add(mload(values), P_PAIR), mload(other)), u)
                let sum := add(mload(values), mload(other))
                other := add(other, 32)
                let odd := add(values, 32)
                let o := mul(sub(add(mload(odd), P_PAIR), mload(other)), u)
                let f := add(add(mulmod(e, eta, Q), mulmod(mulmod(o, etaOdd, Q), shl(128, 1), Q)), sum)
                mstore(values, or(mod(and(f, LOW_128), P), shl(128, mod(shr(128, f), P))))
                f := add(add(mulmod(e, etaOdd, Q), mulmod(o, eta, Q)), add(mload(odd), mload(other)))
                mstore(odd, or(mod(and(f, LOW_128), P), shl(128, mod(shr(128, f), P))))
                roots := add(roots, stride)
            }
        }
    }
}
