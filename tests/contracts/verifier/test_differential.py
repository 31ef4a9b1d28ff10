"""The contracts and the native verifier over thousands of damaged proofs: the same verdict, for the same reason."""

import random
import re
from collections import Counter
from dataclasses import dataclass, replace

from prividium._core import CoreError, verify_final_proof
from tests.contracts.verifier.conftest import Toy
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain

SEED, DAMAGED = 7, 2_000
ACCEPTED = "accepted"


@dataclass(frozen=True)
class Statement:
    """Public values and parts, as they stand in a proof file."""

    public_values: bytes
    parts: tuple[bytes, ...]


def native(key: bytes, statement: Statement) -> str:
    values = [int.from_bytes(statement.public_values[at : at + 4]) for at in range(0, len(statement.public_values), 4)]
    try:
        verify_final_proof(key, values, list(statement.parts))
    except CoreError as error:
        return error.code
    return ACCEPTED


def on_chain(verifier: VerifierChain, queries_of_part: int, statement: Statement) -> str:
    header, *parts = statement.parts
    try:
        context = verifier.verify_header(statement.public_values, header)
        for number, part in enumerate(parts):
            verifier.verify_queries(context, number * queries_of_part, part)
    except Refused as refused:
        name = str(refused).partition("(")[0]
        return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    return ACCEPTED


def flip(data: bytes, source: random.Random) -> bytes:
    at = source.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << source.randrange(8)]) + data[at + 1 :]


def overflow(data: bytes, source: random.Random) -> bytes:
    at = 4 * source.randrange(len(data) // 4)
    return data[:at] + b"\xff" * 4 + data[at + 4 :]


def swap(data: bytes, source: random.Random) -> bytes:
    """Two neighbouring pieces of one length change places."""
    size = source.choice((4, 16, 26, 32))
    at = source.randrange(len(data) - 2 * size)
    return data[:at] + data[at + size : at + 2 * size] + data[at : at + size] + data[at + 2 * size :]


def cut(data: bytes, source: random.Random) -> bytes:
    return data[: -source.randrange(1, 20)]


def extend(data: bytes, source: random.Random) -> bytes:
    return data + source.randbytes(source.randrange(1, 20))


DAMAGES = (flip, flip, flip, overflow, swap, cut, extend)


def damaged(honest: Statement, other: Statement, source: random.Random) -> Statement:
    """One thing is changed: something in a part, a whole part for another proof's, or a public value."""
    choice = source.randrange(len(honest.parts) + 2)
    if choice == len(honest.parts):
        return replace(honest, public_values=source.choice((flip, overflow))(honest.public_values, source))
    if choice > len(honest.parts):
        number = source.randrange(len(honest.parts))
        parts = (*honest.parts[:number], other.parts[number], *honest.parts[number + 1 :])
        return replace(honest, parts=parts)
    part = source.choice(DAMAGES)(honest.parts[choice], source)
    return replace(honest, parts=(*honest.parts[:choice], part, *honest.parts[choice + 1 :]))


def statement_of(toy: Toy) -> Statement:
    return Statement(toy.final.public_values, tuple(toy.proof.parts))


def test_contract_and_native_verifier_agree_on_every_damaged_proof(
    verifier: VerifierChain, honest: Toy, other: Toy
) -> None:
    key, source = honest.key_file.encode(), random.Random(SEED)
    proof, foreign = statement_of(honest), statement_of(other)
    queries_of_part = int.from_bytes(honest.key_file.descriptor[10:12])
    assert native(key, proof) == on_chain(verifier, queries_of_part, proof) == ACCEPTED
    seen: Counter[str] = Counter()
    for number in range(DAMAGED):
        wrong = damaged(proof, foreign, source)
        verdict = native(key, wrong)
        assert on_chain(verifier, queries_of_part, wrong) == verdict, f"damaged proof {number}"
        seen[verdict] += 1
    assert len(seen) >= 10, seen
