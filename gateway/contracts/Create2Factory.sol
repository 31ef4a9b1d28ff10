// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Create2Factory
/// @notice Creates contracts at addresses that follow from their init code (EIP-1014, salt 0). Such an address says all about
/// how a contract came to be, constructor arguments and immutables included: whoever can compute the init code checks the
/// contract by its address alone. Comparing code cannot do that, since code holds immutables that nobody else can tell from
/// forged ones.
contract Create2Factory {
    /// @notice The init code failed without saying why, or its contract stands already.
    error CreationFailed();

    /// @notice Anybody may create; who does makes no difference to what is created. Reverts as the init code does.
    function create(bytes calldata initCode) external returns (address created) {
        assembly ("memory-safe") {
            let start := mload(0x40)
            calldatacopy(start, initCode.offset, initCode.length)
            created := create2(0, start, initCode.length, 0)
            if and(iszero(created), iszero(iszero(returndatasize()))) {
                returndatacopy(start, 0, returndatasize())
                revert(start, returndatasize())
            }
        }
        require(created != address(0), CreationFailed());
    }
}
