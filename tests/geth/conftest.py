import os
import shutil
import socket
from collections.abc import Iterator

import pytest

from prividium.proof.child import Child
from tests.contracts.gateway_node import until

DEVELOPMENT = ("--dev", "--dev.gaslimit", "60000000")
"""Blocks as large as mainnet's; everything else, the pool's limits too, is geth's own."""


@pytest.fixture(scope="session")
def geth_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A geth that makes a block for every transaction."""
    binary = os.environ.get("PRIVIDIUM_GETH") or shutil.which("geth")
    assert binary is not None, "make test-geth builds geth; or set PRIVIDIUM_GETH to its path"
    folder, port = tmp_path_factory.mktemp("geth"), _free_port()
    child = Child("geth", folder)
    http = ("--http", "--http.addr", "127.0.0.1", "--http.port", str(port), "--http.api", "eth,net,web3,debug")
    quiet = ("--port", "0", "--nodiscover", "--maxpeers", "0", "--ipcdisable", "--authrpc.port", str(_free_port()))
    child.start([binary, *DEVELOPMENT, *http, *quiet, "--datadir", str(folder / "data")])
    try:
        until(lambda: _answers(child, port))
        yield f"http://127.0.0.1:{port}"
    finally:
        child.stop()


def _answers(child: Child, port: int) -> bool:
    assert child.is_alive, child.last_words()
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
