"""Section 8: the proof file, and section 10: the whole verification."""

from dataclasses import dataclass

from tests.reference.final_proof.errors import demand
from tests.reference.final_proof.field import encode_base
from tests.reference.final_proof.header import verify_header, verify_public_values
from tests.reference.final_proof.key import Key
from tests.reference.final_proof.queries import verify_queries


@dataclass(frozen=True)
class Proof:
    public_values: list[int]
    parts: list[bytes]

    def encode(self) -> bytes:
        head = b"PVOP" + (1).to_bytes(2, "big") + len(self.public_values).to_bytes(2, "big")
        head += encode_base(self.public_values) + len(self.parts).to_bytes(2, "big")
        return head + b"".join(len(part).to_bytes(4, "big") + part for part in self.parts)

    @staticmethod
    def decode(data: bytes) -> "Proof":
        demand(data[:6] == b"PVOP\x00\x01", "proof_malformed")
        count = int.from_bytes(data[6:8], "big")
        values = [int.from_bytes(data[8 + 4 * i : 12 + 4 * i], "big") for i in range(count)]
        at = 8 + 4 * count
        parts, number = [], int.from_bytes(data[at : at + 2], "big")
        at += 2
        for _ in range(number):
            length = int.from_bytes(data[at : at + 4], "big")
            parts.append(data[at + 4 : at + 4 + length])
            at += 4 + length
        proof = Proof(values, parts)
        demand(proof.encode() == data, "proof_malformed")
        return proof


def verify(key: Key, public_values: list[int], data: bytes) -> None:
    """Raises Rejected with the first check that fails."""
    verify_public_values(key, public_values)
    proof = Proof.decode(data)
    demand(proof.public_values == public_values, "public_values_mismatch")
    p = key.parameters
    demand(len(proof.parts) == 1 + -(-p.queries // p.queries_in_part), "proof_malformed")
    context = verify_header(key, public_values, proof.parts[0])
    for number, part in enumerate(proof.parts[1:]):
        first = number * p.queries_in_part
        verify_queries(key, context, first, min(p.queries_in_part, p.queries - first), part)
