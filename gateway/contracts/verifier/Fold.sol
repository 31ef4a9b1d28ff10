// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EVEN, Ext, LOW_128, P, P_LANES, Q} from "./ExtField.sol";

/// @title Fold
/// @notice One value of the next layer from the values of a leaf (docs/protocol/proof.md, section 7).
library Fold {
    /// @param values of the leaf; overwritten
    /// @param inverse u₀, the inverse of the first value's point
    /// @param roots ω^(−j) for ω the root of unity of the arity's order: the other u_j are u₀ times these
    /// @param etas η, η², η⁴ … for the halvings
    function fold(Ext[] memory values, uint256 inverse, uint256[] memory roots, Ext[] memory etas)
        internal
        pure
        returns (Ext)
    {
        unchecked {
            uint256 half = values.length;
            for (uint256 r = 0; r < etas.length; ++r) {
                half >>= 1;
                _halve(values, half, inverse, roots, 32 << r, etas[r]);
                inverse = mulmod(inverse, inverse, P);
            }
            return values[0];
        }
    }

    /// @dev v_j ← (v_j + v_{j+half}) + η·u_j·(v_j − v_{j+half}).
    function _halve(
        Ext[] memory values,
        uint256 half,
        uint256 inverse,
        uint256[] memory roots,
        uint256 stride,
        Ext eta
    ) private pure {
        assembly ("memory-safe") {
            let he := and(eta, EVEN)
            let ho := and(shr(64, eta), EVEN)
            let hoY := mulmod(ho, shl(128, 1), Q)
            let low := add(values, 32)
            let gap := shl(5, half)
            let root := add(roots, 32)
            for { let end := add(low, gap) } lt(low, end) { low := add(low, 32) } {
                // The difference times u stays below 2⁶⁴ a lane, times η below 2¹⁰⁴.
                let u := mulmod(inverse, mload(root), P)
                let v := mload(add(low, gap))
                let e := sub(add(mload(low), P_LANES), v)
                v := add(mload(low), v)
                let o := mul(and(shr(64, e), EVEN), u)
                e := mul(and(e, EVEN), u)
                let f := add(add(mulmod(e, he, Q), mulmod(o, hoY, Q)), and(v, EVEN))
                o := add(add(mulmod(e, ho, Q), mulmod(o, he, Q)), and(shr(64, v), EVEN))
                v := or(mod(and(f, LOW_128), P), shl(128, mod(shr(128, f), P)))
                mstore(low, or(v, shl(64, or(mod(and(o, LOW_128), P), shl(128, mod(shr(128, o), P))))))
                root := add(root, stride)
            }
        }
    }
}
