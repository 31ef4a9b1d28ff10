// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoles} from "./IRoles.sol";

/// @notice What a proof must have been made with.
/// @param appExeCommit commitment to the guest program: the state transition and the policy evaluator
/// @param appVmCommit commitment to the virtual machine's configuration and its verifying key
/// @param dagCommit commitment to the constraints of the recursion circuit
/// @param verifier the contract that verifies final proofs, an `IProofVerifier`
struct VerifyingKey {
    bytes32 appExeCommit;
    bytes32 appVmCommit;
    bytes32 dagCommit;
    address verifier;
}

/// @title IKeyRegistry
/// @notice The verifying keys that the settlement contract has ever accepted, by version, and the delay with which a new
/// one comes into force. A key decides what counts as a valid state transition, so a change of key is a change of the
/// chain's rules: everybody who relies on the chain sees it coming for `delaySeconds`.
///
/// Checked: versions are consecutive from 1 and never change or disappear; at most one key is pending; a pending key
/// cannot be activated before its delay has passed.
///
/// Assumed: the governor proposes commitments of a program that has been reviewed, and a verifier whose address is the one
/// that the reviewed verifying key gives (IProofVerifier.factory); the registry cannot judge them.
/// The first key is part of the deployment and has no delay. Activation reaches only batches committed afterwards: a
/// batch that is already committed keeps the version that it was committed under.
interface IKeyRegistry is IRoles {
    /// @notice A key is pending already; cancel or activate it first.
    error ProposalPending(uint256 readyAt);

    /// @notice No key is pending.
    error ProposalMissing();

    /// @notice The pending key may be activated from `readyAt` (Unix seconds) on; it is `timestamp` now.
    error ProposalEarly(uint256 readyAt, uint256 timestamp);

    /// @notice One of the three commitments of a proposed key is zero.
    error CommitmentZero();

    /// @notice There is no contract at the verifier's address.
    error VerifierMissing(address verifier);

    /// @notice There is no key `version`; the newest is `activeVersion`.
    error VersionUnknown(uint256 version, uint256 activeVersion);

    /// @notice `key` may become version `version` from `readyAt` on.
    event KeyProposed(uint256 indexed version, VerifyingKey key, uint256 readyAt);

    /// @notice `key` is in force for batches committed from now on.
    event KeyActivated(uint256 indexed version, VerifyingKey key);

    /// @notice The pending key was withdrawn.
    event KeyCancelled(uint256 indexed version);

    /// @notice Seconds between a proposal and its earliest activation; fixed at deployment.
    function delaySeconds() external view returns (uint256);

    /// @notice The version under which batches are committed now; at least 1.
    function activeVersion() external view returns (uint64);

    /// @notice The key of `version`.
    /// @dev Reverts with `VersionUnknown`.
    function key(uint256 version) external view returns (VerifyingKey memory);

    /// @notice The pending key and its earliest activation; `readyAt` is 0 if nothing is pending.
    function pending() external view returns (VerifyingKey memory proposed, uint256 readyAt);

    /// @notice Announces the next key.
    /// @dev Governor only. Reverts with `NotRole`, `ProposalPending`, `CommitmentZero` or `VerifierMissing`.
    function propose(VerifyingKey calldata proposed) external;

    /// @notice Puts the pending key into force as the next version.
    /// @dev Governor only. Reverts with `NotRole`, `ProposalMissing` or `ProposalEarly`.
    function activate() external;

    /// @notice Withdraws the pending key.
    /// @dev Governor only. Reverts with `NotRole` or `ProposalMissing`.
    function cancel() external;
}
