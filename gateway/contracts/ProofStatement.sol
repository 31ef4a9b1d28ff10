// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {VerifyingKey} from "./interfaces/IKeyRegistry.sol";

/// @title ProofStatement
/// @notice What a batch's final proof must state: its public values (docs/protocol/proof.md, section 9).
library ProofStatement {
    /// @notice The values of 4 bytes each: app_exe_commit, app_vm_commit, the output with one byte in each value, dag_commit.
    /// A commitment of the key is its eight field elements of 4 bytes. Whatever else a proof states has another hash.
    function publicValues(VerifyingKey memory key, bytes32 output) internal pure returns (bytes memory) {
        bytes memory spread = new bytes(128);
        for (uint256 i = 0; i < 32; ++i) {
            spread[4 * i + 3] = output[i];
        }
        return abi.encodePacked(key.appExeCommit, key.appVmCommit, spread, key.dagCommit);
    }
}
