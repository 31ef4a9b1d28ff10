// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry, VerifyingKey} from "./interfaces/IKeyRegistry.sol";
import {Role} from "./interfaces/IRoles.sol";
import {Roles} from "./Roles.sol";

/// @title KeyRegistry
/// @notice See IKeyRegistry.
contract KeyRegistry is IKeyRegistry, Roles {
    /// @inheritdoc IKeyRegistry
    uint256 public immutable delaySeconds;

    /// @inheritdoc IKeyRegistry
    uint64 public activeVersion;

    uint256 private _readyAt;
    VerifyingKey private _proposed;
    mapping(uint256 version => VerifyingKey) private _keys;

    constructor(address governor, uint256 delaySeconds_, VerifyingKey memory first) Roles(governor) {
        delaySeconds = delaySeconds_;
        _requireComplete(first);
        _activate(first);
    }

    /// @inheritdoc IKeyRegistry
    function key(uint256 version) external view returns (VerifyingKey memory) {
        require(version != 0 && version <= activeVersion, VersionUnknown(version, activeVersion));
        return _keys[version];
    }

    /// @inheritdoc IKeyRegistry
    function pending() external view returns (VerifyingKey memory proposed, uint256 readyAt) {
        return (_proposed, _readyAt);
    }

    /// @inheritdoc IKeyRegistry
    function propose(VerifyingKey calldata proposed) external only(Role.Governor) {
        require(_readyAt == 0, ProposalPending(_readyAt));
        _requireComplete(proposed);

        _proposed = proposed;
        _readyAt = block.timestamp + delaySeconds;

        emit KeyProposed(activeVersion + 1, proposed, _readyAt);
    }

    /// @inheritdoc IKeyRegistry
    function activate() external only(Role.Governor) {
        require(_readyAt != 0, ProposalMissing());
        require(block.timestamp >= _readyAt, ProposalEarly(_readyAt, block.timestamp));

        VerifyingKey memory proposed = _proposed;
        _clearProposal();
        _activate(proposed);
    }

    /// @inheritdoc IKeyRegistry
    function cancel() external only(Role.Governor) {
        require(_readyAt != 0, ProposalMissing());

        _clearProposal();

        emit KeyCancelled(activeVersion + 1);
    }

    function _activate(VerifyingKey memory next) private {
        uint64 version = ++activeVersion;
        _keys[version] = next;

        emit KeyActivated(version, next);
    }

    function _clearProposal() private {
        delete _proposed;
        delete _readyAt;
    }

    function _requireComplete(VerifyingKey memory candidate) private view {
        require(
            candidate.appExeCommit != 0 && candidate.appVmCommit != 0 && candidate.dagCommit != 0, CommitmentZero()
        );
        require(candidate.verifier.code.length != 0, VerifierMissing(candidate.verifier));
    }
}
