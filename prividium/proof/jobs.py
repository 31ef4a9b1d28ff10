"""The queue of batches that are sealed and not proven. Its state is the files of `<data>/batches/<n>/`:

    witness.bin   the proof's input, secret; removed once there is a proof, since the ledger can make it again
    work/         finished segments of a proof under way, removed with it
    proof.json    what the prover said of the proof: sizes, times
    proof.bin     the aggregated proof, which is not hiding and stays here; whole if it is there
    final.json    what the prover said of the final proof
    final.bin     the final proof, for L1; whole if it is there
    failure.json  why the batch will not be tried again until `retry`

Batches are proven one at a time, in order. A batch that failed does not hold up those after it.
"""

import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Protocol

from prividium._core import CoreError
from prividium.errors import PrividiumError
from prividium.proof.prover import (
    OutputMismatch,
    Progress,
    ProofRejected,
    Proved,
    ProverClient,
    ProverUnavailable,
    WitnessRejected,
    Wrapped,
    parse_proved,
    parse_wrapped,
)
from prividium.types import to_hex

POLL_SECONDS = 1.0
BACKOFF_SECONDS_MAX = 60.0


class Output(Protocol):
    def digest(self) -> bytes: ...


class SealedBatch(Protocol):
    @property
    def output(self) -> Output: ...


class SealedBatches(Protocol):
    """What the queue needs of the ledger; `prividium._core.Ledger` is one."""

    def last_batch(self) -> int: ...
    def batch(self, number: int, /) -> SealedBatch | None: ...
    def witness(self, batch_number: int, /) -> bytes: ...


@dataclass(frozen=True)
class Failure:
    code: str
    message: str


@dataclass(frozen=True)
class Job:
    """The batch being proven."""

    batch: int
    progress: Progress | None


class ProofQueue:
    """`client` gives a connection to a running prover, starting one if need be."""

    def __init__(self, data_dir: Path, batches: SealedBatches, client: Callable[[], ProverClient]) -> None:
        self._folder = data_dir / "batches"
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._batches = batches
        self._client = client
        self._proven_up_to = 0
        self._job: Job | None = None
        self._problem: Failure | None = None

    @property
    def job(self) -> Job | None:
        """What is being proven now; None while the queue waits."""
        return self._job

    @property
    def problem(self) -> Failure | None:
        """Why the queue does not move, if it does not."""
        return self._problem

    def proof_of(self, number: int) -> Path | None:
        """The final proof."""
        return self._existing(number, "final.bin")

    def proved(self, number: int) -> Proved | None:
        """What the prover said of the batch's proof; None while there is none."""
        path = self._existing(number, "proof.json")
        return parse_proved(json.loads(path.read_text())) if path and self._existing(number, "proof.bin") else None

    def wrapped(self, number: int) -> Wrapped | None:
        """What the prover said of the batch's final proof; None while there is none."""
        path = self._existing(number, "final.json")
        return parse_wrapped(json.loads(path.read_text())) if path and self.proof_of(number) else None

    def failure_of(self, number: int) -> Failure | None:
        path = self._existing(number, "failure.json")
        return Failure(**json.loads(path.read_text())) if path else None

    def pending(self) -> list[int]:
        """Sealed batches without a proof that will be tried, in order."""
        while self.proof_of(self._proven_up_to + 1) is not None:
            self._proven_up_to += 1
        numbers = range(self._proven_up_to + 1, self._batches.last_batch() + 1)
        return [number for number in numbers if self.proof_of(number) is None and self.failure_of(number) is None]

    def retry(self, number: int) -> None:
        """Forget a failure, or a proof that was not accepted, and prove the batch again."""
        folder = self._folder / str(number)
        for name in ("failure.json", "final.bin", "final.json", "proof.bin", "proof.json"):
            (folder / name).unlink(missing_ok=True)
        self._proven_up_to = min(self._proven_up_to, number - 1)

    def step(self) -> int | None:
        """Prove the oldest pending batch: its number, or None if there is none.

        Raises ProverError for what may pass later.
        """
        pending = self.pending()
        if not pending:
            return None
        number = pending[0]
        self._job = Job(number, None)
        try:
            if self._existing(number, "proof.bin") is None:
                self._prove(number)
            self._wrap(number)
            return number
        except (WitnessRejected, OutputMismatch) as error:
            self._write(number, "failure.json", json.dumps(asdict(Failure(error.code, error.message))).encode())
            raise
        finally:
            self._job = None

    def run(self, stop: threading.Event, wake: threading.Event | None = None) -> None:
        """Step until `stop`. `wake` cuts a pause short: set it when a batch was sealed, and after `stop`."""
        failures = 0
        while not stop.is_set():
            pause = POLL_SECONDS
            try:
                if self.step() is not None:
                    pause = 0.0
                self._problem, failures = None, 0
            except PrividiumError as error:
                self._problem = Failure(error.code, error.message)
                failures += 1
                pause = min(POLL_SECONDS * 2**failures, BACKOFF_SECONDS_MAX)
            except OSError as error:
                text = f"the proof queue cannot write its files: {error.strerror}"
                self._problem = Failure("disk_full" if error.errno == 28 else "io", text)
                failures += 1
                pause = min(POLL_SECONDS * 2**failures, BACKOFF_SECONDS_MAX)
            waiter = stop if wake is None else wake
            waiter.wait(pause)
            if wake is not None:
                wake.clear()

    def _prove(self, number: int) -> None:
        folder = self._folder / str(number)
        witness = folder / "witness.bin"
        if not witness.exists():
            self._write(number, "witness.bin", self._witness(number))
        partial = folder / "proof.partial"
        proved = self._client().prove(witness, partial, folder / "work", lambda now: self._report(number, now))
        self._keep(number, "proof", proved.output, asdict(proved))
        witness.unlink(missing_ok=True)
        shutil.rmtree(folder / "work", ignore_errors=True)

    def _wrap(self, number: int) -> None:
        folder = self._folder / str(number)
        partial = folder / "final.partial"
        try:
            wrapped = self._client().wrap(folder / "proof.bin", partial, lambda now: self._report(number, now))
        except ProofRejected:
            # damaged, or made with another program than the present one: it is made again
            (folder / "proof.bin").unlink(missing_ok=True)
            raise
        self._keep(number, "final", wrapped.output, asdict(wrapped) | {"seconds_total": wrapped.seconds})

    def _report(self, number: int, progress: Progress) -> None:
        self._job = Job(number, progress)

    def _keep(self, number: int, name: str, output: bytes, said: dict[str, object]) -> None:
        """Take over `<name>.partial`, if the prover proved what the ledger sealed."""
        folder = self._folder / str(number)
        partial = folder / f"{name}.partial"
        batch = self._batches.batch(number)
        assert batch is not None, "pending batches are sealed"
        expected = batch.output.digest()
        if output != expected:
            partial.unlink(missing_ok=True)
            text = f"the prover's output of batch {number} is {to_hex(output)}, the ledger's {to_hex(expected)}"
            raise OutputMismatch("output_mismatch", text)
        self._write(number, f"{name}.json", json.dumps(said | {"output": to_hex(output)}).encode())
        if not partial.exists():
            raise ProverUnavailable("proof_missing", f"the prover reported batch {number} done and left no proof")
        partial.replace(folder / f"{name}.bin")
        _sync_folder(folder)

    def _existing(self, number: int, name: str) -> Path | None:
        path = self._folder / str(number) / name
        return path if path.exists() else None

    def _witness(self, number: int) -> bytes:
        try:
            return self._batches.witness(number)
        except CoreError as error:
            raise WitnessRejected(
                error.code, f"the ledger gave no witness of batch {number}: {error.message}"
            ) from error

    def _write(self, number: int, name: str, content: bytes) -> None:
        """Atomic and durable; the file is readable by its owner alone."""
        folder = self._folder / str(number)
        folder.mkdir(mode=0o700, exist_ok=True)
        partial = folder / f"{name}.partial"
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(folder / name)
        _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
