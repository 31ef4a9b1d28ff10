"""prividium.proof: what the prover says, and what is made of it."""

import json
from pathlib import Path

import pytest

from prividium.errors import ConfigurationError
from prividium.proof.prover import (
    OutputMismatch,
    Progress,
    ProofInvalid,
    ProofVersionMismatch,
    ProverClient,
    ProverError,
    ProverExhausted,
    ProverUnavailable,
    WitnessRejected,
    locate,
    parse_line,
)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("witness_invalid", WitnessRejected),
        ("witness_version", WitnessRejected),
        ("execution_failed", WitnessRejected),
        ("proof_invalid", ProofInvalid),
        ("proof_version", ProofVersionMismatch),
        ("output_mismatch", OutputMismatch),
        ("out_of_memory", ProverExhausted),
        ("disk_full", ProverExhausted),
        ("busy", ProverError),
        ("something_new", ProverError),
    ],
)
def test_an_error_line_raises_its_kind_with_the_provers_code(code: str, kind: type[ProverError]) -> None:
    line = json.dumps({"id": 1, "event": "error", "code": code, "message": "why"}).encode()
    with pytest.raises(kind) as caught:
        parse_line(line)
    assert (type(caught.value), caught.value.code, caught.value.message) == (kind, code, "why")


def test_a_progress_line_has_stage_percent_and_eta() -> None:
    line = {"id": 1, "event": "progress", "stage": "segment", "percent": 37.5, "eta_seconds": 120}
    assert parse_line(json.dumps(line).encode()) == Progress("segment", 37.5, 120.0)
    assert parse_line(json.dumps(line | {"eta_seconds": None}).encode()) == Progress("segment", 37.5, None)


@pytest.mark.parametrize("line", [b"", b"panicked at", b"[]", b"\xff"])
def test_a_line_that_is_no_answer_is_no_success(line: bytes) -> None:
    with pytest.raises(ProverUnavailable):
        parse_line(line)


def test_a_prover_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ProverUnavailable):
        ProverClient(tmp_path / "prover.sock").info()


def test_a_configured_prover_that_does_not_exist_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        locate(tmp_path / "prividium-prover")
    assert caught.value.code == "prover_missing"
