// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Key, KeyCode} from "./Key.sol";

/// @notice Where the parts of a context start (docs/protocol/proof.md, section 8).
struct ContextParts {
    uint256 roots;
    uint256 point;
    uint256 batch;
    uint256 etas;
    uint256 interpolants;
    uint256 finalPolynomial;
    uint256 indices;
}

/// @title ContextLayout
library ContextLayout {
    /// @dev Hashes of key, public values and header: what names a proof.
    uint256 internal constant NAME_BYTES = 96;

    function locate(Key memory key, uint256 coefficients) internal pure returns (ContextParts memory parts) {
        parts.roots = NAME_BYTES;
        parts.point = parts.roots + 32 * KeyCode.trees(key);
        parts.batch = parts.point + 16;
        parts.etas = parts.batch + 16;
        parts.interpolants = parts.etas + 16 * key.folds;
        parts.finalPolynomial = parts.interpolants + 16 * coefficients;
        parts.indices = parts.finalPolynomial + (16 << key.logFinal);
    }
}
