// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Forwarder
/// @notice Passes a call on to any contract and hands back its answer or its revert. It shows that a policy which judged
/// only the outer call could be walked around, and that ours cannot.
contract Forwarder {
    function forward(address target, bytes calldata data) external payable returns (bytes memory) {
        (bool success, bytes memory answer) = target.call{value: msg.value}(data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return answer;
    }
}
