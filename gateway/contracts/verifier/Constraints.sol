// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EVEN, Ext, LOW_128, P, Q} from "./ExtField.sol";

/// @notice Memory that evaluators are called with: the inputs of the constraint program, then what evaluators returned. An
/// element is two words, its parts even and odd in θ, with coordinates in the lanes of 128 bits.
/// @param outputs room for the result of each table
struct Inputs {
    uint256 start;
    uint256 end;
    Ext[] outputs;
}

/// @title Constraints
/// @notice Runs the constraint program of a verifying key (docs/protocol/proof.md, section 4), which stands as code in
/// *evaluators*: contracts generated from the program, called one after the other.
library Constraints {
    /// @notice Claims memory for `elements` inputs. Nothing else may be claimed until `run` has run: what evaluators return
    /// lies behind the inputs.
    function allocate(uint256 elements, uint256 tables) internal pure returns (Inputs memory inputs) {
        inputs.outputs = new Ext[](tables);
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(inputs, start)
            mstore(add(inputs, 32), start)
            mstore(0x40, add(start, mul(64, elements)))
        }
    }

    function append(Inputs memory self, Ext element) internal pure {
        assembly ("memory-safe") {
            let end := mload(add(self, 32))
            mstore(end, and(element, EVEN))
            mstore(add(end, 32), and(shr(64, element), EVEN))
            mstore(add(self, 32), add(end, 64))
        }
    }

    /// @notice Base field elements of 4 bytes.
    function appendBase(Inputs memory self, bytes calldata elements) internal pure {
        for (uint256 i = 0; i < elements.length; i += 4) {
            append(self, Ext.wrap(uint32(bytes4(elements[i:i + 4]))));
        }
    }

    /// @notice Canonical elements of 16 bytes, with `weight` times each of them added to its sum, from `sums` on. A sum is two
    /// words as well; its lanes grow by less than 2⁷⁰ each time.
    function appendWeighted(Inputs memory self, bytes calldata elements, Ext weight, uint256 sums) internal pure {
        assembly ("memory-safe") {
            let le := and(weight, EVEN)
            let lo := and(shr(64, weight), EVEN)
            let loY := mulmod(lo, shl(128, 1), Q)
            let source := elements.offset
            let target := mload(add(self, 32))
            for { let end := add(source, elements.length) } lt(source, end) { source := add(source, 16) } {
                let word := calldataload(source)
                let e := or(shr(224, word), and(shr(32, word), 0xffffffff00000000000000000000000000000000))
                let o := or(and(shr(192, word), 0xffffffff), and(word, 0xffffffff00000000000000000000000000000000))
                mstore(target, e)
                mstore(add(target, 32), o)
                target := add(target, 64)
                mstore(sums, add(mload(sums), add(mulmod(e, le, Q), mulmod(o, loY, Q))))
                sums := add(sums, 32)
                mstore(sums, add(mload(sums), add(mulmod(e, lo, Q), mulmod(o, le, Q))))
                sums := add(sums, 32)
            }
            mstore(add(self, 32), target)
        }
    }

    /// @notice Calls the evaluators, each with the inputs and with what those before it returned.
    /// @return outputs what the last one returned: `out_t` of each table
    function run(Inputs memory self, address[] memory evaluators) internal view returns (Ext[] memory outputs) {
        outputs = self.outputs;
        assembly ("memory-safe") {
            let start := mload(self)
            let end := mload(add(self, 32))
            let last := end
            for { let i := 1 } iszero(gt(i, mload(evaluators))) { i := add(i, 1) } {
                let evaluator := mload(add(evaluators, shl(5, i)))
                // An evaluator has no reason to fail but too little gas; the caller's then does not last either.
                if iszero(staticcall(gas(), evaluator, start, sub(end, start), 0, 0)) { revert(0, 0) }
                last := end
                returndatacopy(end, 0, returndatasize())
                end := add(end, returndatasize())
            }
            // Inputs and what evaluators returned are not needed any more.
            mstore(0x40, start)
            for { let t := 1 } iszero(gt(t, mload(outputs))) { t := add(t, 1) } {
                let e := mload(last)
                let o := mload(add(last, 32))
                let lanes := or(mod(and(e, LOW_128), P), shl(128, mod(shr(128, e), P)))
                lanes := or(lanes, shl(64, or(mod(and(o, LOW_128), P), shl(128, mod(shr(128, o), P)))))
                mstore(add(outputs, shl(5, t)), lanes)
                last := add(last, 64)
            }
        }
    }
}
