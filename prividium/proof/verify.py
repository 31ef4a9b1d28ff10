"""Check a proof before it is attested: a process of its own, that shares nothing with the one that made the proof."""

import struct
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from eth_utils.crypto import keccak

from prividium.proof.prover import (
    OutputMismatch,
    ProofInvalid,
    ProofRejected,
    ProofVersionMismatch,
    ProverUnavailable,
    parse_line,
)
from prividium.types import to_hex

PROOF_VERSION = 1
PROOF_BYTES_MAX = 1 << 20
"""An aggregated proof has a fixed shape and about 267 KB."""

_MAGIC = b"PVPF"
_HEADER = struct.Struct(">4sI32s32s32sQ")
"""Magic, version, app_exe_commit, app_vm_commit, public output, number of STARK bytes that follow."""


@dataclass(frozen=True)
class VerifiedProof:
    """A proof that was checked; only `ProofVerifier` makes one."""

    output: bytes
    app_exe_commit: bytes
    app_vm_commit: bytes
    file_digest: bytes
    """keccak-256 of the proof file."""


Verify = Callable[[Path, bytes], VerifiedProof]
"""(proof file, expected output) → what was verified; raises `ProofRejected` for a file that is no such proof."""


class ProofVerifier:
    """Runs `prividium-prover verify`; an instance is a `Verify`."""

    def __init__(self, binary: Path, *, timeout_seconds: float = 300.0, arguments: tuple[str, ...] = ()) -> None:
        self._command = [str(binary), "--json", *arguments, "verify"]
        self._timeout_seconds = timeout_seconds

    def __call__(self, proof: Path, output: bytes) -> VerifiedProof:
        """Raises ProofInvalid, ProofVersionMismatch or OutputMismatch; ProverUnavailable if no verdict was reached."""
        content = read_proof(proof)
        header = parse_header(content)
        try:
            run = subprocess.run(  # noqa: S603 (program and arguments are ours)
                [*self._command, str(proof), "--output", to_hex(output)],
                capture_output=True,
                timeout=self._timeout_seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            text = f"the proof verifier did not finish ({type(error).__name__})"
            raise ProverUnavailable("prover_unavailable", text) from error
        judge(run.returncode, run.stdout, output)
        if header.output != output or read_proof(proof) != content:
            raise ProofRejected("proof_changed", "the proof file changed while it was being verified")
        return VerifiedProof(output, header.app_exe_commit, header.app_vm_commit, keccak(content))


@dataclass(frozen=True)
class ProofHeader:
    """What a proof file says of itself, before anything was checked."""

    app_exe_commit: bytes
    app_vm_commit: bytes
    output: bytes


def read_proof(path: Path) -> bytes:
    """Content of a proof file; ProofInvalid if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(PROOF_BYTES_MAX + 1)
    except OSError as error:
        raise ProofInvalid("proof_unreadable", f"the proof file {path.name} cannot be read") from error
    if len(content) > PROOF_BYTES_MAX:
        raise ProofInvalid("proof_invalid", f"the proof file is larger than {PROOF_BYTES_MAX} bytes")
    return content


def parse_header(content: bytes) -> ProofHeader:
    """Raises ProofInvalid for anything that is not framed as a proof, ProofVersionMismatch for another version."""
    if len(content) < _HEADER.size or not content.startswith(_MAGIC):
        raise ProofInvalid("proof_invalid", "the file is not a proof of prividium-prover")
    _, version, exe, vm, output, length = _HEADER.unpack_from(content)
    if version != PROOF_VERSION:
        text = f"the proof has format version {version}, this gateway reads {PROOF_VERSION}"
        raise ProofVersionMismatch("proof_version", text)
    if length != len(content) - _HEADER.size:
        text = f"the proof says it holds {length} bytes and holds {len(content) - _HEADER.size}"
        raise ProofInvalid("proof_invalid", text)
    return ProofHeader(exe, vm, output)


def judge(exit_code: int, stdout: bytes, output: bytes) -> None:
    """Nothing for an accepted proof of `output`; raises the verifier's error otherwise, and for silence of any kind."""
    lines = stdout.splitlines()
    verdict = parse_line(lines[-1]) if lines else {}
    if exit_code == 0 and isinstance(verdict, dict) and verdict.get("valid") is True:
        if verdict.get("output") == to_hex(output):
            return
        raise OutputMismatch("output_mismatch", f"the verifier accepted the proof for output {verdict.get('output')}")
    raise ProverUnavailable("prover_unavailable", f"the proof verifier ended with status {exit_code} and no verdict")
