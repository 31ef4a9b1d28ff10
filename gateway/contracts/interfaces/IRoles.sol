// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice The offices of the settlement contracts. A contract may know only some of them.
/// Governor: appoints every office and proposes verifying keys. It cannot commit or revert a batch.
/// Operator: commits, executes and reverts batches. It cannot make a batch `Proven` without a proof.
enum Role {
    Governor,
    Operator
}

/// @title IRoles
/// @notice Who holds which office, and how an office changes hands: the governor nominates, the nominee accepts.
///
/// Checked: only the governor nominates; an office moves only to an address that has shown it can send a transaction.
///
/// Assumed: the governor is an account whose loss or theft the institution guards against (a multisig in production).
/// There is no renouncing and no recovery: an office whose key is lost is moved by the governor, and nobody can move the
/// governor's own.
interface IRoles {
    /// @notice `caller` does not hold `role`.
    error NotRole(Role role, address caller);

    /// @notice `caller` is not the nominee for `role`.
    error NotNominee(Role role, address caller);

    /// @notice This contract was deployed without `role`, so nobody can be nominated for it.
    error RoleUnused(Role role);

    /// @notice A constructor argument that names an account or a contract is the zero address.
    error ZeroAddress();

    /// @notice `nominee` may now accept `role`; the zero address withdraws an earlier nomination.
    event RoleNominated(Role indexed role, address indexed nominee);

    /// @notice `role` passed from `previous` to `current`.
    event RoleTransferred(Role indexed role, address indexed previous, address indexed current);

    /// @notice The holder of `role`; the zero address if this contract does not use it.
    function holderOf(Role role) external view returns (address);

    /// @notice The account that may accept `role`; the zero address if there is none.
    function nomineeFor(Role role) external view returns (address);

    /// @notice Names `nominee` as the next holder of `role`; replaces an earlier nomination, and the zero address
    /// withdraws it. The present holder keeps the office until the nominee accepts.
    /// @dev Governor only. Reverts with `NotRole` or `RoleUnused`.
    function nominate(Role role, address nominee) external;

    /// @notice Takes over `role`.
    /// @dev Nominee only. Reverts with `NotNominee`.
    function acceptRole(Role role) external;
}
