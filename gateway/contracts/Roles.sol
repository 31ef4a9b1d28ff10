// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoles, Role} from "./interfaces/IRoles.sol";

/// @title Roles
/// @notice See IRoles.
abstract contract Roles is IRoles {
    /// @inheritdoc IRoles
    mapping(Role => address) public holderOf;

    /// @inheritdoc IRoles
    mapping(Role => address) public nomineeFor;

    constructor(address governor) {
        _appoint(Role.Governor, governor);
    }

    modifier only(Role role) {
        require(msg.sender == holderOf[role], NotRole(role, msg.sender));
        _;
    }

    /// @inheritdoc IRoles
    function nominate(Role role, address nominee) external only(Role.Governor) {
        require(holderOf[role] != address(0), RoleUnused(role));

        nomineeFor[role] = nominee;

        emit RoleNominated(role, nominee);
    }

    /// @inheritdoc IRoles
    function acceptRole(Role role) external {
        require(msg.sender == nomineeFor[role], NotNominee(role, msg.sender));

        delete nomineeFor[role];
        _appoint(role, msg.sender);
    }

    function _appoint(Role role, address holder) internal {
        require(holder != address(0), ZeroAddress());

        address previous = holderOf[role];
        holderOf[role] = holder;

        emit RoleTransferred(role, previous, holder);
    }
}
