"""prividium.proof.verify with the real verifier and a real proof."""

from pathlib import Path

import pytest

from prividium._core import execute_witness, final_proof_parts
from prividium.proof.prover import OutputMismatch, ProofInvalid
from prividium.proof.verify import PROOF_BYTES_MAX, FinalVerifier, parse_statement, read_proof, statement_of

ROOT = Path(__file__).parents[2]
FROZEN = ROOT / "tests/vectors/outer/batch.final"
PUBLIC_VALUES, HEADER = 8, 8 + 4 * 56 + 2 + 4
"""Offsets in a proof file of a batch (docs/protocol/proof.md §8)."""


@pytest.fixture(scope="module")
def verifier() -> FinalVerifier:
    return FinalVerifier((ROOT / "circuits/guests/batch/final.vk").read_bytes())


@pytest.fixture(scope="module")
def output() -> bytes:
    return execute_witness((ROOT / "tests/vectors/proofs/batch.witness").read_bytes()).digest()


def put(folder: Path, content: bytes) -> Path:
    path = folder / "final.bin"
    path.write_bytes(content)
    return path


def flipped(content: bytes, offset: int) -> bytes:
    return content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :]


def test_a_real_proof_is_verified_for_its_output(verifier: FinalVerifier, output: bytes) -> None:
    verified = verifier(FROZEN, output)
    assert verified.statement == statement_of(FROZEN)
    assert verified.statement.output == output
    assert verified.content == FROZEN.read_bytes()


def test_a_real_proof_of_another_output_is_a_mismatch(verifier: FinalVerifier, output: bytes) -> None:
    with pytest.raises(OutputMismatch) as caught:
        verifier(FROZEN, flipped(output, 31))
    assert caught.value.code == "output_mismatch"


@pytest.mark.parametrize(
    ("offset", "code"),
    [
        (0, "proof_malformed"),
        (PUBLIC_VALUES + 3, "lookup_grinding"),
        (HEADER, "lookup_grinding"),
        (-1, "path_mismatch"),
    ],
)
def test_a_proof_with_one_flipped_bit_is_invalid(
    verifier: FinalVerifier, output: bytes, tmp_path: Path, offset: int, code: str
) -> None:
    content = FROZEN.read_bytes()
    with pytest.raises(ProofInvalid) as caught:
        verifier(put(tmp_path, flipped(content, offset % len(content))), output)
    assert caught.value.code == code


def test_a_proof_that_claims_another_output_is_invalid(verifier: FinalVerifier, output: bytes, tmp_path: Path) -> None:
    last_byte = PUBLIC_VALUES + 4 * 47 + 3
    forged = flipped(FROZEN.read_bytes(), last_byte)
    with pytest.raises(ProofInvalid):
        verifier(put(tmp_path, forged), flipped(output, 31))


@pytest.mark.parametrize("length", [0, 3, 111, -1])
def test_a_truncated_proof_is_invalid(verifier: FinalVerifier, output: bytes, tmp_path: Path, length: int) -> None:
    with pytest.raises(ProofInvalid):
        verifier(put(tmp_path, FROZEN.read_bytes()[:length]), output)


def test_public_values_of_another_shape_state_nothing() -> None:
    values, _ = final_proof_parts(FROZEN.read_bytes())
    for wrong in (values[:-1], [*values, 0], [*values[:16], 256, *values[17:]]):
        with pytest.raises(ProofInvalid):
            parse_statement(wrong)


def test_a_file_that_is_missing_or_too_large_is_a_rejected_proof(tmp_path: Path) -> None:
    with pytest.raises(ProofInvalid):
        read_proof(tmp_path / "final.bin")
    with pytest.raises(ProofInvalid):
        read_proof(put(tmp_path, bytes(PROOF_BYTES_MAX + 1)))
