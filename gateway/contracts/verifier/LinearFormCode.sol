// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {P} from "./ExtField.sol";

/// @notice Consecutive words of scalars and their weights. Weights of the scalars in one word take four words.
/// @param first number of the first word of scalars
/// @param words how many
/// @param weights number of the first word of weights
struct Run {
    uint256 first;
    uint256 words;
    uint256 weights;
}

/// @title LinearFormCode
/// @notice Linear forms as code, generated once and when a verifier is deployed: which words meet depends on the key alone, and
/// loops over them cost as much as the products. The code is called with the words of scalars, then those of weights, and
/// returns the value of each form.
library LinearFormCode {
    /// @dev More than the code of a contract may have.
    uint256 private constant ROOM = 0x6100;

    /// @notice Code that is being written.
    struct Writer {
        bytes code;
        uint256 size;
    }

    /// @param forms the runs over which each form is a sum
    /// @param scalarWords how many words of scalars there are
    function compile(Run[][] memory forms, uint256 scalarWords) internal pure returns (bytes memory) {
        Writer memory self = Writer(new bytes(ROOM), 0);
        for (uint256 i = 0; i < forms.length; ++i) {
            for (uint256 left = 4; left != 0; --left) {
                // PUSH4 P, PUSH0
                _write(self, (0x63 << 40) | (P << 8) | 0x5f, 6);
                for (uint256 run = 0; run < forms[i].length; ++run) {
                    _sum(self, forms[i][run], scalarWords, left - 1);
                }
                // MOD; then OR with the coordinates above, PUSH1 64, SHL
                _write(self, 0x06, 1);
                if (left != 4) _write(self, 0x17, 1);
                if (left != 1) _write(self, 0x60401b, 3);
            }
            // PUSH2 target, MSTORE
            _write(self, (0x61 << 24) | ((32 * i) << 8) | 0x52, 4);
        }
        // PUSH2 size, PUSH0, RETURN
        _write(self, (0x61 << 32) | ((32 * forms.length) << 16) | 0x5ff3, 5);
        return _finished(self);
    }

    /// @dev Adds the products of one coordinate.
    function _sum(Writer memory self, Run memory run, uint256 scalarWords, uint256 coordinate) private pure {
        for (uint256 word = 0; word < run.words; ++word) {
            uint256 scalars = 32 * (run.first + word);
            uint256 weights = 32 * (scalarWords + run.weights + 4 * word + coordinate);
            require(scalars >> 16 == 0 && weights >> 16 == 0);
            // PUSH2 scalars, CALLDATALOAD, PUSH2 weights, CALLDATALOAD
            _write(self, (0x61 << 56) | (scalars << 40) | (0x3561 << 24) | (weights << 8) | 0x35, 8);
            // MUL, PUSH1 192, SHR, ADD
            _write(self, 0x0260c01c01, 5);
        }
    }

    function _write(Writer memory self, uint256 opcodes, uint256 size) private pure {
        bytes memory code = self.code;
        uint256 cursor = self.size;
        require(cursor + 32 <= code.length);
        assembly ("memory-safe") {
            mstore(add(add(code, 32), cursor), shl(sub(256, shl(3, size)), opcodes))
        }
        self.size = cursor + size;
    }

    function _finished(Writer memory self) private pure returns (bytes memory code) {
        code = self.code;
        uint256 size = self.size;
        assembly ("memory-safe") {
            mstore(code, size)
        }
    }
}
