"""prividium.proof.verify with the real verifier and a real proof."""

from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from prividium.proof.prover import (
    OutputMismatch,
    ProofInvalid,
    ProofVersionMismatch,
    ProverUnavailable,
    locate,
)
from prividium.proof.verify import ProofVerifier, parse_header

FROZEN = Path(__file__).parents[1] / "vectors" / "proofs" / "batch.proof"

VERSION, EXE, VM, OUTPUT, LENGTH, STARK = 4, 8, 40, 72, 104, 112
"""Offsets in a proof file."""


@pytest.fixture(scope="module")
def proof() -> bytes:
    return FROZEN.read_bytes()


@pytest.fixture(scope="module")
def verifier() -> ProofVerifier:
    return ProofVerifier(locate(None))


def put(folder: Path, content: bytes) -> Path:
    path = folder / "proof.bin"
    path.write_bytes(content)
    return path


def flipped(content: bytes, offset: int) -> bytes:
    return content[:offset] + bytes([content[offset] ^ 1]) + content[offset + 1 :]


def test_a_real_proof_is_verified_for_its_output(verifier: ProofVerifier, proof: bytes) -> None:
    header = parse_header(proof)
    verified = verifier(FROZEN, header.output)
    assert verified.output == header.output
    assert verified.file_digest == keccak(proof)
    assert (verified.app_exe_commit, verified.app_vm_commit) == (header.app_exe_commit, header.app_vm_commit)


def test_a_real_proof_of_another_output_is_a_mismatch(verifier: ProofVerifier, proof: bytes) -> None:
    with pytest.raises(OutputMismatch) as caught:
        verifier(FROZEN, flipped(parse_header(proof).output, 31))
    assert caught.value.code == "output_mismatch"


@pytest.mark.parametrize("position", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.999])
def test_a_proof_with_one_flipped_bit_is_invalid(
    verifier: ProofVerifier, proof: bytes, tmp_path: Path, position: float
) -> None:
    offset = STARK + int(position * (len(proof) - STARK))
    with pytest.raises(ProofInvalid) as caught:
        verifier(put(tmp_path, flipped(proof, offset)), parse_header(proof).output)
    assert caught.value.code == "proof_invalid"


def test_a_proof_whose_header_names_another_output_is_invalid(
    verifier: ProofVerifier, proof: bytes, tmp_path: Path
) -> None:
    forged = flipped(proof, OUTPUT)
    with pytest.raises(ProofInvalid):
        verifier(put(tmp_path, forged), parse_header(forged).output)


@pytest.mark.parametrize("offset", [VERSION + 3, EXE, VM])
def test_a_proof_of_another_version_or_program_is_told_apart(
    verifier: ProofVerifier, proof: bytes, tmp_path: Path, offset: int
) -> None:
    with pytest.raises(ProofVersionMismatch):
        verifier(put(tmp_path, flipped(proof, offset)), parse_header(proof).output)


@pytest.mark.parametrize("length", [0, 3, 111, -1])
def test_a_truncated_proof_is_invalid(verifier: ProofVerifier, proof: bytes, tmp_path: Path, length: int) -> None:
    with pytest.raises(ProofInvalid):
        verifier(put(tmp_path, proof[:length]), parse_header(proof).output)


def test_a_verifier_that_cannot_run_reaches_no_verdict(proof: bytes, tmp_path: Path) -> None:
    with pytest.raises(ProverUnavailable):
        ProofVerifier(tmp_path / "absent")(FROZEN, parse_header(proof).output)
