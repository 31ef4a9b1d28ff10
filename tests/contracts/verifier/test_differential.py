"""The contracts and the native verifier over thousands of damaged proofs: the same verdict, for the same reason."""

import random
import re
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from gateway.relayer.client import L1Client
from gateway.verifier.key_file import KeyFile
from prividium._core import CoreError, final_proof_parts, verify_final_proof
from tests.contracts.verifier.conftest import Toy
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain

ROOT = Path(__file__).parents[3]
KEY = ROOT / "circuits/guests/batch/final.vk"
PROOF, ANOTHER_PROOF = ROOT / "tests/vectors/outer/batch.final", ROOT / "tests/vectors/proofs/scenario_1.final"

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


def statement_of(proof: bytes) -> Statement:
    values, parts = final_proof_parts(proof)
    return Statement(b"".join(value.to_bytes(4, "big") for value in values), tuple(parts))


def verdicts(chain: VerifierChain, key: KeyFile, proofs: tuple[Statement, Statement], count: int) -> Counter[str]:
    """Damages the first of two honest proofs `count` times; how often each verdict was given, by both."""
    proof, foreign = proofs
    encoded, source = key.encode(), random.Random(SEED)
    queries_of_part = int.from_bytes(key.descriptor[10:12])
    assert native(encoded, proof) == on_chain(chain, queries_of_part, proof) == ACCEPTED
    seen: Counter[str] = Counter()
    for number in range(count):
        wrong = damaged(proof, foreign, source)
        verdict = native(encoded, wrong)
        assert on_chain(chain, queries_of_part, wrong) == verdict, f"damaged proof {number}"
        seen[verdict] += 1
    return seen


def test_contract_and_native_verifier_agree_on_every_damaged_proof(
    verifier: VerifierChain, honest: Toy, other: Toy
) -> None:
    proofs = statement_of(honest.proof.encode()), statement_of(other.proof.encode())
    seen = verdicts(verifier, honest.key_file, proofs, DAMAGED)
    assert len(seen) >= 8 and ACCEPTED not in seen, seen


@pytest.mark.parametrize("count", [100, pytest.param(DAMAGED, marks=pytest.mark.slow)])
def test_they_agree_on_damaged_proofs_of_a_real_batch(shared_url: str, count: int) -> None:
    key = KeyFile.decode(KEY.read_bytes())
    proofs = statement_of(PROOF.read_bytes()), statement_of(ANOTHER_PROOF.read_bytes())
    with closing(L1Client(shared_url, timeout_seconds=60)) as client:
        seen = verdicts(VerifierChain(client, key), key, proofs, count)
    assert len(seen) >= 8 and ACCEPTED not in seen, seen
