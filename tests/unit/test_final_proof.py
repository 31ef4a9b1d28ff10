"""The native verifier of final proofs, called from Python, on the frozen proof."""

from pathlib import Path

import pytest

from prividium._core import CoreError, final_proof_context, final_proof_parts, verify_final_proof

ROOT = Path(__file__).parents[2]
KEY = (ROOT / "circuits/guests/batch/final.vk").read_bytes()
PROOF = (ROOT / "tests/vectors/outer/batch.final").read_bytes()


def test_the_frozen_proof_is_accepted() -> None:
    public_values, parts = final_proof_parts(PROOF)
    verify_final_proof(KEY, public_values, parts)


def test_the_context_belongs_to_the_header() -> None:
    public_values, parts = final_proof_parts(PROOF)
    context = final_proof_context(KEY, public_values, parts[0])
    assert context == final_proof_context(KEY, public_values, parts[0])
    assert len(context) == 8600


@pytest.mark.parametrize(
    ("part", "offset", "code"),
    [(0, 0, "lookup_grinding"), (0, -1, "query_grinding"), (1, 0, "cap_mismatch"), (2, -1, "path_mismatch")],
)
def test_an_altered_part_has_the_code_of_its_check(part: int, offset: int, code: str) -> None:
    public_values, parts = final_proof_parts(PROOF)
    altered = bytearray(parts[part])
    altered[offset] ^= 1
    parts[part] = bytes(altered)
    with pytest.raises(CoreError) as caught:
        verify_final_proof(KEY, public_values, parts)
    assert caught.value.code == code


def test_bytes_that_are_no_proof_are_refused() -> None:
    with pytest.raises(CoreError) as caught:
        final_proof_parts(b"PVOP")
    assert caught.value.code == "proof_malformed"
