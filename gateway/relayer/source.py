"""What the relayer needs from the chain: sealed batches and their proofs."""

from pathlib import Path
from typing import Protocol

from eth_abi.abi import encode
from eth_utils.crypto import keccak


class BatchFields(Protocol):
    """The output of a batch (docs/protocol/commitments.md §5); `prividium._core.BatchOutput` is one."""

    @property
    def chain_id(self) -> int: ...
    @property
    def batch_number(self) -> int: ...
    @property
    def prev_state(self) -> bytes: ...
    @property
    def new_state(self) -> bytes: ...
    @property
    def policy_root(self) -> bytes: ...
    @property
    def l1_inbox_hash(self) -> bytes: ...
    @property
    def message_root(self) -> bytes: ...
    @property
    def imported_roots_hash(self) -> bytes: ...
    @property
    def disclosure_log_root(self) -> bytes: ...
    @property
    def da_commitment(self) -> bytes: ...


class BatchSource(Protocol):
    def batch(self, number: int) -> BatchFields | None:
        """Output of a sealed batch; None if it is not sealed yet."""

    def proof_of(self, number: int) -> Path | None:
        """File with the batch's proof; None while there is none."""


def output_tuple(fields: BatchFields) -> tuple[int, int, bytes, bytes, bytes, bytes, bytes, bytes, bytes, bytes]:
    """The fields in the order of Solidity's `BatchOutput`."""
    return (
        fields.chain_id,
        fields.batch_number,
        fields.prev_state,
        fields.new_state,
        fields.policy_root,
        fields.l1_inbox_hash,
        fields.message_root,
        fields.imported_roots_hash,
        fields.disclosure_log_root,
        fields.da_commitment,
    )


def output_digest(fields: BatchFields) -> bytes:
    """The public value that the batch's proof carries."""
    return keccak(encode(["uint256", "uint256", *["bytes32"] * 8], output_tuple(fields)))
