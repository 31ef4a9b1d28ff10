"""A node of its own process, as `prividium up` starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import httpx

from prividium import clock
from prividium.errors import ConfigurationError

READY_SECONDS_MAX = 180
STOP_SECONDS_MAX = 60


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class NodeProcess:
    """Starts `prividium up` over a data folder and stops it again; usable as a context manager."""

    def __init__(self, data_dir: Path, environment: Mapping[str, str], port: int | None = None) -> None:
        self.data_dir = data_dir
        self.port = port or free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.log_path = data_dir / "node.log"
        self._environment = {**os.environ, "PRIVIDIUM_DATA_DIR": str(data_dir), "PRIVIDIUM_PORT": str(self.port)}
        self._environment |= environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start and wait until /readyz answers; ConfigurationError with the log's last lines if the node gives up."""
        self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        with self.log_path.open("ab") as log:
            command = [sys.executable, "-m", "prividium", "up"]
            self._process = subprocess.Popen(  # noqa: S603
                command, env=self._environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        deadline = clock.monotonic() + READY_SECONDS_MAX
        while clock.monotonic() < deadline:
            if self._process.poll() is not None:
                raise ConfigurationError("node_stopped", f"the node gave up:\n{self._last_lines()}")
            if self.is_ready():
                return self
            time.sleep(0.1)
        raise ConfigurationError("node_not_ready", f"the node was not ready in time:\n{self._last_lines()}")

    def configure(self, **environment: str) -> None:
        """Change settings for the next start."""
        self._environment |= environment

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ConfigurationError("node_stopped", "the node was not started")
        return self._process.pid

    def is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.base_url}/readyz", timeout=5).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """kill -9 the node and all its children, as a power cut would."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def stop(self) -> None:
        """SIGTERM, and wait until everything is written."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.kill()

    def gateway(self) -> dict[str, str]:
        """L1 endpoint and contract addresses, as far as the node recorded them."""
        recorded = json.loads((self.data_dir / "node.json").read_text())
        return {key: str(value) for key, value in recorded.items() if value is not None}

    def _last_lines(self) -> str:
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-15:])

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
