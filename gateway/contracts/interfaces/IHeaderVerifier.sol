// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofErrors} from "./IProofErrors.sol";

/// @title IHeaderVerifier
/// @notice The conversation of a proof up to its queries, and its constraints at the out-of-domain point
/// (docs/protocol/proof.md, sections 5 and 6). Pure computation over the key that it was deployed with; it stores nothing.
///
/// Checked: lengths, every field element, every proof of work, that the lookup sums cancel and that the constraint program
/// gives the quotient that the header opens.
///
/// Not checked here: that the opened values are those of committed columns. Only all queries together say so.
interface IHeaderVerifier is IProofErrors {
    /// @notice The contract with the key's descriptor and the addresses of its program.
    function directory() external view returns (address);

    /// @notice Checks a header against public values of 4 bytes each.
    /// @return context what the queries need of the header, the bytes that section 8 lays out
    /// @dev Reverts with the errors of `IProofErrors` from `PublicValuesLength` to `ConstraintsUnsatisfied`.
    function verifyHeader(bytes calldata publicValues, bytes calldata header)
        external
        view
        returns (bytes memory context);
}
