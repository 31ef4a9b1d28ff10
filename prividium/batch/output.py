"""Forms of a batch's output (`docs/protocol/commitments.md` §5) for JSON and for people."""

from prividium._core import Batch, BatchOutput
from prividium.types import to_hex

FIELDS = (
    "prev_state",
    "new_state",
    "policy_root",
    "l1_inbox_hash",
    "message_root",
    "imported_roots_hash",
    "disclosure_log_root",
    "da_commitment",
)
"""The 32-byte fields in the order of the ABI encoding; chain id and batch number come before them."""


def output_document(output: BatchOutput) -> dict[str, str | int]:
    """The fields by name, roots in hexadecimal, and `digest`, the public value of the proof."""
    document: dict[str, str | int] = {"chainId": output.chain_id, "batchNumber": output.batch_number}
    for name in FIELDS:
        document[_camel(name)] = to_hex(getattr(output, name))
    document["digest"] = to_hex(output.digest())
    return document


def batch_document(batch: Batch) -> dict[str, object]:
    """A batch as the REST API shows it to administrators and auditors; counts never leave the walls."""
    return {
        "number": batch.number,
        "firstBlock": batch.first_block,
        "lastBlock": batch.last_block,
        "transactionCount": batch.transaction_count,
        "policyVersion": batch.policy_version,
        "output": output_document(batch.output),
    }


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
