// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHeaderVerifier} from "./IHeaderVerifier.sol";
import {IProofErrors} from "./IProofErrors.sol";
import {IQueryVerifier} from "./IQueryVerifier.sol";

/// @title IProofVerifier
/// @notice Verifies final proofs of one verifying key over several transactions and remembers which are complete. The
/// protocol is docs/protocol/proof.md; its sections 11 to 13 say what a proof is worth and what is assumed.
///
/// A proof has a name, its *proof id*: the hash of the hashes of key, public values and header. First its header is
/// accepted, then its queries in any order and any portions; the header's transaction may carry the first of them. What is
/// remembered of a proof is the hash of the context that its header gives, and which queries were verified. A query is
/// verified against that context only, so parts of two proofs cannot be mixed.
///
/// Anybody may submit any part, of anybody's proof. An accepted part is accepted again, verified again, and changes
/// nothing: whoever is overtaken by a stranger with the same bytes pays what he expected and finds the same state. Parts
/// that fail revert and leave nothing behind. An abandoned proof is one word that nobody reads.
///
/// Checked: every step of the protocol, each with an error of its own.
///
/// Assumed: Keccak-256 as the protocol does. That the key is the right one and its constraint program was compiled
/// rightly: others see that by the address, see `factory`. What the public values mean is for the caller: see
/// docs/protocol/proof.md, section 9.
interface IProofVerifier is IProofErrors {
    /// @notice A header was accepted.
    event HeaderVerified(bytes32 indexed proofId, bytes32 indexed publicValuesHash, bytes32 headerHash);

    /// @notice Queries `first` to `first + count - 1` were verified.
    event QueriesVerified(bytes32 indexed proofId, uint256 first, uint256 count);

    /// @notice With this part the verification is complete.
    event ProofVerified(bytes32 indexed proofId, bytes32 indexed publicValuesHash, bytes32 headerHash);

    /// @notice Hash of the verifying key's descriptor, which holds the hash of its constraint program.
    function keyHash() external view returns (bytes32);

    /// @notice The Create2Factory that created this contract and all that it consists of. The addresses follow from it and
    /// from the init codes: whoever relies on a verifier computes its address from the key file, and compares.
    function factory() external view returns (address);

    /// @notice Number of queries of a proof.
    function queryCount() external view returns (uint256);

    /// @notice The part that verifies headers.
    function headerVerifier() external view returns (IHeaderVerifier);

    /// @notice The part that verifies queries.
    function queryVerifier() external view returns (IQueryVerifier);

    /// @notice The name of the proof with these public values, 4 bytes each, and this header, given by their hashes.
    function proofIdOf(bytes32 publicValuesHash, bytes32 headerHash) external view returns (bytes32);

    /// @notice Hash of the context of a proof whose header was accepted, else zero; and which of its queries were
    /// verified, query q in bit q.
    function progress(bytes32 proofId) external view returns (bytes32 contextHash, uint256 verifiedQueries);

    /// @notice Whether the header and all queries of the proof were verified.
    function isVerified(bytes32 publicValuesHash, bytes32 headerHash) external view returns (bool);

    /// @notice Verifies a header and, unless `queries` is empty, the first queries.
    /// @param publicValues 4 bytes each
    /// @param queries the caps, then queries from number 0 on
    /// @dev Reverts with the errors of `IProofErrors` from `PublicValuesLength` on.
    function submitHeader(bytes calldata publicValues, bytes calldata header, bytes calldata queries)
        external
        returns (bytes32 proofId);

    /// @notice Verifies queries of a proof whose header was accepted.
    /// @param context what the header's verification gave: `headerVerifier().verifyHeader` computes it
    /// @param first number of the first query, from 0
    /// @param queries the caps, then the queries
    /// @dev Reverts with `ContextUnknown` and the errors of `IProofErrors` from `PartLength` on.
    function submitQueries(bytes calldata context, uint256 first, bytes calldata queries) external;
}
