// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title IProofErrors
/// @notice One error for each check of a verification, in the order of the checks (docs/protocol/proof.md, section 10). The
/// first check that fails names the error; a call that reverts changes nothing.
interface IProofErrors {
    /// @notice The directory does not hold a descriptor, or there are more queries than a word has bits to count them.
    error KeyMalformed();

    /// @notice The key was made for version `version` of the protocol.
    error KeyVersion(uint256 version);

    /// @notice The parts of the verifier were deployed for different keys.
    error KeyDirectoryMismatch(address header, address queries);

    /// @notice There are more or fewer public values than the key says; in bytes.
    error PublicValuesLength(uint256 expected, uint256 given);

    /// @notice A public value is not less than the field's characteristic.
    error PublicValueNotCanonical();

    /// @notice The header has another length than the key says.
    error HeaderLength(uint256 expected, uint256 given);

    /// @notice A field element of the header is not less than the field's characteristic.
    error HeaderNotCanonical();

    /// @notice Too little work before the lookup challenges.
    error LookupGrinding();

    /// @notice Too little work before the out-of-domain point.
    error PointGrinding();

    /// @notice The out-of-domain point lies in the base field.
    error PointInBaseField();

    /// @notice Too little work before the batching challenge.
    error BatchGrinding();

    /// @notice Too little work before the challenge of fold number `fold`, from 0.
    error FoldGrinding(uint256 fold);

    /// @notice Too little work before the queries.
    error QueryGrinding();

    /// @notice The lookup sums of the tables do not cancel.
    error TerminalsUnbalanced();

    /// @notice The constraints do not give the quotient at the out-of-domain point.
    error ConstraintsUnsatisfied();

    /// @notice No header was accepted that gives this context.
    error ContextUnknown(bytes32 proofId);

    /// @notice The queries are not caps followed by a whole number of queries, at least one, all of them of the proof.
    error PartLength(uint256 first, uint256 bytesGiven);

    /// @notice A cap is not that of the root in the header; tree 0 trace, 1 lookup, 2 quotient, then the folds.
    error CapMismatch(uint256 tree);

    /// @notice A field element of an opened leaf is not less than the field's characteristic.
    error RowNotCanonical(uint256 query, uint256 tree);

    /// @notice A path does not lead from the opened leaf to the cap.
    error PathMismatch(uint256 query, uint256 tree);

    /// @notice The last folded value is not that of the final polynomial.
    error FinalPolynomial(uint256 query);
}
