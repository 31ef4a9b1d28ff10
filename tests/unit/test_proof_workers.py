"""prividium.proof.workers with the real prover process."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from prividium.proof.jobs import ProofQueue
from prividium.proof.prover import ProverUnavailable, WitnessRejected, locate, parse_info
from prividium.proof.workers import ProverWorker


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[ProverWorker]:
    worker = ProverWorker(locate(None), tmp_path)
    yield worker
    worker.stop()


def kill(worker: ProverWorker) -> None:
    assert worker.pid is not None
    os.kill(worker.pid, signal.SIGKILL)
    os.waitid(os.P_PID, worker.pid, os.WEXITED | os.WNOWAIT)


def test_the_process_says_what_the_program_says(worker: ProverWorker) -> None:
    run = subprocess.run([locate(None), "info", "--json"], capture_output=True, check=True)
    info = worker.client().info()
    assert info == parse_info(json.loads(run.stdout))
    assert all(len(commit) == 32 for commit in (info.app_exe_commit, info.app_vm_commit, info.dag_commit))


def test_a_killed_process_is_started_again(worker: ProverWorker) -> None:
    worker.client().info()
    first = worker.pid
    kill(worker)
    assert not worker.is_alive
    worker.client().info()
    assert worker.is_alive
    assert worker.pid != first


def test_a_process_left_behind_by_a_killed_node_is_replaced(worker: ProverWorker, tmp_path: Path) -> None:
    worker.client().info()
    successor = ProverWorker(locate(None), tmp_path)
    successor.client().info()
    assert successor.is_alive
    successor.stop()


def test_a_process_left_behind_is_ended_though_no_proof_is_wanted(worker: ProverWorker, tmp_path: Path) -> None:
    worker.client().info()
    ProverWorker(locate(None), tmp_path).end_left_behind()
    assert not worker.is_alive


def test_a_stopped_worker_starts_nothing_more(worker: ProverWorker) -> None:
    worker.client().info()
    worker.stop()
    with pytest.raises(ProverUnavailable) as caught:
        worker.client()
    assert caught.value.code == "prover_stopped"


def test_a_program_that_does_not_serve_is_reported_with_its_last_words(tmp_path: Path) -> None:
    worker = ProverWorker(Path("/bin/false"), tmp_path)
    with pytest.raises(ProverUnavailable, match="ended with status 1"):
        worker.client()


def test_a_long_data_folder_still_gets_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 30)
    folder.mkdir()
    worker = ProverWorker(locate(None), folder)
    worker.client().info()
    worker.stop()


@dataclass(frozen=True)
class Output:
    def digest(self) -> bytes:
        return bytes(32)


@dataclass(frozen=True)
class Batch:
    output: Output = Output()


class UnusableWitness:
    """One sealed batch whose witness is damaged."""

    def last_batch(self) -> int:
        return 1

    def batch(self, number: int) -> Batch | None:
        return Batch()

    def witness(self, batch_number: int) -> bytes:
        return b"damaged"


@pytest.mark.node
def test_a_damaged_witness_fails_its_batch_with_the_provers_code(worker: ProverWorker, tmp_path: Path) -> None:
    queue = ProofQueue(tmp_path, UnusableWitness(), worker.client)
    with pytest.raises(WitnessRejected) as caught:
        queue.step()
    failure = queue.failure_of(1)
    assert failure is not None
    assert failure.code == caught.value.code
    assert failure.code in ("witness_invalid", "witness_version")
    assert queue.pending() == []
