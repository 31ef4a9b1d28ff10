"""prividium.proof.jobs: the queue is the files, and nothing is lost."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from prividium.proof.jobs import Failure, ProofQueue
from prividium.proof.prover import ProverClient, ProverUnavailable


@dataclass(frozen=True)
class Output:
    value: bytes

    def digest(self) -> bytes:
        return self.value


@dataclass(frozen=True)
class Batch:
    output: Output


class Sealed:
    """A ledger with so many sealed batches."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.witnesses_made = 0

    def last_batch(self) -> int:
        return self.last

    def batch(self, number: int) -> Batch | None:
        return Batch(Output(number.to_bytes(32))) if number <= self.last else None

    def witness(self, batch_number: int) -> bytes:
        self.witnesses_made += 1
        return b"witness " + str(batch_number).encode()


def queue(tmp_path: Path, sealed: Sealed) -> ProofQueue:
    """A queue whose prover is away."""
    return ProofQueue(tmp_path, sealed, lambda: ProverClient(tmp_path / "absent.sock"))


def put(tmp_path: Path, number: int, name: str, content: str = "") -> None:
    folder = tmp_path / "batches" / str(number)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)


def test_batches_without_a_proof_are_pending_in_order(tmp_path: Path) -> None:
    sealed = Sealed(5)
    proofs = queue(tmp_path, sealed)
    put(tmp_path, 1, "final.bin")
    put(tmp_path, 3, "final.bin")
    put(tmp_path, 2, "proof.bin")
    put(tmp_path, 4, "failure.json", json.dumps({"code": "witness_invalid", "message": "why"}))
    assert proofs.pending() == [2, 5]
    assert proofs.failure_of(4) == Failure("witness_invalid", "why")
    sealed.last = 6
    assert proofs.pending() == [2, 5, 6]


def test_a_partial_proof_is_no_proof(tmp_path: Path) -> None:
    proofs = queue(tmp_path, Sealed(1))
    put(tmp_path, 1, "final.partial")
    assert proofs.proof_of(1) is None
    assert proofs.pending() == [1]


def test_an_absent_prover_leaves_the_witness_for_the_next_attempt(tmp_path: Path) -> None:
    sealed = Sealed(1)
    for _ in range(2):
        with pytest.raises(ProverUnavailable):
            queue(tmp_path, sealed).step()
    witness = tmp_path / "batches" / "1" / "witness.bin"
    assert witness.read_bytes() == b"witness 1"
    assert sealed.witnesses_made == 1
    assert queue(tmp_path, sealed).pending() == [1]


def test_a_witness_is_private(tmp_path: Path) -> None:
    with pytest.raises(ProverUnavailable):
        queue(tmp_path, Sealed(1)).step()
    folder = tmp_path / "batches"
    assert [path.stat().st_mode & 0o077 for path in (folder, folder / "1", folder / "1" / "witness.bin")] == [0, 0, 0]


def test_a_retry_forgets_a_failure_and_a_proof(tmp_path: Path) -> None:
    proofs = queue(tmp_path, Sealed(2))
    put(tmp_path, 1, "final.bin")
    put(tmp_path, 2, "failure.json", json.dumps({"code": "execution_failed", "message": "why"}))
    assert proofs.pending() == []
    proofs.retry(1)
    proofs.retry(2)
    assert proofs.pending() == [1, 2]


def test_an_empty_queue_does_nothing(tmp_path: Path) -> None:
    proofs = queue(tmp_path, Sealed(0))
    assert proofs.step() is None
    assert proofs.job is None
