"""The command line of npm `prividium`: `doctor` and `proxy`, and Foundry's `cast` through the proxy."""

import json
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from eth_abi.abi import encode

from prividium.demo.fund import artifact
from prividium.demo.member import Member
from prividium.demo.node import NodeProcess, free_port
from prividium.types import Json, to_hex
from tests.sdk.consent import CALLBACK, allow
from tests.sdk.stage import APPROVED, BIN, LIFE, MINTED, MOVED, TRANSFER_TOPIC, TRANSFERRED, Actor, Stage

pytestmark = pytest.mark.sdk

READY_SECONDS_MAX = 60.0
BROWSER_PORT = 24101
"""The programs listen there and nowhere else."""
BRIDGE_PROBES = {"L1 chain ID", "Base token asset ID", "WETH token"}
"""They ask the bridge's contract at 0x10004, which this chain does not have."""
FREE = ("--gas-price", "0", "--priority-gas-price", "0")
"""`cast` offers at least 1 wei by itself, and these wallets have none."""


def environment(folder: Path) -> dict[str, str]:
    """No browser opens, no configuration of the machine is read, no colours."""
    return {**os.environ, "BROWSER": "true", "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "NO_COLOR": "1"}


def wait_for(url: str, process: "subprocess.Popen[str]") -> httpx.Response:
    deadline = time.monotonic() + READY_SECONDS_MAX
    while time.monotonic() < deadline:
        assert process.poll() is None, "the program ended"
        try:
            return httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"nothing answers at {url}")


@contextmanager
def program(folder: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    command = ["node", str(BIN / "prividium"), *arguments]
    output = (folder / "output").open("w")
    process = subprocess.Popen(command, env=environment(folder), stdout=output, stderr=output, text=True)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)
        output.close()


def log_in(process: "subprocess.Popen[str]", person: str) -> None:
    """What the person and the page at the callback do."""
    url = wait_for(f"http://localhost:{BROWSER_PORT}/redirect-uri", process).text
    sent_to, values = allow(url, person)
    assert sent_to == CALLBACK
    submitted = httpx.post(f"http://localhost:{BROWSER_PORT}/submit", json=values)
    assert submitted.status_code == 200, submitted.text


def test_doctor_finds_everything_but_the_bridge(node: NodeProcess, tmp_path: Path) -> None:
    member = Member.arrive(node.base_url, "auditor", "auditor")
    member.link_wallet()
    member.http.close()
    with program(tmp_path, "doctor", "--rpc-url", f"{node.base_url}/rpc", "--user-panel-url", node.base_url) as process:
        log_in(process, "auditor")
        status = process.wait(120)
    report = (tmp_path / "output").read_text()
    assert set(re.findall(r"\[FAIL\] (.*?) *│", report)) == BRIDGE_PROBES, report
    assert "Status: 3 failed, 1 skipped, 19 passed" in report
    assert status == 1


@contextmanager
def proxy(folder: Path, stage: Stage, actor: Actor) -> Iterator[str]:
    """The proxy of a wallet that signs in by itself; yields its URL."""
    folder.mkdir()
    port = free_port()
    key = to_hex(bytes(actor.account.key))
    arguments = ("--api-url", stage.url, "--port", str(port), "--private-key", key)
    with program(folder, "proxy", *arguments) as process:
        wait_for(f"http://127.0.0.1:{port}/health", process)
        yield f"http://127.0.0.1:{port}"


def cast(*arguments: str, url: str, fails: bool = False) -> str:
    """What it printed. Some of its commands end with status 0 whatever happened."""
    name, *others = arguments
    command = [str(BIN / "cast"), name, "--rpc-url", url, *others]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ("Error: " in finished.stderr) == fails, finished.stdout + finished.stderr
    return (finished.stderr if fails else finished.stdout).strip()


def cast_send(actor: Actor, url: str, *arguments: str) -> dict[str, str]:
    key = to_hex(bytes(actor.account.key))
    receipt: dict[str, str] = json.loads(cast("send", "--json", *FREE, "--private-key", key, *arguments, url=url))
    assert receipt["status"] == "0x1"
    return receipt


def lived_by_cast(scene: Stage, urls: dict[str, str]) -> tuple[str, str]:
    """Deploy, mint, transfer, approve, spend; where the token is, and the hash of the approval."""
    issuer, holder, spender, token = scene.issuer, scene.holder, scene.spender, scene.token
    to_issuer, to_holder, to_spender = (actor.account.address for actor in (issuer, holder, spender))
    arguments = encode(["string", "string", "address"], ["Token", "TKN", to_issuer]).hex()
    deployed = cast_send(issuer, urls["issuer"], "--create", str(artifact("Fund")["bytecode"]) + arguments)
    cast_send(issuer, urls["issuer"], token, "setIssuer(address,bool)", to_issuer, "true")
    cast_send(issuer, urls["issuer"], token, "mint(address,uint256)", to_holder, str(MINTED))
    cast_send(holder, urls["holder"], token, "transfer(address,uint256)", to_spender, str(TRANSFERRED))
    approval = cast_send(holder, urls["holder"], token, "approve(address,uint256)", to_spender, str(APPROVED))
    move = (token, "transferFrom(address,address,uint256)", to_holder, to_spender, str(MOVED))
    cast_send(spender, urls["spender"], *move)
    return deployed["contractAddress"].lower(), approval["transactionHash"]


def seen_by_cast(scene: Stage, urls: dict[str, str], approval: str) -> dict[str, Json]:
    holder, spender, token = scene.holder, scene.spender, scene.token
    mine, theirs = holder.account.address, spender.account.address
    balance, allowance = "balanceOf(address)(uint256)", "allowance(address,address)(uint256)"

    def read(who: str, signature: str, *given: str, fails: bool = False) -> str:
        sender = mine if who == "holder" else theirs
        return cast("call", "--from", sender, token, signature, *given, url=urls[who], fails=fails)

    logs = json.loads(cast("logs", "--json", "--from-block", "0", "--address", token, url=urls["holder"]))
    too_much = (token, "transfer(address,uint256)", theirs, str(10**12))
    key = to_hex(bytes(holder.account.key))
    foreign = read("holder", balance, theirs, fails=True)
    reverted = cast("send", *FREE, "--private-key", key, *too_much, url=urls["holder"], fails=True)
    absent = cast("receipt", "--async", approval, url=urls["spender"], fails=True)
    return {
        "holderBalance": int(read("holder", balance, mine).split()[0]),
        "spenderBalance": int(read("spender", balance, theirs).split()[0]),
        "allowanceLeft": int(read("holder", allowance, mine, theirs).split()[0]),
        "transfersSeenByHolder": [int(log["data"], 16) for log in logs if log["topics"][0] == TRANSFER_TOPIC],
        "foreignBalance": "forbidden" if "forbidden" in foreign else foreign,
        "tooMuch": "reverted" if "revert" in reverted else reverted,
        "foreignReceipt": "not found" if "not found" in absent else absent,
    }


def test_cast_lives_the_life_of_a_token_through_the_proxy(stage: Callable[[], Stage], tmp_path: Path) -> None:
    scene = stage()
    with (
        proxy(tmp_path / "issuer", scene, scene.issuer) as issuer,
        proxy(tmp_path / "holder", scene, scene.holder) as holder,
        proxy(tmp_path / "spender", scene, scene.spender) as spender,
    ):
        urls = {"issuer": issuer, "holder": holder, "spender": spender}
        token, approval = lived_by_cast(scene, urls)
        found = seen_by_cast(scene, urls, approval)
        assert cast("chain-id", url=holder) == str(scene.chain_id)
    assert {"token": "as predicted" if token == scene.token else token, **found} == LIFE


def test_the_proxy_signs_in_by_a_browser(stage: Callable[[], Stage], tmp_path: Path) -> None:
    scene = stage()
    with program(tmp_path, "proxy", "--user-panel-url", scene.url) as process:
        log_in(process, "client")
        address = scene.holder.account.address
        assert cast("nonce", address, url=f"http://127.0.0.1:{BROWSER_PORT}") == "0"
        other = scene.spender.account.address
        assert "forbidden" in cast("nonce", other, url=f"http://127.0.0.1:{BROWSER_PORT}", fails=True)
