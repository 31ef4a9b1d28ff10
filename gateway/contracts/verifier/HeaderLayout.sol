// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Key} from "./Key.sol";

/// @notice Where the parts of a header start (docs/protocol/proof.md, section 8).
struct HeaderParts {
    uint256 lookupNonce;
    uint256 lookupRoot;
    uint256 terminals;
    uint256 quotientRoot;
    uint256 pointNonce;
    uint256 opened;
    uint256 batchNonce;
    uint256 foldRoots;
    uint256 finalPolynomial;
    uint256 queryNonce;
    uint256 end;
}

/// @title HeaderLayout
library HeaderLayout {
    uint256 internal constant ROOT_BYTES = 32;
    uint256 internal constant NONCE_BYTES = 8;
    uint256 internal constant FOLD_BYTES = ROOT_BYTES + NONCE_BYTES;
    uint256 internal constant ELEMENT_BYTES = 16;

    function locate(Key memory key, uint256 openedValues) internal pure returns (HeaderParts memory parts) {
        parts.lookupNonce = ROOT_BYTES;
        parts.lookupRoot = parts.lookupNonce + NONCE_BYTES;
        parts.terminals = parts.lookupRoot + ROOT_BYTES;
        parts.quotientRoot = parts.terminals + ELEMENT_BYTES * key.logHeights.length;
        parts.pointNonce = parts.quotientRoot + ROOT_BYTES;
        parts.opened = parts.pointNonce + NONCE_BYTES;
        parts.batchNonce = parts.opened + ELEMENT_BYTES * openedValues;
        parts.foldRoots = parts.batchNonce + NONCE_BYTES;
        parts.finalPolynomial = parts.foldRoots + FOLD_BYTES * key.folds;
        parts.queryNonce = parts.finalPolynomial + (ELEMENT_BYTES << key.logFinal);
        parts.end = parts.queryNonce + NONCE_BYTES;
    }
}
