// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IKeyRegistry} from "./IKeyRegistry.sol";
import {IRoles} from "./IRoles.sol";

/// @notice How far a batch has come.
/// None: not committed, or reverted.
/// Committed: its output is recorded; nothing is known about its truth.
/// Proven: the verifier of the batch's key version completed a proof of exactly this output.
/// Executed: proven, and so are all batches before it; final.
enum Status {
    None,
    Committed,
    Proven,
    Executed
}

/// @notice The fields of a batch's output, the public value of its proof (docs/protocol/commitments.md §5).
/// @param chainId id of the private chain
/// @param batchNumber consecutive from 1
/// @param prevState state root before the batch
/// @param newState state root after the batch
/// @param policyRoot root of the policy table that every call in the batch was judged by
/// @param l1InboxHash reserved, zero
/// @param messageRoot reserved, zero
/// @param importedRootsHash reserved, zero
/// @param disclosureLogRoot reserved, zero
/// @param daCommitment reserved, zero
struct BatchOutput {
    uint256 chainId;
    uint256 batchNumber;
    bytes32 prevState;
    bytes32 newState;
    bytes32 policyRoot;
    bytes32 l1InboxHash;
    bytes32 messageRoot;
    bytes32 importedRootsHash;
    bytes32 disclosureLogRoot;
    bytes32 daCommitment;
}

/// @notice The reserved fields of a batch's output, in their order.
enum ReservedField {
    L1InboxHash,
    MessageRoot,
    ImportedRootsHash,
    DisclosureLogRoot,
    DaCommitment
}

/// @notice What this contract remembers of a batch.
/// @param output keccak256(abi.encode(BatchOutput))
/// @param stateRoot state root after the batch
/// @param policyRoot as in `BatchOutput`
/// @param keyVersion version of the verifying key that was active when the batch was committed
/// @param status as stored; read it through `status` or `batch`, which know of reverted batches
struct BatchRecord {
    bytes32 output;
    bytes32 stateRoot;
    bytes32 policyRoot;
    uint64 keyVersion;
    Status status;
}

/// @title ISettlement
/// @notice The history of one private chain as a chain of commitments: commit → prove → execute. All that reaches this
/// contract are salted roots, their hash, the batch number and the digest of a proof; neither calldata, storage nor events
/// say how many transactions, blocks or users there are.
///
/// Checked: batch numbers are consecutive; each batch starts from the state root that the batch before it ended with,
/// the first from the root fixed at deployment; the output is recomputed here from its fields, so what is proven is
/// what is stored; a complete verification of a proof of exactly that output, by the program, the machine and the
/// recursion circuit that the batch's key version pins; fields without a feature behind them are zero; a batch keeps the
/// key version it was committed under; executed batches never change.
///
/// Assumed: what docs/protocol/proof.md, section 13, says that a proof rests on; and that the verifier behind a key
/// version is the one that its governor announced (`IKeyRegistry`). Whoever relies on a root waits for the L1's finality,
/// and accepts the program behind the key version. Committed and proven batches can be reverted by the operator; rely on
/// executed ones only.
///
/// There is no upgrade path and no pause: a new version of this contract is a new address.
interface ISettlement is IRoles {
    /// @notice The batch is of another chain.
    error ChainIdMismatch(uint256 expected, uint256 given);

    /// @notice The batch is not the next one in line for this call.
    error BatchNumberMismatch(uint256 expected, uint256 given);

    /// @notice The batch does not start from the state root of the batch before it.
    error PrevStateMismatch(bytes32 expected, bytes32 given);

    /// @notice The state root after the batch is zero, which is the root of an empty tree; a chain's state always holds
    /// its head.
    error StateRootZero();

    /// @notice A reserved field carries a value.
    error ReservedFieldSet(ReservedField field, bytes32 value);

    /// @notice The batch has not the status that this call needs.
    error StatusMismatch(uint256 batchNumber, Status expected, Status actual);

    /// @notice No such batch is committed; the newest is `lastCommitted`.
    error BatchUnknown(uint256 batchNumber, uint256 lastCommitted);

    /// @notice `verifier` has not completed a proof with this header and these public values, which are those of the
    /// batch.
    error ProofNotVerified(address verifier, bytes32 publicValuesHash, bytes32 headerHash);

    /// @notice Only batches after `lastExecuted` and up to `lastCommitted` can be reverted.
    error RevertOutOfRange(uint256 from, uint256 lastExecuted, uint256 lastCommitted);

    /// @notice A batch's output is recorded.
    event BatchCommitted(
        uint256 indexed batchNumber, bytes32 indexed output, bytes32 stateRoot, bytes32 policyRoot, uint64 keyVersion
    );

    /// @notice A proof of `output` whose header has the keccak-256 digest `headerHash` was verified.
    event BatchProven(uint256 indexed batchNumber, bytes32 indexed output, bytes32 headerHash);

    /// @notice The batch is final.
    event BatchExecuted(uint256 indexed batchNumber, bytes32 indexed output, bytes32 stateRoot);

    /// @notice Batches `from` to `to`, both included, are no longer committed.
    event BatchesReverted(uint256 indexed from, uint256 indexed to);

    /// @notice Id of the private chain; fixed at deployment.
    function privateChainId() external view returns (uint256);

    /// @notice Where key versions are looked up; fixed at deployment.
    function keyRegistry() external view returns (IKeyRegistry);

    /// @notice Number of the newest committed batch; 0 is the genesis.
    function lastCommitted() external view returns (uint256);

    /// @notice Number of the newest executed batch; 0 is the genesis.
    function lastExecuted() external view returns (uint256);

    /// @notice How far the batch has come; `None` if it is not committed. The genesis is `Executed`.
    function status(uint256 batchNumber) external view returns (Status);

    /// @notice State root after the batch; of batch 0, the genesis state.
    /// @dev Reverts with `BatchUnknown`: zero is a root's value and no sign of absence. Look at `status` as well.
    function stateRoot(uint256 batchNumber) external view returns (bytes32);

    /// @notice Root of the policy table that the batch was judged by; zero for batch 0, which has no calls.
    /// @dev Reverts with `BatchUnknown`.
    function policyRoot(uint256 batchNumber) external view returns (bytes32);

    /// @notice Version of the verifying key of the batch; 0 for batch 0, which has no proof.
    /// @dev Reverts with `BatchUnknown`.
    function keyVersion(uint256 batchNumber) external view returns (uint64);

    /// @notice Everything that is remembered of the batch.
    /// @dev Reverts with `BatchUnknown`.
    function batch(uint256 batchNumber) external view returns (BatchRecord memory);

    /// @notice keccak256(abi.encode(output)): the public value that the batch's proof must carry.
    function hashOutput(BatchOutput calldata output) external pure returns (bytes32);

    /// @notice The public values that the batch's proof must state, 4 bytes each.
    /// @dev Reverts with `BatchUnknown` or, for batch 0, which has no proof, `VersionUnknown`.
    function publicValues(uint256 batchNumber) external view returns (bytes memory);

    /// @notice Records the next batch under the verifying key that is active now.
    /// @dev Operator only. Reverts with `NotRole`, `ChainIdMismatch`, `BatchNumberMismatch`, `PrevStateMismatch`,
    /// `StateRootZero` or `ReservedFieldSet`.
    function commit(BatchOutput calldata output) external;

    /// @notice Marks a committed batch as `Proven`. Batches may be proven in any order.
    /// @param headerHash keccak-256 of the header of a proof whose verification is complete
    /// @dev Anybody may submit it. Reverts with `StatusMismatch` or `ProofNotVerified`. A verification stays valid for a
    /// batch that is reverted and committed again with the same output and key version.
    function prove(uint256 batchNumber, bytes32 headerHash) external;

    /// @notice Makes the oldest unexecuted batch final, once it is proven.
    /// @dev Operator only, so that a mistake that was proven can still be reverted. Reverts with `NotRole`,
    /// `BatchNumberMismatch` or `StatusMismatch`.
    function execute(uint256 batchNumber) external;

    /// @notice Takes back batch `from` and all after it. Executed batches are out of reach.
    /// @dev Operator only. Reverts with `NotRole` or `RevertOutOfRange`. Costs the same for any number of batches.
    function revertBatches(uint256 from) external;
}
