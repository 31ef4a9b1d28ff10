// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IHeaderVerifier} from "../interfaces/IHeaderVerifier.sol";
import {IProofVerifier} from "../interfaces/IProofVerifier.sol";
import {IQueryVerifier} from "../interfaces/IQueryVerifier.sol";
import {ContextLayout} from "./Context.sol";
import {Key, KeyCode} from "./Key.sol";
import {KeyCheck} from "./KeyCheck.sol";

/// @title ProofVerifier
/// @notice See IProofVerifier.
contract ProofVerifier is IProofVerifier {
    struct Progress {
        bytes32 contextHash;
        uint256 verifiedQueries;
    }

    /// @inheritdoc IProofVerifier
    bytes32 public immutable keyHash;

    /// @inheritdoc IProofVerifier
    address public immutable factory;

    /// @inheritdoc IProofVerifier
    uint256 public immutable queryCount;

    /// @inheritdoc IProofVerifier
    IHeaderVerifier public immutable headerVerifier;

    /// @inheritdoc IProofVerifier
    IQueryVerifier public immutable queryVerifier;

    /// @inheritdoc IProofVerifier
    mapping(bytes32 proofId => Progress) public progress;

    constructor(IHeaderVerifier headerVerifier_, IQueryVerifier queryVerifier_) {
        address directory = headerVerifier_.directory();
        require(
            directory == queryVerifier_.directory(), KeyDirectoryMismatch(directory, queryVerifier_.directory())
        );
        Key memory key = KeyCheck.check(directory);
        keyHash = key.hash;
        queryCount = key.queries;
        factory = msg.sender;
        headerVerifier = headerVerifier_;
        queryVerifier = queryVerifier_;
    }

    /// @inheritdoc IProofVerifier
    function submitHeader(bytes calldata publicValues, bytes calldata header, bytes calldata queries)
        external
        returns (bytes32 proofId)
    {
        bytes memory context = headerVerifier.verifyHeader(publicValues, header);
        bytes32 publicValuesHash = keccak256(publicValues);
        bytes32 headerHash = keccak256(header);
        proofId = proofIdOf(publicValuesHash, headerHash);
        progress[proofId].contextHash = keccak256(context);
        emit HeaderVerified(proofId, publicValuesHash, headerHash);

        if (queries.length != 0) {
            uint256 count = queryVerifier.verifyQueries(context, 0, queries);
            _record(proofId, publicValuesHash, headerHash, 0, count);
        }
    }

    /// @inheritdoc IProofVerifier
    function submitQueries(bytes calldata context, uint256 first, bytes calldata queries) external {
        bytes32 proofId = context.length < ContextLayout.NAME_BYTES
            ? bytes32(0)
            : keccak256(context[:ContextLayout.NAME_BYTES]);
        bytes32 contextHash = progress[proofId].contextHash;
        require(contextHash != 0 && contextHash == keccak256(context), ContextUnknown(proofId));

        uint256 count = queryVerifier.verifyQueries(context, first, queries);
        _record(proofId, bytes32(context[32:64]), bytes32(context[64:96]), first, count);
    }

    /// @inheritdoc IProofVerifier
    function proofIdOf(bytes32 publicValuesHash, bytes32 headerHash) public view returns (bytes32) {
        return keccak256(abi.encodePacked(keyHash, publicValuesHash, headerHash));
    }

    /// @inheritdoc IProofVerifier
    function isVerified(bytes32 publicValuesHash, bytes32 headerHash) external view returns (bool) {
        return progress[proofIdOf(publicValuesHash, headerHash)].verifiedQueries == _allQueries();
    }

    function _record(bytes32 proofId, bytes32 publicValuesHash, bytes32 headerHash, uint256 first, uint256 count)
        private
    {
        uint256 before = progress[proofId].verifiedQueries;
        uint256 verified = before | (((1 << count) - 1) << first);
        emit QueriesVerified(proofId, first, count);
        if (verified == before) return;

        progress[proofId].verifiedQueries = verified;
        if (verified == _allQueries()) emit ProofVerified(proofId, publicValuesHash, headerHash);
    }

    function _allQueries() private view returns (uint256) {
        return (1 << queryCount) - 1;
    }
}
