"""A final proof cut into transactions: the header with as many queries as fit, then the others.

L1 takes queries in any portions, each behind the caps of all trees. Fewer transactions are cheaper: each but the first
brings the caps and the header's context once more.
"""

from dataclasses import dataclass

from gateway.verifier.key_file import KeyFile
from prividium.errors import PrividiumError

TRANSACTION_BYTES_MAX = 131_072
"""geth's pool refuses larger ones."""

ENVELOPE_BYTES = 1_024
"""More than signature, fees and ABI encoding take of a transaction besides its payload."""


class ProofMalformed(PrividiumError):
    """The proof file is not of this format and this key."""

    def __init__(self, reason: str) -> None:
        super().__init__("proof_malformed", f"this is not a final proof for the verifying key: {reason}")


@dataclass(frozen=True)
class FinalProof:
    """A proof file, its queries taken apart."""

    public_values: bytes
    header: bytes
    caps: bytes
    queries: list[bytes]

    @staticmethod
    def decode(key: KeyFile, data: bytes) -> "FinalProof":
        values, parts = _parts(data)
        caps, queries = b"", []
        for part in parts[1:]:
            caps, rest = part[: key.caps_bytes], part[key.caps_bytes :]
            if len(rest) % key.query_bytes or not rest:
                raise ProofMalformed("a query part has another length")
            queries += [rest[at : at + key.query_bytes] for at in range(0, len(rest), key.query_bytes)]
        if len(queries) != key.queries:
            raise ProofMalformed(f"{len(queries)} queries, the key wants {key.queries}")
        return FinalProof(values, parts[0], caps, queries)

    def portion(self, first: int, count: int) -> bytes:
        """Queries as L1 takes them; nothing if there are none."""
        return self.caps + b"".join(self.queries[first : first + count]) if count else b""


@dataclass(frozen=True)
class Portion:
    """Queries of one transaction."""

    first: int
    count: int


def portions(proof: FinalProof, context_bytes: int, first_gas_queries_max: int | None = None) -> list[Portion]:
    """How the queries are spread: the first portion travels with the header. `first_gas_queries_max` bounds that one
    where gas, not bytes, is what limits it."""
    room = TRANSACTION_BYTES_MAX - ENVELOPE_BYTES - len(proof.caps)
    size, total = len(proof.queries[0]), len(proof.queries)
    with_header = max(0, min(total, (room - len(proof.header) - len(proof.public_values)) // size))
    if first_gas_queries_max is not None:
        with_header = min(with_header, first_gas_queries_max)
    alone = (room - context_bytes) // size
    if alone < 1:
        raise ProofMalformed("a single query does not fit in a transaction")
    rest = total - with_header
    transactions = -(-rest // alone)
    spread = [Portion(0, with_header)]
    for number in range(transactions):
        done = with_header + rest * number // transactions
        spread.append(Portion(done, with_header + rest * (number + 1) // transactions - done))
    return spread


def _parts(data: bytes) -> tuple[bytes, list[bytes]]:
    """Public values and parts of a proof file (docs/protocol/proof.md §8)."""
    if data[:6] != b"PVOP\x00\x01":
        raise ProofMalformed("another magic or version")
    start = 8 + 4 * int.from_bytes(data[6:8], "big")
    values, at = data[8:start], start + 2
    parts = []
    for _ in range(int.from_bytes(data[start:at], "big")):
        length = int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at + 4 : at + 4 + length])
        at += 4 + length
    if at != len(data) or not parts:
        raise ProofMalformed("its lengths do not add up")
    return values, parts
