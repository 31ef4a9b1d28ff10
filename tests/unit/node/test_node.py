"""The whole node: what it says about itself, and that a restart loses nothing."""

from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete

from prividium.errors import ConfigurationError, Unavailable
from prividium.ledger.models import IndexedBlock, IndexedLog, IndexedTransaction
from prividium.node.parts import Node
from prividium.types import Json
from tests.unit.live import LiveNode, Scene, set_scene, settings_of
from tests.unit.rpc.conftest import Rpc


def test_health_and_readiness_are_public_and_plain(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data") as live:
        health, ready = httpx.get(f"{live.url}/health"), httpx.get(f"{live.url}/readyz")
        assert (health.status_code, health.json()["ok"]) == (200, True)
        assert (ready.status_code, ready.json()["ok"]) == (200, True)
        assert set(ready.json()["checks"]) == {"database", "ledger", "index"}
        for answer in (health, ready):
            assert answer.headers["content-security-policy"].startswith("default-src 'none'")
            assert answer.headers["x-frame-options"] == "DENY"
            assert "server" not in answer.headers or "uvicorn" not in answer.headers["server"]


def test_programs_learn_where_everything_is_before_anybody_signs_in(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data") as live:
        answer = httpx.get(f"{live.url}/.well-known/prividium").json()
    assert answer["apiUrl"] == live.url
    assert answer["v1"] == {
        "blockExplorerUrl": live.url,
        "chainId": "0x19a5",
        "chainName": "Prividium",
        "baseToken": {"name": "ETH", "symbol": "ETH", "decimals": 18, "l1Address": None},
        "rpcUrl": f"{live.url}/rpc",
        "userPanelUrl": live.url,
        "version": live.node.version,
        "l1ChainId": "0x0",
        "l1ChainName": "none",
    }


def seen_by(scene: Scene) -> list[Json]:
    one = Rpc(scene.one)
    return [
        one.result("eth_getTransactionReceipt", scene.hashes["transfer"]),
        one.result("eth_getLogs", {"fromBlock": "earliest"}),
        one.result("eth_blockNumber"),
        one.result("eth_getTransactionCount", scene.one.address),
    ]


def test_a_restart_loses_nothing_and_an_index_that_was_lost_comes_back(tmp_path: Path) -> None:
    live = LiveNode(tmp_path / "data").start()
    scene = set_scene(live)
    live.settle()
    before = seen_by(scene)
    port = live.settings.port
    with live.node.database.write() as session:
        for table in (IndexedLog, IndexedTransaction, IndexedBlock):
            session.execute(delete(table))
    live.stop()
    with LiveNode(tmp_path / "data", port=port) as again:
        again.settle()
        scene.live = again
        assert seen_by(scene) == before
    live.dismiss()


def test_two_nodes_do_not_share_a_folder(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data"):
        with pytest.raises(ConfigurationError) as refused:
            Node(settings_of(tmp_path / "data")).start()
        assert refused.value.code == "store_locked"


def test_batches_are_for_administrators_and_say_what_is_not_guaranteed(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data") as live:
        scene = set_scene(live)
        assert scene.one.http.get("/api/batches").status_code == 403
        assert live.stranger().http.get("/api/batches").status_code == 401
        sealed = scene.administrator.http.post("/api/batches")
        assert sealed.status_code == 201
        listed = scene.administrator.http.get("/api/batches").json()
        assert "has had no outside review" in listed["assurance"]
        newest = listed["items"][0]
        assert (newest["number"], newest["status"], newest["proof"]) == (sealed.json()["number"], "Sealed", None)
        batch = live.node.ledger.batch(newest["number"])
        assert batch is not None
        assert newest["output"] == "0x" + batch.output.digest().hex()
        assert newest["fields"]["newState"] == "0x" + batch.output.new_state.hex()
        again = scene.administrator.http.post("/api/batches")
        assert (again.status_code, again.json()["error"]["reason"]) == (409, "nothing_to_seal")


def test_a_chain_that_stopped_is_not_ready_and_says_so(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data") as live:
        sender = Rpc(live.arrive("client"))
        sender.member.link_wallet()
        live.node.sequencer.stop()
        ready = httpx.get(f"{live.url}/readyz")
        assert (ready.status_code, ready.json()["checks"]["ledger"]["code"]) == (503, "sequencer_stopped")
        raw = sender.member.sign_unchecked(sender.member.address, b"", live.settings.chain_id, 0, 21_000)[1]
        assert sender.refusal("eth_sendRawTransaction", raw) == (-32002, "shutting_down")


def test_a_database_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    settings = settings_of(tmp_path / "data", database_url="postgresql://prividium:hunter2@127.0.0.1:1/prividium")
    with pytest.raises(Unavailable) as refused:
        Node(settings).start()
    assert refused.value.code == "database_unreachable"
    assert "hunter2" not in refused.value.message


def test_headers_follow_the_public_address(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data", public_url="https://chain.example.org") as live:
        answer = httpx.get(f"http://127.0.0.1:{live.settings.port}/health")
        assert "max-age" in answer.headers["strict-transport-security"]
