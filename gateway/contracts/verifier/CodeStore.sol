// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title CodeStore
/// @notice Data that is written once, as the code of a contract that cannot run: a zero byte, then the data.
library CodeStore {
    function write(bytes memory data) internal returns (address store) {
        return create(bytes.concat(hex"00", data));
    }

    /// @notice A contract with the given code.
    /// @dev PUSH2 size, DUP1, PUSH1 10, PUSH0, CODECOPY, PUSH0, RETURN: returns the code that follows these ten bytes.
    function create(bytes memory code) internal returns (address store) {
        bytes memory creation = abi.encodePacked(hex"61", uint16(code.length), hex"80600a5f395ff3", code);
        assembly ("memory-safe") {
            store := create(0, add(creation, 32), mload(creation))
        }
        require(store != address(0));
    }

    function read(address store) internal view returns (bytes memory data) {
        uint256 size = store.code.length - 1;
        data = new bytes(size);
        assembly ("memory-safe") {
            extcodecopy(store, add(data, 32), 1, size)
        }
    }
}
