"""The prover process as seen from here: where its program is, what it says, how it fails.

    PrividiumError
    └─ ProverError                 503
       ├─ ProverUnavailable        not running, or it ended in the middle of an answer
       ├─ ProverExhausted          out_of_memory, disk_full: the same batch may pass later
       ├─ WitnessRejected          witness_invalid, witness_version, execution_failed: it will never pass
       └─ ProofRejected
          ├─ ProofInvalid          proof_invalid
          ├─ ProofVersionMismatch  proof_version
          └─ OutputMismatch        output_mismatch

The process speaks newline-delimited JSON over a Unix socket: one request, any number of progress lines, one answer.
"""

import json
import os
import shutil
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from prividium.errors import ConfigurationError, Unavailable
from prividium.types import from_hex

PROGRAM = "prividium-prover"

_LINE_BYTES_MAX = 1 << 20

Stage = Literal["execute", "segment", "aggregate", "wrap", "final"]


class ProverError(Unavailable):
    """A failure with the prover's own code."""


class ProverUnavailable(ProverError):
    pass


class ProverExhausted(ProverError):
    pass


class WitnessRejected(ProverError):
    pass


class ProofRejected(ProverError):
    pass


class ProofInvalid(ProofRejected):
    pass


class ProofVersionMismatch(ProofRejected):
    pass


class OutputMismatch(ProofRejected):
    pass


_ERRORS: dict[str, type[ProverError]] = {
    "out_of_memory": ProverExhausted,
    "disk_full": ProverExhausted,
    "witness_invalid": WitnessRejected,
    "witness_version": WitnessRejected,
    "execution_failed": WitnessRejected,
    "proof_invalid": ProofInvalid,
    "proof_version": ProofVersionMismatch,
    "output_mismatch": OutputMismatch,
}


def error_of(code: str, message: str) -> ProverError:
    """The exception for an error code of the prover; ProverError itself for `busy`, `cancelled` and new ones."""
    return _ERRORS.get(code, ProverError)(code, message)


@dataclass(frozen=True)
class ProverInfo:
    """What the prover proves with; the commitments are those that L1 pins."""

    version: str
    protocol_version: int
    guest_sha256: bytes
    app_exe_commit: bytes
    app_vm_commit: bytes
    dag_commit: bytes


@dataclass(frozen=True)
class Progress:
    stage: str
    percent: float
    """0 to 100, of the whole proof."""
    eta_seconds: float | None


@dataclass(frozen=True)
class Proved:
    """A finished proof, in the prover's words: not yet verified by anybody else."""

    output: bytes
    proof_bytes: int
    instructions: int
    segments: int
    peak_memory_bytes: int
    seconds: dict[str, float]


@dataclass(frozen=True)
class Wrapped:
    """A finished final proof, in the prover's words."""

    output: bytes
    proof_bytes: int
    """What goes to L1: without public values and framing."""
    peak_memory_bytes: int
    seconds: float


class ProverClient:
    """Requests over the socket of one prover process; each opens a connection of its own."""

    def __init__(self, socket_path: Path, *, connect_timeout_seconds: float = 5.0) -> None:
        self._path = socket_path
        self._connect_timeout_seconds = connect_timeout_seconds

    def info(self) -> ProverInfo:
        return parse_info(self._ask({"op": "info"}, _ignore))

    def prove(self, witness: Path, out: Path, work: Path, report: Callable[[Progress], None]) -> Proved:
        """Blocks until the proof is at `out`; `work` keeps finished segments for a later attempt."""
        request = {"op": "prove", "witness": str(witness), "out": str(out), "work": str(work)}
        return parse_proved(self._ask(request, report))

    def wrap(self, proof: Path, out: Path, report: Callable[[Progress], None]) -> Wrapped:
        """Blocks until the final proof of `proof` is at `out`."""
        return parse_wrapped(self._ask({"op": "wrap", "proof": str(proof), "out": str(out)}, report))

    def shutdown(self) -> None:
        self._ask({"op": "shutdown"}, _ignore)

    def _ask(self, request: dict[str, str], report: Callable[[Progress], None]) -> dict[str, object]:
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(self._connect_timeout_seconds)
                connection.connect(str(self._path))
                connection.settimeout(None)
                connection.sendall(json.dumps({"id": 1, **request}).encode() + b"\n")
                with connection.makefile("rb") as lines:
                    while line := lines.readline(_LINE_BYTES_MAX):
                        answer = parse_line(line)
                        if isinstance(answer, Progress):
                            report(answer)
                        else:
                            return answer
        except OSError as error:
            text = f"the prover process does not answer ({type(error).__name__})"
            raise ProverUnavailable("prover_unavailable", text) from error
        raise ProverUnavailable("prover_unavailable", "the prover process ended before it answered")


def locate(setting: Path | None) -> Path:
    """The prover program: the setting, else cargo's target folder in the user's cache, else PATH."""
    if setting is not None:
        if os.access(setting, os.X_OK):
            return setting
        raise ConfigurationError("prover_missing", f"the configured prover {setting.name} is not an executable file")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = Path(os.environ.get("CARGO_TARGET_DIR") or cache / "prividium" / "target")
    built = target / "release" / PROGRAM
    if os.access(built, os.X_OK):
        return built
    installed = shutil.which(PROGRAM)
    if installed is None:
        raise ConfigurationError("prover_missing", f"{PROGRAM} is not built: run `make setup`, or set its path")
    return Path(installed)


def parse_line(line: bytes) -> Progress | dict[str, object]:
    """A progress line, or the fields of the answer; raises the ProverError that the line reports."""
    try:
        fields = json.loads(line)
    except ValueError as error:
        raise ProverUnavailable("prover_unavailable", "the prover answered with something that is not JSON") from error
    if not isinstance(fields, dict):
        raise ProverUnavailable("prover_unavailable", "the prover answered with something that is not an object")
    event = fields.get("event")
    if event == "error":
        raise error_of(str(fields.get("code")), str(fields.get("message")))
    if event == "progress":
        eta = fields.get("eta_seconds")
        return Progress(str(fields["stage"]), float(fields["percent"]), None if eta is None else float(eta))
    return cast(dict[str, object], fields)


def parse_info(fields: dict[str, object]) -> ProverInfo:
    guest = cast(dict[str, str], fields["guest"])
    return ProverInfo(
        version=str(fields["version"]),
        protocol_version=int(str(fields["protocol_version"])),
        guest_sha256=bytes.fromhex(guest["elf_sha256"].removeprefix("0x")),
        app_exe_commit=from_hex(str(fields["app_exe_commit"]), 32),
        app_vm_commit=from_hex(str(fields["app_vm_commit"]), 32),
        dag_commit=from_hex(str(fields["dag_commit"]), 32),
    )


def parse_proved(fields: dict[str, object]) -> Proved:
    seconds = cast(dict[str, float], fields.get("seconds", {}))
    return Proved(
        output=from_hex(str(fields["output"]), 32),
        proof_bytes=int(str(fields["proof_bytes"])),
        instructions=int(str(fields["instructions"])),
        segments=int(str(fields["segments"])),
        peak_memory_bytes=int(str(fields["peak_memory_bytes"])),
        seconds={stage: float(value) for stage, value in seconds.items()},
    )


def parse_wrapped(fields: dict[str, object]) -> Wrapped:
    return Wrapped(
        output=from_hex(str(fields["output"]), 32),
        proof_bytes=int(str(fields["proof_bytes"])),
        peak_memory_bytes=int(str(fields["peak_memory_bytes"])),
        seconds=float(str(fields["seconds_total"])),
    )


def _ignore(_: Progress) -> None:
    """For requests whose progress nobody watches."""
