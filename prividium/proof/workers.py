"""Keeps one prover process running: started on demand, restarted with growing pauses when it dies."""

import os
import tempfile
import threading
from pathlib import Path

from prividium import clock
from prividium.errors import ConfigurationError
from prividium.proof.child import Child
from prividium.proof.prover import ProverClient, ProverUnavailable

_SOCKET_PATH_BYTES_MAX = 100
"""Unix socket addresses end at 108 bytes, on some systems at 104."""

_POLL_SECONDS = 0.05
_BACKOFF_SECONDS_MAX = 60.0
_HEALTHY_SECONDS = 60.0
"""A process that lived this long has not failed at its start."""


class ProverWorker:
    """`prividium-prover serve` for one data folder."""

    def __init__(
        self, binary: Path, data_dir: Path, *, arguments: tuple[str, ...] = (), start_seconds_max: float = 600.0
    ) -> None:
        folder = data_dir / "prover"
        self._child = Child("prover", folder)
        self._socket = _socket_path(folder)
        # Proving takes every core for minutes; whoever waits for an answer from the node goes first.
        self._command = ["nice", "-n", "10", str(binary), *arguments, "serve", "--socket", str(self._socket)]
        self._start_seconds_max = start_seconds_max
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._failures = 0
        self._started_at = 0.0

    @property
    def is_alive(self) -> bool:
        return self._child.is_alive

    @property
    def pid(self) -> int | None:
        return self._child.pid

    def end_left_behind(self) -> None:
        """End the process of a node that was killed: it would hold its memory until the next proof."""
        with self._starting:
            self._child.end_left_behind()

    def client(self) -> ProverClient:
        """A client of the running process, which is started if need be.

        Raises ProverUnavailable if it does not come up; the next call waits a little longer before it tries again.
        """
        with self._starting:
            if not self._child.is_alive:
                self._start()
        return ProverClient(self._socket)

    def stop(self) -> None:
        """Ends the process; a proof under way keeps its finished segments."""
        self._stopping.set()
        with self._starting:
            self._child.stop()
        self._socket.unlink(missing_ok=True)

    def _start(self) -> None:
        if self._stopping.is_set():
            raise ProverUnavailable("prover_stopped", "the node is stopping")
        if self._child.pid is not None and clock.monotonic() - self._started_at > _HEALTHY_SECONDS:
            self._failures = 0
        if self._failures and self._stopping.wait(min(2.0 ** (self._failures - 1), _BACKOFF_SECONDS_MAX)):
            raise ProverUnavailable("prover_stopped", "the node is stopping")
        self._failures += 1
        self._child.stop()
        self._child.end_left_behind()
        self._socket.unlink(missing_ok=True)
        self._started_at = clock.monotonic()
        self._child.start(self._command)
        self._await_socket()

    def _await_socket(self) -> None:
        deadline = clock.monotonic() + self._start_seconds_max
        while clock.monotonic() < deadline and self._child.is_alive:
            if self._socket.exists():
                return
            if self._stopping.wait(_POLL_SECONDS):
                raise ProverUnavailable("prover_stopped", "the node is stopping")
        code = self._child.exit_code
        ended = f"it ended with status {code}" if code is not None else "it opened no socket"
        words = self._child.last_words()
        self._child.stop()
        raise ProverUnavailable("prover_unavailable", f"the prover process did not start: {ended}. {words}".strip())


def _socket_path(folder: Path) -> Path:
    """In the data folder, or in a private one for the user where that path is too long for a socket."""
    path = folder.resolve() / "prover.sock"
    if len(os.fsencode(path)) <= _SOCKET_PATH_BYTES_MAX:
        return path
    short = Path(tempfile.mkdtemp(prefix="prividium-")) / "prover.sock"
    if len(os.fsencode(short)) > _SOCKET_PATH_BYTES_MAX:
        raise ConfigurationError("socket_path_too_long", "the data folder's path is too long: set a shorter one")
    return short
