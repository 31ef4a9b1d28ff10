"""The prover process and the loop that feeds it."""

import subprocess
import threading
from pathlib import Path

from prividium._core import Ledger
from prividium.proof.jobs import ProofQueue
from prividium.proof.prover import ProverClient, ProverUnavailable, locate
from prividium.proof.workers import ProverWorker
from prividium.settings import Settings

KEY_SECONDS_MAX = 60


class Proving:
    """Raises ConfigurationError("prover_missing") where the program is not installed."""

    def __init__(self, settings: Settings, data_dir: Path, ledger: Ledger) -> None:
        self.binary = locate(settings.prover_binary)
        cache = settings.prover_cache_dir.expanduser()
        arguments = ("--cache", str(cache), "--segment-memory-max", str(settings.prover_segment_memory_bytes_max))
        self._worker = ProverWorker(self.binary, data_dir, arguments=arguments)
        self._key_path = data_dir / "prover" / "final.vk"
        self.queue = ProofQueue(data_dir, ledger, self.client)
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self.queue.run, args=(self._stop, self._wake), name="proving")

    def client(self) -> ProverClient:
        """Of a running prover; ProverUnavailable while it does not come up, and once the node is stopping."""
        if self._stop.is_set():
            raise ProverUnavailable("prover_stopped", "the node is stopping")
        return self._worker.client()

    def final_key(self) -> bytes:
        """The verifying key of final proofs, as the prover has it."""
        command = [str(self.binary), "--json", "final-key", "--out", str(self._key_path)]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=KEY_SECONDS_MAX)  # noqa: S603 (ours)
        except (OSError, subprocess.SubprocessError) as error:
            text = f"the prover gave no verifying key ({type(error).__name__})"
            raise ProverUnavailable("prover_unavailable", text) from error
        return self._key_path.read_bytes()

    def start(self) -> None:
        self._worker.end_left_behind()
        self._thread.start()

    def wake(self) -> None:
        """A batch was sealed."""
        self._wake.set()

    def stop(self) -> None:
        """A proof under way keeps its finished segments."""
        self._stop.set()
        self._wake.set()
        self._worker.stop()
        if self._thread.ident is not None:
            self._thread.join()
