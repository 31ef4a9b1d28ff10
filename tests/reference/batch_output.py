"""The batch output of commitments.md §5."""

from dataclasses import dataclass

from eth_abi.abi import encode
from eth_utils.crypto import keccak


@dataclass(frozen=True)
class BatchOutput:
    """Fields in the order of the encoding."""

    chain_id: int
    batch_number: int
    prev_state: bytes
    new_state: bytes
    policy_root: bytes
    l1_inbox_hash: bytes = bytes(32)
    message_root: bytes = bytes(32)
    imported_roots_hash: bytes = bytes(32)
    disclosure_log_root: bytes = bytes(32)
    da_commitment: bytes = bytes(32)


def digest(output: BatchOutput) -> bytes:
    """The public value of the proof."""
    values = [
        output.chain_id,
        output.batch_number,
        output.prev_state,
        output.new_state,
        output.policy_root,
        output.l1_inbox_hash,
        output.message_root,
        output.imported_roots_hash,
        output.disclosure_log_root,
        output.da_commitment,
    ]
    return keccak(encode(["uint256"] * 2 + ["bytes32"] * 8, values))
