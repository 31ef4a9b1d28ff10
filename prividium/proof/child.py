"""A child process that exists once per data folder, even when its parent was killed and started again.

The child inherits a locked file: the lock lasts exactly as long as the child, whoever started it. A new parent that
finds the lock taken ends the child left behind, waits for the lock and starts its own.
"""

import fcntl
import os
import signal
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

from prividium import clock
from prividium.errors import ConfigurationError

_LOG_BYTES_MAX = 16 << 20
_POLL_SECONDS = 0.02

# The shell writes its own process id, then becomes the program: the id is on disk before the program runs.
_LAUNCH = 'echo $$ > "$0" && exec "$@"'


class Child:
    """`folder` (0700) receives `<name>.lock`, `<name>.pid` and `<name>.log`."""

    def __init__(self, name: str, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._name = name
        self._lock_path = folder / f"{name}.lock"
        self._pid_path = folder / f"{name}.pid"
        self.log_path = folder / f"{name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._idle = threading.Event()

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative for a signal."""
        return None if self._process is None else self._process.poll()

    def start(self, command: Sequence[str], *, grace_seconds: float = 15.0) -> None:
        """Start `command`; ConfigurationError("child_left_behind") if an earlier one does not end."""
        lock = self._take_lock(grace_seconds)
        self._pid_path.unlink(missing_ok=True)
        try:
            if self.log_path.exists() and self.log_path.stat().st_size > _LOG_BYTES_MAX:
                self.log_path.replace(self.log_path.with_suffix(".log.1"))
            log = os.open(self.log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._process = subprocess.Popen(  # noqa: S603 (program and arguments are ours)
                    ["/bin/sh", "-c", _LAUNCH, str(self._pid_path), *command],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    pass_fds=(lock,),
                    start_new_session=True,
                )
            finally:
                os.close(log)
        finally:
            os.close(lock)

    def end_left_behind(self, *, grace_seconds: float = 15.0) -> None:
        """End the child of an earlier parent, if there is one; raises as `start` does."""
        os.close(self._take_lock(grace_seconds))

    def stop(self, grace_seconds: float = 15.0) -> None:
        """SIGTERM, then SIGKILL; no error if it runs no more."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(grace_seconds)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def last_words(self, lines: int = 5) -> str:
        """End of the log, for error messages."""
        if not self.log_path.exists():
            return ""
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-lines:])

    def _take_lock(self, grace_seconds: float) -> int:
        lock = os.open(self._lock_path, os.O_RDWR | os.O_CREAT, 0o600)
        deadline = clock.monotonic() + grace_seconds
        ask: signal.Signals = signal.SIGTERM
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError:
                self._signal_left_behind(ask)
            if clock.monotonic() > deadline:
                if ask is signal.SIGKILL:
                    os.close(lock)
                    text = f"an earlier {self._name} process still holds {self._lock_path.name}: end it and start again"
                    raise ConfigurationError("child_left_behind", text)
                ask, deadline = signal.SIGKILL, clock.monotonic() + grace_seconds
            self._idle.wait(_POLL_SECONDS)

    def _signal_left_behind(self, ask: signal.Signals) -> None:
        try:
            os.kill(int(self._pid_path.read_text()), ask)
        except (OSError, ValueError):
            return  # it has just ended, or its shell has not written the id yet: the next round sees
