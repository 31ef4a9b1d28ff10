// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title MerkleCap
/// @notice Paths from a leaf to a cap, over digests of 26 bytes (docs/protocol/proof.md, section 8). Positions are offsets
/// in calldata.
library MerkleCap {
    /// @param digest Keccak-256 of the leaf; its first 26 bytes are the leaf's node
    /// @param index number of the leaf
    /// @param path the siblings, from the leaf upwards
    /// @param levels how many
    /// @param cap the level that the path leads to
    function contains(bytes32 digest, uint256 index, uint256 path, uint256 levels, uint256 cap)
        internal
        pure
        returns (bool found)
    {
        assembly ("memory-safe") {
            let node := digest
            // The node's last 6 bytes are written too, but before the sibling and, on the right, beyond what is hashed.
            for { let end := add(path, mul(26, mod(levels, 3))) } lt(path, end) { path := add(path, 26) } {
                let right := mul(26, and(index, 1))
                mstore(right, node)
                calldatacopy(sub(26, right), path, 26)
                node := keccak256(0, 52)
                index := shr(1, index)
            }
            // Three levels a round, because rounds are a third of what a level costs.
            for { let end := add(path, mul(78, div(levels, 3))) } lt(path, end) { path := add(path, 78) } {
                let right := mul(26, and(index, 1))
                mstore(right, node)
                calldatacopy(sub(26, right), path, 26)
                right := mul(13, and(index, 2))
                mstore(right, keccak256(0, 52))
                calldatacopy(sub(26, right), add(path, 26), 26)
                right := shr(2, mul(26, and(index, 4)))
                mstore(right, keccak256(0, 52))
                calldatacopy(sub(26, right), add(path, 52), 26)
                node := keccak256(0, 52)
                index := shr(3, index)
            }
            found := iszero(shr(48, xor(node, calldataload(add(cap, mul(26, index))))))
        }
    }
}
