"""Forms of a batch's output (`docs/protocol/commitments.md` §5) for JSON and for people."""

from prividium._core import BatchOutput
from prividium.types import Json, to_hex

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


def output_fields(output: BatchOutput) -> dict[str, Json]:
    """All ten fields by name in the order of the ABI encoding, roots in hexadecimal."""
    document: dict[str, Json] = {"chainId": output.chain_id, "batchNumber": output.batch_number}
    return document | {_camel(name): to_hex(getattr(output, name)) for name in FIELDS}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)
