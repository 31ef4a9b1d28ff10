// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {encodeExt, Ext, LOW_128, P} from "./ExtField.sol";
import {HeaderLayout, HeaderParts} from "./HeaderLayout.sol";
import {Key} from "./Key.sol";
import {Challenges} from "./Replay.sol";

/// @title ContextWriter
/// @notice Writes what the queries need of an accepted header (docs/protocol/proof.md, section 8), the interpolants U_J
/// among it.
library ContextWriter {
    /// @param polynomials what `encodeSums` gave
    function write(
        Key memory key,
        HeaderParts memory parts,
        Challenges memory drawn,
        bytes memory polynomials,
        bytes calldata publicValues,
        bytes calldata header
    ) internal pure returns (bytes memory context) {
        context = abi.encodePacked(
            key.hash, keccak256(publicValues), keccak256(header), _roots(key, parts, header), _challenges(drawn)
        );
        bytes calldata finalPolynomial = header[parts.finalPolynomial:parts.queryNonce];
        return abi.encodePacked(context, polynomials, finalPolynomial, drawn.indices);
    }

    function _roots(Key memory key, HeaderParts memory parts, bytes calldata header)
        private
        pure
        returns (bytes memory roots)
    {
        roots = abi.encodePacked(
            header[:parts.lookupNonce],
            header[parts.lookupRoot:parts.terminals],
            header[parts.quotientRoot:parts.pointNonce]
        );
        for (uint256 fold = 0; fold < key.folds; ++fold) {
            uint256 cursor = parts.foldRoots + HeaderLayout.FOLD_BYTES * fold;
            roots = abi.encodePacked(roots, header[cursor:cursor + HeaderLayout.ROOT_BYTES]);
        }
    }

    function _challenges(Challenges memory drawn) private pure returns (bytes memory encoded) {
        encoded = abi.encodePacked(_encode(drawn.z), _encode(drawn.batch));
        for (uint256 fold = 0; fold < drawn.folds.length; ++fold) {
            encoded = abi.encodePacked(encoded, _encode(drawn.folds[fold]));
        }
    }

    /// @notice The interpolants from their unreduced sums, even and odd part in a word each.
    function encodeSums(uint256[] memory sums) internal pure returns (bytes memory encoded) {
        encoded = new bytes(8 * sums.length);
        assembly ("memory-safe") {
            let target := add(encoded, 32)
            let source := add(sums, 32)
            for { let end := add(source, shl(5, mload(sums))) } lt(source, end) { source := add(source, 64) } {
                let e := mload(source)
                let o := mload(add(source, 32))
                let high := or(shl(96, mod(and(e, LOW_128), P)), shl(64, mod(and(o, LOW_128), P)))
                let element := or(high, or(shl(32, mod(shr(128, e), P)), mod(shr(128, o), P)))
                // The 16 bytes behind are written by the next element; behind the last one nothing is claimed yet.
                mstore(target, shl(128, element))
                target := add(target, 16)
            }
        }
    }

    function _encode(Ext element) private pure returns (bytes16) {
        return bytes16(bytes32(encodeExt(element)));
    }
}
