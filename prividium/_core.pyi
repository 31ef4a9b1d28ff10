"""Typed face of the Rust core (`circuits/python`). It converts types and errors only.

Addresses are 20 bytes, hashes and roots 32 bytes, amounts plain `int`. Every call that does work releases the GIL.
"""

from collections.abc import Sequence
from typing import Literal, Self, final

__all__ = [
    "AccessListItem",
    "Batch",
    "BatchOutput",
    "Block",
    "CallRequest",
    "CoreError",
    "DeniedError",
    "ExplainedFrame",
    "Explanation",
    "Genesis",
    "GenesisAccount",
    "Ledger",
    "Log",
    "PolicyTable",
    "ReadQueue",
    "Receipt",
    "RevertedError",
    "SealLimits",
    "SimulatedCall",
    "TraceFrame",
    "Transaction",
    "contract_address",
    "decode_transaction",
    "execute_witness",
    "final_proof_context",
    "final_proof_parts",
    "replay_call",
    "verify_final_proof",
]

_Access = Literal["read", "write"]

class CoreError(Exception):
    """A refusal or failure with a stable `code` (for example `nonce_too_low`, `store_locked`)."""

    code: str
    message: str

class DeniedError(CoreError):
    """The policy denied the call; `code` is the reason id of `docs/protocol/policy.md`."""

    target: bytes | None
    selector: bytes

class RevertedError(CoreError):
    """A simulated call reverted; `data` is the revert data."""

    data: bytes

@final
class GenesisAccount:
    def __new__(cls, address: bytes, balance: int = 0, nonce: int = 0, code: bytes = b"") -> Self: ...

@final
class Genesis:
    def __new__(
        cls,
        chain_id: int,
        timestamp: int,
        beneficiary: bytes,
        block_gas_limit: int,
        accounts: Sequence[GenesisAccount],
    ) -> Self: ...

@final
class PolicyTable:
    """The compiled policy: entries as in `docs/protocol/policy.md`."""

    def __new__(cls, version: int, entries: Sequence[tuple[bytes, bytes]]) -> Self:
        """`entries`: (key preimage, entry bytes). Raises `CoreError("policy_invalid")`."""
    version: int
    def decide(
        self,
        signer: bytes,
        target: bytes | None,
        data: bytes,
        access: _Access,
        target_has_code: bool,
        target_is_precompile: bool = False,
        timestamp: int | None = None,
    ) -> str:
        """The reason id of an allowed top-level call; raises `DeniedError`. `timestamp` is the block's, by default the
        present time. Limits count when a transaction executes, not here.
        """

@final
class Log:
    address: bytes
    topics: list[bytes]
    data: bytes

@final
class Receipt:
    transaction_hash: bytes
    block_number: int
    block_hash: bytes
    index: int
    status: int
    gas_used: int
    cumulative_gas_used: int
    effective_gas_price: int
    contract_address: bytes | None
    logs: list[Log]

@final
class AccessListItem:
    address: bytes
    storage_keys: list[bytes]

@final
class Transaction:
    """A decoded, signature-checked transaction; block fields are None while it is pending."""

    hash: bytes
    raw: bytes
    type: int
    chain_id: int
    nonce: int
    sender: bytes
    to: bytes | None
    value: int
    gas_limit: int
    max_fee_per_gas: int
    max_priority_fee_per_gas: int
    data: bytes
    access_list: list[AccessListItem]
    y_parity: int
    r: int
    s: int
    block_number: int | None
    block_hash: bytes | None
    index: int | None

@final
class Block:
    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    beneficiary: bytes
    gas_limit: int
    gas_used: int
    transactions_digest: bytes
    receipts_digest: bytes
    policy_version: int
    transaction_hashes: list[bytes]

@final
class BatchOutput:
    """The fields of `docs/protocol/commitments.md` §5."""

    chain_id: int
    batch_number: int
    prev_state: bytes
    new_state: bytes
    policy_root: bytes
    l1_inbox_hash: bytes
    message_root: bytes
    imported_roots_hash: bytes
    disclosure_log_root: bytes
    da_commitment: bytes
    def digest(self) -> bytes:
        """keccak256 of the ABI encoding: the public value of the proof."""

@final
class Batch:
    number: int
    first_block: int
    last_block: int
    transaction_count: int
    policy_version: int
    output: BatchOutput

@final
class SealLimits:
    def __new__(cls, transactions_max: int, cycles_max: int) -> Self: ...

@final
class CallRequest:
    def __new__(
        cls,
        sender: bytes,
        to: bytes | None,
        data: bytes = b"",
        value: int = 0,
        gas_limit: int | None = None,
    ) -> Self: ...

@final
class TraceFrame:
    """One frame of an execution; `sender` opened it, `permitted` says whether the policy in force would let the signer
    make this very call directly, as a read.
    """

    depth: int
    kind: str
    """CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE, CREATE2 or SELFDESTRUCT."""
    sender: bytes
    to: bytes | None
    data: bytes
    output: bytes
    value: int
    gas: int
    gas_used: int
    error: str | None
    permitted: bool

@final
class ExplainedFrame:
    """One frame of an explained call and what the policy decides about it."""

    depth: int
    kind: str
    """CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2."""
    sender: bytes
    target: bytes | None
    """Whose rule is asked; None for a creation. For DELEGATECALL the contract in whose context the code runs."""
    code: bytes | None
    data: bytes
    """Empty for a creation."""
    value: int
    access: _Access
    allowed: bool
    reason: str
    waives: bool
    """Its rule is an umbrella: the frames below are not judged."""

@final
class Explanation:
    """The judge's verdict on a call; `decisive` is the position of the frame that decided: the first denied one, or the
    call's own. Frames behind it tell what would be denied next.
    """

    allowed: bool
    decisive: int
    frames: list[ExplainedFrame]

@final
class SimulatedCall:
    """What one call of `Ledger.simulate` did; `output` is its revert data if it failed."""

    status: bool
    output: bytes
    gas_limit: int
    gas_used: int
    logs: list[Log]

@final
class Ledger:
    """The chain: store, executor, mempool, sealer. One process opens a store at a time."""

    @staticmethod
    def open(path: str, genesis: Genesis, secret: bytes) -> Ledger:
        """Open or create the store in the directory `path`; `secret` is the 32-byte key of all salts.

        Codes: `store_locked`, `store_corrupt`, `store_version`, `store_io`, `disk_full`, `genesis_mismatch`,
        `genesis_invalid`, `secret_invalid`. Any method of a closed ledger raises `ledger_closed`.
        """
    def close(self) -> None: ...
    # chain
    def head(self) -> Block: ...
    def block(self, number: int) -> Block | None: ...
    def block_by_hash(self, block_hash: bytes) -> Block | None: ...
    def block_transactions(self, number: int) -> list[tuple[Transaction, Receipt]] | None:
        """Those of the block at a height, in order: one step where reading each of them would be many."""

    def transaction(self, transaction_hash: bytes) -> Transaction | None: ...
    def receipt(self, transaction_hash: bytes) -> Receipt | None: ...
    # state at the head
    def balance(self, address: bytes) -> int: ...
    def nonce(self, address: bytes, pending: bool = False) -> int: ...
    def code(self, address: bytes) -> bytes: ...
    def storage(self, address: bytes, slot: int) -> int: ...
    # policy
    def policy_version(self) -> int: ...
    def set_policy(self, table: PolicyTable) -> None:
        """Takes effect with the next block; blocks under another version seal into batches of their own.

        Versions ascend; one in use is never given other entries (`policy_invalid`).
        """
    # transactions
    def submit(self, raw: Sequence[bytes]) -> list[bytes | CoreError]:
        """Validate, judge by simulation and persist; durable when it returns. One answer per item: hash or refusal.

        Codes: `rlp_invalid`, `transaction_type_unsupported`, `chain_id_mismatch`, `signature_invalid`,
        `nonce_too_low`, `nonce_too_high`, `gas_limit_too_high`, `gas_limit_too_low`, `insufficient_funds`,
        `replacement_underpriced`, `mempool_full`, `transaction_too_large`; a `DeniedError` for policy.
        A transaction that is already known returns its hash again.
        """
    def pending(self) -> int:
        """Number of transactions waiting for a block."""
    def produce_block(self, timestamp: int, limits: SealLimits | None = None) -> Block | None:
        """Execute what is ready, in one write transaction, within one batch's limits; None if nothing is ready.

        `timestamp` is in seconds and not before the parent's (`timestamp_too_low`).
        """
    def dropped(self, transaction_hash: bytes) -> str | None:
        """Code of why a waiting transaction was dropped at block time; None if it was not. The last 65,536 are kept."""
    def call(self, request: CallRequest, judged: bool = True) -> bytes:
        """eth_call at the head, judged as a read; raises `DeniedError`, `RevertedError`, `CoreError`."""
    def read(self, request: CallRequest) -> bytes:
        """As `call`, of a contract: an address without code is refused like a contract without a rule, and takes as
        long.
        """
    def require_readable(self, request: CallRequest) -> None:
        """Raises `DeniedError` for what `read` would not run at all."""
    def estimate_gas(self, request: CallRequest, judged: bool = True) -> int:
        """The smallest gas limit that succeeds, judged as a write."""
    def simulate(self, blocks: Sequence[Sequence[CallRequest]]) -> list[list[SimulatedCall]]:
        """Run blocks of calls on top of the head, each on the state that those before it left, judged as transactions;
        what only reading permits runs as a read, and its changes are dropped. Raises `DeniedError`, `CoreError`.
        """
    def trace_call(self, request: CallRequest, judged: bool = True) -> list[TraceFrame]:
        """The frames of a call at the head, each after the one that opened it; judged as `call` judges it."""
    def explain(self, request: CallRequest, access: _Access) -> Explanation:
        """The verdict on a call at the head, and what the policy in force decides about each frame of it.

        Codes: those of a call that cannot run (`insufficient_funds`), `explanation_too_large`.
        """
    def trace_transaction(self, transaction_hash: bytes) -> list[TraceFrame]:
        """The frames of a transaction in a block, run again where it stood.

        Codes: `not_found`, `trace_too_far` (behind too many transactions of one batch), `trace_too_large`.
        """
    def signature_valid(self, account: bytes, digest: bytes, signature: bytes, gas_limit: int) -> bool:
        """ERC-1271 at the head: does an account with code accept a signature? What it calls to find out is judged as a
        read by a wallet without roles; a refusal of whatever kind is False. Raises `CoreError` for the store's errors.
        """
    # batches
    def unsealed(self) -> tuple[int, int, int]:
        """(transactions, estimated cycles, timestamp of the first block) not yet in a batch; zeros if none."""
    def seal(self, limits: SealLimits) -> Batch | None:
        """Seal the oldest unsealed blocks within the limits (at least one block); None if there are none."""
    def last_batch(self) -> int: ...
    def batch(self, number: int) -> Batch | None:
        """A sealed batch; batch 0 is the genesis and names its state."""
    def batch_of_block(self, number: int) -> int | None: ...
    def witness(self, batch_number: int) -> bytes:
        """The proof's input (`docs/protocol/witness.md`)."""
    # disclosure openings, JSON documents of `docs/protocol/disclosure.md`
    def open_transaction(self, transaction_hash: bytes) -> str: ...
    def open_account(self, batch_number: int, address: bytes, slots: Sequence[int]) -> str:
        """An account and slots of it at the end of a batch, with their paths to its state root (`docs/rpc.md`)."""
    def open_call(self, batch_number: int, to: bytes, data: bytes) -> str:
        """State openings that suffice to replay a read-only call at the end of a batch.

        Raises `CoreError("absence_undisclosable")` where a path of absence would show a neighbour's key.
        """

@final
class ReadQueue:
    """Runs calls of one ledger on threads of its own, until it is dropped."""

    def __new__(cls, ledger: Ledger, threads: int) -> Self: ...
    def fileno(self) -> int: ...
    def submit(self, ticket: int, request: CallRequest, of_contract: bool) -> None:
        """Begin a call as `Ledger.read` if `of_contract`, else as `Ledger.call`."""

    def fetch(self) -> list[tuple[int, bytes | CoreError]]:
        """Every answer since the last time, by ticket. `fileno` is readable while there are some."""

def execute_witness(witness: bytes) -> BatchOutput:
    """Run the state transition natively over a batch's witness; raises `CoreError` with the exact failure."""

def replay_call(opening: str, state_root: bytes) -> bytes:
    """Check the openings of `Ledger.open_call` against a state root and run the call over them alone."""

def contract_address(sender: bytes, nonce: int) -> bytes: ...
def decode_transaction(raw: bytes) -> Transaction:
    """Decode and recover the sender; `CoreError` codes as for `submit`."""

def final_proof_parts(proof: bytes) -> tuple[list[int], list[bytes]]:
    """Public values and parts of a final proof's file (`docs/protocol/proof.md`); nothing is verified."""

def verify_final_proof(key: bytes, public_values: Sequence[int], parts: Sequence[bytes]) -> None:
    """Verify a final proof; raises `CoreError` with the code of the first check that fails."""

def final_proof_context(key: bytes, public_values: Sequence[int], header_part: bytes) -> bytes:
    """Verify a header and return the context that L1 wants beside each query part."""
