"""`prividium up` as a process: messages, exit codes, signals, kill -9."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from prividium.bench.traffic import make_traffic
from prividium.demo.administration import add_rule, assign_role, create_role
from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.types import to_hex

pytestmark = pytest.mark.node
WAIT_SECONDS_MAX = 120


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    mine = {
        "PRIVIDIUM_DATA_DIR": str(data_dir),
        "PRIVIDIUM_PORT": str(free_port()),
        "PRIVIDIUM_PROVER_ENABLED": "false",
        "PRIVIDIUM_L1_ENABLED": "false",
        "PRIVIDIUM_BLOCK_DELAY_MS": "100",
        "PRIVIDIUM_RPC_REQUESTS_PER_MINUTE_MAX": "1000000",
    }
    return {**os.environ, **mine, **more}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def run(*arguments: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "prividium", *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=WAIT_SECONDS_MAX, check=False)


@contextmanager
def node(env: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "prividium", "up"], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        # The summary is the sign that the node is up: the socket takes connections since before.
        assert process.stdout is not None
        lines: list[str] = []
        while not lines or "/rpc" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "the node ended: " + "".join(lines)
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def url(env: dict[str, str]) -> str:
    return f"http://127.0.0.1:{env['PRIVIDIUM_PORT']}"


def test_a_node_describes_itself_and_ends_in_order(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    with node(env) as process:
        described = json.loads((tmp_path / "data" / "node.json").read_text())
        assert described["rpc_url"] == f"{url(env)}/rpc"
        assert run("status", env=env).returncode == 0
        second = run("up", env={**env, "PRIVIDIUM_PORT": str(free_port())})
        assert (second.returncode, "store_locked" in second.stderr, "Traceback" in second.stderr) == (2, True, False)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=WAIT_SECONDS_MAX)
        assert process.returncode == 0
        assert "nothing accepted was lost" in output
        assert "Traceback" not in output
    assert run("status", env=env).returncode == 3


def test_wrong_settings_end_with_a_message_and_status_2(tmp_path: Path) -> None:
    ended = run("up", env=environment(tmp_path / "data", PRIVIDIUM_CHAIN_ID="many"))
    assert (ended.returncode, "chain_id" in ended.stderr, "Traceback" in ended.stderr) == (2, True, False)


def test_kill_9_right_after_the_answer_loses_nothing(tmp_path: Path) -> None:
    env = environment(tmp_path / "data")
    traffic = make_traffic(6565, 1, 0)
    with node(env) as process:
        trader = Member.arrive(url(env), "trader", "administrator")
        for account in (traffic.administrator, *traffic.wallets):
            trader.account = account
            trader.link_wallet()
        assign_role(trader, trader, create_role(trader, "deployer", ["contract_deployment"]))
        shares = to_hex(traffic.fund)
        trader.rest(
            "POST",
            "/api/contracts",
            {"contractAddress": shares, "name": "F", "abi": artifact("Fund")["abi"], "awaitingDeployment": True},
        )
        for signature in ("setIssuer(address,bool)", "mint(address,uint256)"):
            add_rule(trader, shares, signature, "write", "public")
        hashes = [str(trader.rpc("eth_sendRawTransaction", to_hex(raw))) for raw in traffic.set_up]
        process.kill()
        process.wait()
    with node(env) as process:
        for transaction_hash in hashes:
            assert trader.receipt(transaction_hash)["status"] == "0x1"
        trader.http.close()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_SECONDS_MAX)
        assert process.returncode == 0
