// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofErrors} from "./IProofErrors.sol";

/// @title IQueryVerifier
/// @notice Queries of a proof (docs/protocol/proof.md, section 7): opened leaves lead to their caps, and the columns
/// joined in them fold to the final polynomial. Pure computation over the key that it was deployed with; it stores nothing.
///
/// Assumed: the context comes from `IHeaderVerifier.verifyHeader`. With any other this contract says nothing.
interface IQueryVerifier is IProofErrors {
    /// @notice The contract with the key's descriptor and the addresses of its program.
    function directory() external view returns (address);

    /// @notice Checks consecutive queries.
    /// @param context of an accepted header
    /// @param first number of the first query, from 0
    /// @param queries the caps of all trees, then the queries
    /// @return count how many queries they are
    /// @dev Reverts with the errors of `IProofErrors` from `PartLength` on.
    function verifyQueries(bytes calldata context, uint256 first, bytes calldata queries)
        external
        view
        returns (uint256 count);
}
