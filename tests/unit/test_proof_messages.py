"""prividium.proof: what the prover says, and what is made of it."""

import json
import struct
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
from prividium.proof.verify import PROOF_VERSION, judge, parse_header, read_proof

EXE, VM, OUTPUT = (bytes([n]) * 32 for n in (1, 2, 3))


def framed(version: int = PROOF_VERSION, stark: bytes = b"stark", length: int | None = None) -> bytes:
    return b"PVPF" + struct.pack(">I", version) + EXE + VM + OUTPUT + struct.pack(">Q", length or len(stark)) + stark


def verdict(output: bytes) -> bytes:
    return json.dumps({"valid": True, "output": "0x" + output.hex()}).encode()


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


def test_a_header_is_read_as_written() -> None:
    header = parse_header(framed())
    assert (header.app_exe_commit, header.app_vm_commit, header.output) == (EXE, VM, OUTPUT)


@pytest.mark.parametrize("content", [b"", b"PVPF", framed()[:-1], framed() + b"\0", b"XXXX" + framed()[4:]])
def test_a_file_that_is_cut_extended_or_foreign_is_no_proof(content: bytes) -> None:
    with pytest.raises(ProofInvalid):
        parse_header(content)


def test_another_format_version_is_told_apart() -> None:
    with pytest.raises(ProofVersionMismatch, match="version 2"):
        parse_header(framed(version=2))


@pytest.mark.parametrize(("status", "answer"), [(0, b""), (1, b""), (139, b""), (0, b"no json"), (1, b"{}")])
def test_a_verifier_that_gives_no_verdict_accepts_nothing(status: int, answer: bytes) -> None:
    with pytest.raises(ProverUnavailable):
        judge(status, answer, OUTPUT)


def test_an_accepting_verifier_that_ends_badly_accepts_nothing() -> None:
    with pytest.raises(ProverUnavailable):
        judge(1, verdict(OUTPUT), OUTPUT)


def test_an_accepting_verifier_is_believed_for_the_asked_output_alone() -> None:
    judge(0, verdict(OUTPUT), OUTPUT)
    with pytest.raises(OutputMismatch):
        judge(0, verdict(EXE), OUTPUT)
    with pytest.raises(ProverUnavailable):
        judge(0, b'{"valid": false}', OUTPUT)


def test_a_proof_file_that_is_missing_is_a_rejected_proof(tmp_path: Path) -> None:
    with pytest.raises(ProofInvalid):
        read_proof(tmp_path / "proof.bin")


def test_a_prover_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(ProverUnavailable):
        ProverClient(tmp_path / "prover.sock").info()


def test_a_configured_prover_that_does_not_exist_is_a_configuration_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        locate(tmp_path / "prividium-prover")
    assert caught.value.code == "prover_missing"
