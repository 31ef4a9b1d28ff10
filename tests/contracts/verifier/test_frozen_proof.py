"""The frozen final proof of a real batch, verified on L1; its cost is held against tests/vectors/verifier_gas.json.

`PRIVIDIUM_UPDATE_VECTORS=1` writes the file anew.
"""

import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from gateway.relayer.client import L1Client
from gateway.relayer.submit import GAS_LIMIT_MAX
from gateway.verifier.evaluators import evaluators
from gateway.verifier.key_file import CODE_BYTES_MAX, KeyFile
from gateway.verifier.slices import TRANSACTION_BYTES_MAX, FinalProof, portions
from tests.contracts.verifier.verifier_chain import Refused, VerifierChain
from tests.reference.final_proof.errors import Rejected
from tests.reference.final_proof.header import Context, verify_header
from tests.reference.final_proof.key import Key
from tests.reference.final_proof.proof import Proof
from tests.reference.final_proof.queries import verify_queries

ROOT = Path(__file__).parents[3]
SNAPSHOT = ROOT / "tests/vectors/verifier_gas.json"
KEY_BYTES = (ROOT / "circuits/guests/batch/final.vk").read_bytes()
PROOF_BYTES = (ROOT / "tests/vectors/outer/batch.final").read_bytes()


@pytest.fixture(scope="module")
def key() -> KeyFile:
    return KeyFile.decode(KEY_BYTES)


@pytest.fixture(scope="module")
def final(key: KeyFile) -> FinalProof:
    return FinalProof.decode(key, PROOF_BYTES)


@pytest.fixture(scope="module")
def context() -> Context:
    """Of the twin."""
    proof = Proof.decode(PROOF_BYTES)
    return verify_header(Key.decode(KEY_BYTES), proof.public_values, proof.parts[0])


@pytest.fixture(scope="module")
def real(shared_url: str, key: KeyFile) -> Iterator[VerifierChain]:
    with closing(L1Client(shared_url, timeout_seconds=60)) as client:
        yield VerifierChain(client, key)


def test_evaluators_fit_their_contracts_and_are_the_same_each_time(key: KeyFile) -> None:
    codes = evaluators(key.program)
    assert max(map(len, codes)) <= CODE_BYTES_MAX
    assert codes == evaluators(key.program)


def test_the_real_proof_is_verified_in_two_transactions(
    real: VerifierChain, final: FinalProof, context: Context
) -> None:
    encoded = context.encode()
    assert real.verify_header(final.public_values, final.header) == encoded
    parts = portions(final, len(encoded))
    gas = {"header and first queries": 0, "other queries": 0}
    sent = [len(final.public_values) + len(final.header) + len(final.portion(0, parts[0].count))]
    receipt = real.submit_header(final.public_values, final.header, final.portion(0, parts[0].count))
    gas["header and first queries"] = receipt.gas_used
    for part in parts[1:]:
        data = final.portion(part.first, part.count)
        receipt = real.submit_queries(encoded, part.first, data)
        gas["other queries"] += receipt.gas_used
        sent.append(len(encoded) + len(data))
    assert real.read("isVerified", keccak(final.public_values), keccak(final.header)) is True
    assert max(sent) <= TRANSACTION_BYTES_MAX
    assert max(gas.values()) < GAS_LIMIT_MAX
    figures = gas | {"total": sum(gas.values()), "bytes": sum(sent), "transactions": len(sent)}
    if os.environ.get("PRIVIDIUM_UPDATE_VECTORS") == "1":
        SNAPSHOT.write_text(json.dumps(figures, indent=1) + "\n")
    expected = json.loads(SNAPSHOT.read_text())
    for name, figure in figures.items():
        assert figure <= expected[name] * 1.001, f"{name}: {figure:,}, snapshot {expected[name]:,}"


def test_a_header_alone_fits_as_well(real: VerifierChain, final: FinalProof) -> None:
    receipt = real.submit_header(final.public_values, final.header)
    assert receipt.gas_used < GAS_LIMIT_MAX


def test_mutated_queries_fail_where_the_twin_says(real: VerifierChain, final: FinalProof, context: Context) -> None:
    key, encoded, size = Key.decode(KEY_BYTES), context.encode(), len(final.queries[0])
    for at in range(5, size, size // 24):
        query = final.queries[3]
        wrong = final.caps + query[:at] + bytes([query[at] ^ 1]) + query[at + 1 :]
        with pytest.raises(Rejected) as twin:
            verify_queries(key, context, 3, 1, wrong)
        with pytest.raises(Refused) as contract:
            real.verify_queries(encoded, 3, wrong)
        assert str(contract.value) == f"PathMismatch(query={twin.value.where[0]}, tree={twin.value.where[1]})"
        assert twin.value.code == "path_mismatch"


def test_a_public_value_of_the_dag_commitment_cannot_be_exchanged(real: VerifierChain, final: FinalProof) -> None:
    values = bytearray(final.public_values)
    values[4 * 48 + 3] ^= 1
    with pytest.raises(Refused, match=r"^LookupGrinding\(\)$"):
        real.verify_header(bytes(values), final.header)
