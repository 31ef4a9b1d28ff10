// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice What a verification needs of a verifying key's descriptor (docs/protocol/proof.md, section 3).
/// @param hash Keccak-256 of the descriptor
/// @param logHeights n_t of each table, one byte each
/// @param groups the entries of the groups, 8 bytes each
struct Key {
    bytes32 hash;
    uint256 logDomain;
    uint256 queries;
    uint256 logCap;
    uint256 logArity;
    uint256 logFinal;
    uint256 folds;
    uint256 lookupBits;
    uint256 pointBits;
    uint256 batchBits;
    uint256 foldBits;
    uint256 queryBits;
    uint256 publicValues;
    bytes logHeights;
    bytes groups;
}

/// @notice One stacked polynomial.
struct Group {
    uint256 tree;
    uint256 width;
    uint256 logFactor;
    uint256 slots;
    uint256 points;
}

/// @title KeyCode
/// @notice A verifying key lies in the code of a contract that cannot run, the *directory*: a zero byte, the number of
/// evaluators in one byte, their addresses, and the descriptor. The evaluators are the constraint program as code.
library KeyCode {
    uint256 internal constant DIGEST_BYTES = 26;
    uint256 internal constant SALT_BYTES = 16;
    uint256 internal constant ROW_TREES = 3;
    uint256 internal constant MASK_COLUMNS = 4;

    uint256 private constant DESCRIPTOR_HEAD_BYTES = 23;

    function evaluators(bytes memory directory) internal pure returns (address[] memory stores) {
        stores = new address[](uint8(directory[0]));
        for (uint256 i = 0; i < stores.length; ++i) {
            stores[i] = address(uint160(_number(directory, 1 + 20 * i, 20)));
        }
    }

    /// @dev The descriptor's form is taken as given: whoever relies on a verifier compares its key's hash.
    function parse(bytes memory directory) internal pure returns (Key memory key) {
        uint256 cursor = 1 + 20 * uint256(uint8(directory[0]));
        key.hash = _hash(directory, cursor, directory.length - cursor);
        uint256 kappa = _number(directory, cursor + 6, 1);
        key.logDomain = kappa + _number(directory, cursor + 7, 1);
        key.queries = _number(directory, cursor + 8, 2);
        key.logCap = _number(directory, cursor + 12, 1);
        key.logArity = _number(directory, cursor + 13, 1);
        key.logFinal = _number(directory, cursor + 14, 1);
        key.folds = (kappa - key.logFinal) / key.logArity;
        key.lookupBits = _number(directory, cursor + 15, 1);
        key.pointBits = _number(directory, cursor + 16, 1);
        key.batchBits = _number(directory, cursor + 17, 1);
        key.foldBits = _number(directory, cursor + 18, 1);
        key.queryBits = _number(directory, cursor + 19, 1);
        key.publicValues = _number(directory, cursor + 20, 2);
        uint256 tables = _number(directory, cursor + 22, 1);
        key.logHeights = _slice(directory, cursor + DESCRIPTOR_HEAD_BYTES, tables);
        cursor += DESCRIPTOR_HEAD_BYTES + tables;
        key.groups = _slice(directory, cursor + 2, 8 * _number(directory, cursor, 2));
    }

    function groupCount(Key memory key) internal pure returns (uint256) {
        return key.groups.length / 8;
    }

    function group(Key memory key, uint256 index) internal pure returns (Group memory entry) {
        uint256 word = _number(key.groups, 8 * index, 8);
        entry.tree = word >> 56;
        entry.width = uint8(word >> 48) == 0 ? 1 : 4;
        entry.logFactor = uint8(word >> 40);
        entry.slots = uint8(word >> 32);
        entry.points = uint32(word);
    }

    /// @notice Opened values, and base field columns of each tree of rows.
    function sizes(Key memory key) internal pure returns (uint256 opened, uint256[3] memory widths) {
        widths[0] = MASK_COLUMNS;
        for (uint256 i = 0; i < groupCount(key); ++i) {
            Group memory entry = group(key, i);
            widths[entry.tree] += entry.width;
            for (uint256 points = entry.points; points != 0; points &= points - 1) {
                opened += entry.slots;
            }
        }
    }

    function trees(Key memory key) internal pure returns (uint256) {
        return ROW_TREES + key.folds;
    }

    /// @notice Log of the number of leaves; trees of folds follow those of rows.
    function logLeaves(Key memory key, uint256 tree) internal pure returns (uint256) {
        return tree < ROW_TREES ? key.logDomain : key.logDomain - key.logArity * (tree - ROW_TREES + 1);
    }

    function capBytes(Key memory key) internal pure returns (uint256) {
        return DIGEST_BYTES << key.logCap;
    }

    function pathBytes(Key memory key, uint256 tree) internal pure returns (uint256) {
        return DIGEST_BYTES * (logLeaves(key, tree) - key.logCap);
    }

    function _number(bytes memory data, uint256 cursor, uint256 size) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(sub(256, mul(8, size)), mload(add(add(data, 32), cursor)))
        }
    }

    function _hash(bytes memory data, uint256 cursor, uint256 size) private pure returns (bytes32 digest) {
        assembly ("memory-safe") {
            digest := keccak256(add(add(data, 32), cursor), size)
        }
    }

    function _slice(bytes memory data, uint256 cursor, uint256 size) private pure returns (bytes memory part) {
        part = new bytes(size);
        assembly ("memory-safe") {
            mcopy(add(part, 32), add(add(data, 32), cursor), size)
        }
    }
}
