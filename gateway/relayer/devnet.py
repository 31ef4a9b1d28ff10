"""The embedded L1: anvil as a child process, with mainnet's gas cap and a state file. For development and demos.

A killed node leaves anvil behind; the next start ends it and takes over from its state file. The file is written once
a second and on exit, so a killed anvil may come back a little older: to the relayer that is a reorganisation.
"""

import json
import platform
import shutil
import socket
import threading
from pathlib import Path

from gateway.compile import GATEWAY
from gateway.relayer.client import L1Client, L1Error
from prividium import clock
from prividium.errors import ConfigurationError, PrividiumError
from prividium.proof.child import Child
from prividium.types import to_hex, to_quantity

SLOTS_IN_AN_EPOCH = 1
"""Finalized is then two blocks behind the head."""

STATES_KEPT = 128
"""So many blocks back the state can be asked for. Older ones anvil would write to the user's home and leave there:
hundreds of megabytes an hour, and after a kill for ever."""

_START_SECONDS_MAX = 30.0
_POLL_SECONDS = 0.02
_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


class EmbeddedL1:
    """One anvil per data folder; `port` 0 takes a free one. What is not `durable` forgets its chain when it ends."""

    def __init__(self, data_dir: Path, port: int = 0, *, durable: bool = True) -> None:
        self._folder = data_dir / "l1"
        self._child = Child("anvil", self._folder)
        self._wanted_port = port
        self._durable = durable
        self._port = 0
        self._client: L1Client | None = None
        self._idle = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def state_path(self) -> Path:
        """Where anvil keeps its chain."""
        return self._folder / "state.json"

    @property
    def is_alive(self) -> bool:
        return self._child.is_alive

    def start(self) -> None:
        """Returns when it answers; ConfigurationError("port_taken"), ("anvil_missing") or ("anvil_failed")."""
        binary = anvil_binary()
        self._port = self._wanted_port or self._port or _free_port()
        self.stop()
        self._child.end_left_behind()
        _require_free(self._port)
        if self._durable:
            _repair(self.state_path)
        self._child.start(_command(binary, self._port, self.state_path if self._durable else None))
        self._client = L1Client(self.url, timeout_seconds=5.0, attempts=1)
        self._await_answer(self._client)
        if self._client.head().number:
            # Of a chain read from its file, anvil serves the state at the head alone: move the finalized block there.
            self._client.request("anvil_mine", to_quantity(2 * SLOTS_IN_AN_EPOCH))

    def stop(self) -> None:
        """Ends anvil after it wrote its state."""
        if self._client is not None:
            self._client.close()
            self._client = None
        self._child.stop()

    def kill(self) -> None:
        """Ends anvil at once, without its last state: for tests of what survives."""
        self._child.kill()

    def fund(self, address: bytes, wei: int) -> None:
        """Raise an account's balance to `wei`; it never lowers one."""
        client = self._running()
        if client.balance(address) < wei:
            client.request("anvil_setBalance", to_hex(address), to_quantity(wei))

    def tick(self) -> None:
        """Supervision, to be called about once a second: restart a dead anvil, let the newest transactions finalize."""
        if not self._child.is_alive:
            self.start()
            return
        client = self._running()
        head = client.head().number
        for number in range(max(head - 2 * SLOTS_IN_AN_EPOCH + 1, 1), head + 1):
            if client.request("eth_getBlockTransactionCountByNumber", to_quantity(number)) != "0x0":
                client.request("evm_mine")
                return

    def supervise(self, stop: threading.Event) -> None:
        """`tick` until `stop`, then end anvil."""
        while not stop.wait(1.0):
            try:
                self.tick()
            except PrividiumError:
                continue  # it is just ending, or could not start: the next round tries again, and the relayer reports
        self.stop()

    def _running(self) -> L1Client:
        assert self._client is not None, "start comes first"
        return self._client

    def _await_answer(self, client: L1Client) -> None:
        deadline = clock.monotonic() + _START_SECONDS_MAX
        while clock.monotonic() < deadline:
            if not self._child.is_alive:
                break
            try:
                client.chain_id()
                return
            except L1Error:
                self._idle.wait(_POLL_SECONDS)
        words = self._child.last_words()
        self._child.stop()
        raise ConfigurationError("anvil_failed", f"the embedded L1 did not start on port {self._port}: {words}")


def anvil_binary() -> Path:
    """The program inside the npm package; its JavaScript launcher would only stand between us and its process."""
    package = f"anvil-{platform.system().lower()}-{_MACHINES.get(platform.machine(), platform.machine())}"
    binary = GATEWAY / "node_modules" / "@foundry-rs" / package / "bin" / "anvil"
    if binary.exists():
        return binary
    installed = shutil.which("anvil")
    if installed is None:
        text = "the embedded L1 (anvil) is not installed: run `npm ci` in gateway/, or set an L1 by URL"
        raise ConfigurationError("anvil_missing", text)
    return Path(installed)


def _command(binary: Path, port: int, state: Path | None) -> list[str]:
    return [
        str(binary),
        *("--host", "127.0.0.1", "--port", str(port)),
        *(() if state is None else ("--state", str(state), "--state-interval", "1")),
        *("--slots-in-an-epoch", str(SLOTS_IN_AN_EPOCH)),
        *("--prune-history", str(STATES_KEPT)),
        "--enable-tx-gas-limit",
        "--no-cors",
        "--quiet",
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            text = f"port {port} for the embedded L1 is taken: free it, set another port, or 0 for any free one"
            raise ConfigurationError("port_taken", text) from error


def _repair(state: Path) -> None:
    """A state file that was cut off by a kill is replaced by the one of the last good start."""
    backup = state.with_suffix(".backup.json")
    if _is_whole(state):
        partial = state.with_suffix(".partial")
        shutil.copyfile(state, partial)
        partial.replace(backup)
    elif _is_whole(backup):
        shutil.copyfile(backup, state)
    else:
        state.unlink(missing_ok=True)


def _is_whole(state: Path) -> bool:
    try:
        json.loads(state.read_text())
    except (OSError, ValueError):
        return False
    return True
