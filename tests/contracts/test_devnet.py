"""The embedded L1: supervised, persistent, one per data folder."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.relayer.client import L1Client, L1Refused
from gateway.relayer.devnet import STATES_KEPT, EmbeddedL1
from gateway.relayer.fees import estimate
from prividium.errors import ConfigurationError
from prividium.types import to_quantity
from tests.contracts.chain import named_key
from tests.contracts.gateway_node import until

START_AND_DIE = """
import os, signal, sys
from pathlib import Path
from gateway.relayer.devnet import EmbeddedL1
embedded = EmbeddedL1(Path(sys.argv[1]))
embedded.start()
embedded.fund(bytes(19) + b"\\x07", 5)
print(embedded._child.pid, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def command_line(process: int) -> bytes:
    """Empty for a process that has ended, even where nobody has collected it."""
    path = Path(f"/proc/{process}/cmdline")
    return path.read_bytes() if path.exists() else b""


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port} .* is taken") as caught:
            EmbeddedL1(tmp_path, port).start()
    assert caught.value.code == "port_taken"


def test_the_chain_outlives_a_stop(own_l1: EmbeddedL1) -> None:
    account = b"\x01" * 20
    own_l1.fund(account, 10**18)
    own_l1.fund(account, 1)
    own_l1.stop()
    own_l1.start()
    client = L1Client(own_l1.url)
    assert client.balance(account) == 10**18
    client.close()


def test_the_finalized_state_is_readable_after_a_restart(own_l1: EmbeddedL1) -> None:
    account = b"\x01" * 20
    own_l1.fund(account, 5)
    client = L1Client(own_l1.url)
    client.request("anvil_mine", "0x4")
    own_l1.stop()
    own_l1.start()
    finalized = client.block("finalized")
    assert finalized is not None
    assert client.balance(account, finalized.number) == 5
    client.close()


def test_nothing_is_left_in_the_users_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("FOUNDRY_HOME", raising=False)
    embedded = EmbeddedL1(tmp_path / "node")
    embedded.start()
    client = L1Client(embedded.url)
    client.request("anvil_mine", to_quantity(4 * STATES_KEPT))
    client.close()
    embedded.stop()
    assert [path for path in home.rglob("*") if path.is_file()] == []


def test_a_dead_anvil_is_restarted_by_the_next_tick(own_l1: EmbeddedL1) -> None:
    own_l1.kill()
    assert not own_l1.is_alive
    own_l1.tick()
    assert own_l1.is_alive


def test_an_anvil_left_behind_by_a_killed_node_is_ended_and_its_chain_taken_over(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", START_AND_DIE, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert run.returncode == -signal.SIGKILL, run.stderr
    left_behind = int(run.stdout)
    assert b"anvil" in command_line(left_behind)
    embedded = EmbeddedL1(tmp_path)
    embedded.start()
    client = L1Client(embedded.url)
    assert client.balance(bytes(19) + b"\x07") == 5
    client.close()
    embedded.stop()
    assert command_line(left_behind) == b""


def test_the_gas_cap_of_mainnet_is_on(own_l1: EmbeddedL1) -> None:
    key = named_key("spender")
    own_l1.fund(key.address, 10**20)
    client = L1Client(own_l1.url)
    fees = estimate(client, client.head())
    for nonce, gas_limit in ((0, (1 << 24) + 1), (0, 1 << 24)):
        _, raw = key.sign_transaction(client.chain_id(), nonce, key.address, b"", gas_limit, fees)
        if gas_limit > 1 << 24:
            with pytest.raises(L1Refused):
                client.send(raw)
        else:
            client.send(raw)
    client.close()


def test_ticks_make_the_newest_transaction_final_and_then_rest(own_l1: EmbeddedL1) -> None:
    client = L1Client(own_l1.url)
    key = named_key("spender")
    own_l1.fund(key.address, 10**20)
    fees = estimate(client, client.head())
    digest, raw = key.sign_transaction(client.chain_id(), 0, key.address, b"", 21_000, fees)
    client.send(raw)
    until(lambda: client.receipt(digest) is not None)
    for _ in range(5):
        own_l1.tick()
    receipt, finalized = client.receipt(digest), client.block("finalized")
    assert receipt is not None
    assert finalized is not None
    assert finalized.number == receipt.block_number
    assert client.head().number == receipt.block_number + 2
    client.close()
