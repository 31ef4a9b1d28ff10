// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ext, P} from "./ExtField.sol";

/// @notice One Keccak state that absorbs what the prover sends and gives what the verifier draws
/// (docs/protocol/proof.md, section 5).
struct Transcript {
    bytes32 state;
}

/// @title TranscriptSteps
library TranscriptSteps {
    function start(bytes32 keyHash) internal pure returns (Transcript memory) {
        return Transcript(keccak256(abi.encodePacked("prividium/outer/v1", keyHash)));
    }

    /// @dev The message is read from calldata and copied above the free memory, which is not claimed.
    function absorb(Transcript memory self, bytes calldata message) internal pure {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, mload(self))
            calldatacopy(add(free, 32), message.offset, message.length)
            mstore(self, keccak256(free, add(32, message.length)))
        }
    }

    function challenge(Transcript memory self) internal pure returns (Ext) {
        uint256 word = _next(self);
        return Ext.wrap(
            ((word >> 192) % P) | ((uint64(word >> 128) % P) << 64) | ((uint64(word >> 64) % P) << 128)
                | ((uint64(word) % P) << 192)
        );
    }

    /// @return whether the first `bits` bits of the new state are zero
    function grind(Transcript memory self, bytes calldata nonce, uint256 bits) internal pure returns (bool) {
        absorb(self, nonce);
        return uint256(self.state) >> (256 - bits) == 0;
    }

    /// @return drawn `count` indices below 2^`logDomain`, 4 bytes each
    function indices(Transcript memory self, uint256 count, uint256 logDomain)
        internal
        pure
        returns (bytes memory drawn)
    {
        drawn = new bytes(4 * count);
        // Eight indices at a time: the mask takes each modulo the size of the domain.
        uint256 mask = ((1 << logDomain) - 1) * 0x0000000100000001000000010000000100000001000000010000000100000001;
        for (uint256 cursor = 0; cursor < drawn.length; cursor += 32) {
            uint256 word = _next(self) & mask;
            uint256 left = drawn.length - cursor;
            // The words of `drawn` are its own up to a multiple of 32 bytes; what is beyond its length stays zero.
            if (left < 32) word &= ~(type(uint256).max >> (8 * left));
            assembly ("memory-safe") {
                mstore(add(add(drawn, 32), cursor), word)
            }
        }
    }

    function _next(Transcript memory self) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := keccak256(self, 32)
            mstore(self, word)
        }
    }
}
