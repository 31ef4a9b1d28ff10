// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry, VerifyingKey} from "./interfaces/IKeyRegistry.sol";
import {IProofVerifier} from "./interfaces/IProofVerifier.sol";
import {Role} from "./interfaces/IRoles.sol";
import {BatchOutput, BatchRecord, ISettlement, ReservedField, Status} from "./interfaces/ISettlement.sol";
import {ProofStatement} from "./ProofStatement.sol";
import {Roles} from "./Roles.sol";

/// @title Settlement
/// @notice See ISettlement.
contract Settlement is ISettlement, Roles {
    /// @inheritdoc ISettlement
    uint256 public immutable privateChainId;

    /// @inheritdoc ISettlement
    IKeyRegistry public immutable keyRegistry;

    /// @inheritdoc ISettlement
    uint256 public lastCommitted;

    /// @inheritdoc ISettlement
    uint256 public lastExecuted;

    /// @dev Records above `lastCommitted` are left from reverted batches and mean nothing.
    mapping(uint256 batchNumber => BatchRecord) private _records;

    constructor(
        uint256 privateChainId_,
        bytes32 genesisState,
        IKeyRegistry keyRegistry_,
        address governor,
        address operator
    ) Roles(governor) {
        require(address(keyRegistry_) != address(0), ZeroAddress());
        require(genesisState != 0, StateRootZero());

        privateChainId = privateChainId_;
        keyRegistry = keyRegistry_;
        _records[0].stateRoot = genesisState;
        _records[0].status = Status.Executed;
        _appoint(Role.Operator, operator);
    }

    /// @inheritdoc ISettlement
    function commit(BatchOutput calldata output) external only(Role.Operator) {
        uint256 number = lastCommitted + 1;
        bytes32 prevState = _records[lastCommitted].stateRoot;

        require(output.chainId == privateChainId, ChainIdMismatch(privateChainId, output.chainId));
        require(output.batchNumber == number, BatchNumberMismatch(number, output.batchNumber));
        require(output.prevState == prevState, PrevStateMismatch(prevState, output.prevState));
        require(output.newState != 0, StateRootZero());
        _requireUnset(ReservedField.L1InboxHash, output.l1InboxHash);
        _requireUnset(ReservedField.MessageRoot, output.messageRoot);
        _requireUnset(ReservedField.ImportedRootsHash, output.importedRootsHash);
        _requireUnset(ReservedField.DisclosureLogRoot, output.disclosureLogRoot);
        _requireUnset(ReservedField.DaCommitment, output.daCommitment);

        bytes32 digest = hashOutput(output);
        uint64 version = keyRegistry.activeVersion();

        lastCommitted = number;
        _records[number] = BatchRecord({
            output: digest,
            stateRoot: output.newState,
            policyRoot: output.policyRoot,
            keyVersion: version,
            status: Status.Committed
        });

        emit BatchCommitted(number, digest, output.newState, output.policyRoot, version);
    }

    /// @inheritdoc ISettlement
    function prove(uint256 batchNumber, bytes32 headerHash) external {
        _requireStatus(batchNumber, Status.Committed);
        BatchRecord storage record = _records[batchNumber];
        VerifyingKey memory key = keyRegistry.key(record.keyVersion);
        bytes32 publicValuesHash = keccak256(ProofStatement.publicValues(key, record.output));
        require(
            IProofVerifier(key.verifier).isVerified(publicValuesHash, headerHash),
            ProofNotVerified(key.verifier, publicValuesHash, headerHash)
        );

        record.status = Status.Proven;

        emit BatchProven(batchNumber, record.output, headerHash);
    }

    /// @inheritdoc ISettlement
    function execute(uint256 batchNumber) external only(Role.Operator) {
        uint256 number = lastExecuted + 1;
        require(batchNumber == number, BatchNumberMismatch(number, batchNumber));
        _requireStatus(batchNumber, Status.Proven);

        BatchRecord storage record = _records[batchNumber];
        lastExecuted = number;
        record.status = Status.Executed;

        emit BatchExecuted(number, record.output, record.stateRoot);
    }

    /// @inheritdoc ISettlement
    function revertBatches(uint256 from) external only(Role.Operator) {
        uint256 to = lastCommitted;
        require(from > lastExecuted && from <= to, RevertOutOfRange(from, lastExecuted, to));

        lastCommitted = from - 1;

        emit BatchesReverted(from, to);
    }

    /// @inheritdoc ISettlement
    function status(uint256 batchNumber) public view returns (Status) {
        return batchNumber > lastCommitted ? Status.None : _records[batchNumber].status;
    }

    /// @inheritdoc ISettlement
    function stateRoot(uint256 batchNumber) external view returns (bytes32) {
        return _record(batchNumber).stateRoot;
    }

    /// @inheritdoc ISettlement
    function policyRoot(uint256 batchNumber) external view returns (bytes32) {
        return _record(batchNumber).policyRoot;
    }

    /// @inheritdoc ISettlement
    function keyVersion(uint256 batchNumber) external view returns (uint64) {
        return _record(batchNumber).keyVersion;
    }

    /// @inheritdoc ISettlement
    function batch(uint256 batchNumber) external view returns (BatchRecord memory) {
        return _record(batchNumber);
    }

    /// @inheritdoc ISettlement
    function hashOutput(BatchOutput calldata output) public pure returns (bytes32) {
        return keccak256(abi.encode(output));
    }

    /// @inheritdoc ISettlement
    function publicValues(uint256 batchNumber) external view returns (bytes memory) {
        BatchRecord storage record = _record(batchNumber);
        return ProofStatement.publicValues(keyRegistry.key(record.keyVersion), record.output);
    }

    function _record(uint256 batchNumber) private view returns (BatchRecord storage) {
        require(batchNumber <= lastCommitted, BatchUnknown(batchNumber, lastCommitted));
        return _records[batchNumber];
    }

    function _requireStatus(uint256 batchNumber, Status expected) private view {
        Status actual = status(batchNumber);
        require(actual == expected, StatusMismatch(batchNumber, expected, actual));
    }

    function _requireUnset(ReservedField field, bytes32 value) private pure {
        require(value == 0, ReservedFieldSet(field, value));
    }
}
