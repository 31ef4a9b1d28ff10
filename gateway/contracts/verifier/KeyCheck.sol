// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofErrors} from "../interfaces/IProofErrors.sol";
import {CodeStore} from "./CodeStore.sol";
import {Key, KeyCode} from "./Key.sol";

/// @title KeyCheck
/// @notice Checks, once and when a verifier is deployed, that the directory holds a descriptor that this code can serve. That
/// it is the right one, and well formed, others see by the verifier's address (Create2Factory).
library KeyCheck {
    bytes4 private constant MAGIC = "PVOK";
    uint256 private constant VERSION = 1;
    uint256 private constant QUERIES_MAX = 255;

    function check(address directory) internal view returns (Key memory key) {
        bytes memory code = CodeStore.read(directory);
        uint256 start = 1 + 20 * uint256(uint8(code[0]));
        require(code.length > start + 6, IProofErrors.KeyMalformed());
        uint256 head;
        assembly ("memory-safe") {
            head := mload(add(add(code, 32), start))
        }
        require(bytes4(bytes32(head)) == MAGIC, IProofErrors.KeyMalformed());
        uint256 version = uint16(head >> 208);
        require(version == VERSION, IProofErrors.KeyVersion(version));
        key = KeyCode.parse(code);
        require(key.queries != 0 && key.queries <= QUERIES_MAX, IProofErrors.KeyMalformed());
    }
}
