"""Parse, identify, permit, call, answer: what the door does before and after any method."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from prividium.audit.models import AuditEntry
from prividium.demo.member import Member
from prividium.identity.models import LoginSession
from prividium.identity.sessions import authenticate
from prividium.rpc.methods import METHODS, Treatment
from prividium.types import Json
from tests.unit.live import LiveNode, Scene
from tests.unit.rpc.conftest import Rpc

PUBLIC = ["eth_chainId", "eth_gasPrice", "net_version", "web3_clientVersion"]
FORBIDDEN = [name for name, method in METHODS.items() if method.treatment is Treatment.FORBIDDEN]


def call(method: str, *params: Json, identifier: Json = 1) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": identifier, "method": method, "params": list(params)}


@pytest.mark.parametrize("method", PUBLIC)
def test_public_methods_need_no_login(nobody: Rpc, method: str) -> None:
    assert nobody.result(method)


@pytest.mark.parametrize("method", [*sorted(set(METHODS) - set(PUBLIC)), "eth_unheardOf", "debug_unheardOf"])
def test_every_other_name_asks_for_a_login_first(nobody: Rpc, method: str) -> None:
    assert nobody.refusal(method)[0] == -32090


@pytest.mark.parametrize("method", ["eth_unheardOf", "", "eth_chainid", "__class__"])
def test_an_unknown_method_does_not_exist(one: Rpc, method: str) -> None:
    assert one.refusal(method) == (-32601, "method_unknown")


@pytest.mark.parametrize("method", [*FORBIDDEN, "debug_storageRangeAt", "txpool_content", "zks_getProof"])
def test_a_forbidden_method_is_refused_to_everybody(administrator: Rpc, method: str) -> None:
    assert administrator.refusal(method) == (-32001, "method_forbidden")


def test_a_token_that_nobody_has_is_no_login(scene: Scene) -> None:
    headers = {"Authorization": "Bearer nonsense"}
    body = [call("eth_blockNumber"), call("eth_chainId")]
    answer = httpx.post(f"{scene.live.url}/rpc", headers=headers, json=body).json()
    assert answer[0]["error"]["code"] == -32090
    assert answer[1]["result"] == hex(scene.chain_id)


def test_an_expired_token_is_no_login(scene: Scene, rpc: Callable[[Member], Rpc]) -> None:
    guest = rpc(scene.live.arrive("auditor"))
    assert guest.result("eth_blockNumber")
    with scene.live.node.database.write() as session:
        who = authenticate(session, guest.member.token)
        session.get_one(LoginSession, who.session_id).expires_at = 1
    assert guest.refusal("eth_blockNumber")[0] == -32090
    assert guest.result("eth_chainId")


def test_the_cookie_of_a_browser_is_no_login(scene: Scene) -> None:
    token = scene.one.token
    with httpx.Client(base_url=scene.live.url, cookies={"prividium_session": token}) as http:
        assert http.post("/rpc", json=call("eth_blockNumber")).json()["error"]["code"] == -32090


def test_a_batch_permits_and_answers_each_item_by_itself(scene: Scene, one: Rpc) -> None:
    body: list[Json] = [
        call("eth_getBalance", scene.one.address, "latest", identifier="own"),
        call("eth_getBalance", scene.two.address, "latest", identifier="foreign"),
        call("eth_unheardOf", identifier="unknown"),
        1,
        call("eth_chainId", identifier=None),
    ]
    answers = one.post(body).json()
    assert [answer["id"] for answer in answers] == ["own", "foreign", "unknown", None, None]
    codes = [answer.get("error", {}).get("code") for answer in answers]
    assert codes == [None, -32001, -32601, -32600, None]


def test_a_batch_of_more_than_a_thousand_is_refused_whole(one: Rpc) -> None:
    answer = one.post([call("eth_chainId")] * 1001)
    assert answer.status_code == 200
    assert (answer.json()["error"]["code"], answer.json()["id"]) == (-32600, None)


def test_a_notification_is_not_answered(one: Rpc) -> None:
    notification: dict[str, Json] = {"jsonrpc": "2.0", "method": "eth_chainId"}
    assert one.post(notification).content == b""
    assert one.post([notification, notification]).content == b""
    assert [answer["id"] for answer in one.post([notification, call("eth_chainId")]).json()] == [1]


def test_a_body_that_is_too_large_is_refused_before_it_is_parsed(one: Rpc) -> None:
    answer = one.raw(b"[" * (2**20 + 1))
    assert answer.status_code == 413
    assert answer.json()["error"]["code"] == -32600


@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe"])
def test_what_is_no_json_is_answered_as_such(one: Rpc, body: bytes) -> None:
    answer = one.raw(body)
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] == -32700


def test_a_body_that_nests_without_end_is_refused_and_the_node_lives(one: Rpc) -> None:
    assert one.raw(b"[" * 1_000_000).json()["error"]["data"] == "too_deep"
    assert one.result("eth_chainId")


def test_only_post_is_served(scene: Scene) -> None:
    assert httpx.get(f"{scene.live.url}/rpc").status_code == 405


def test_answers_carry_a_request_id_and_are_not_cached(one: Rpc) -> None:
    answer = one.post(call("eth_unheardOf"))
    assert len(answer.headers["x-request-id"]) == 21
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_each_denial_is_in_the_audit_trail_without_arguments(scene: Scene, stranger: Rpc) -> None:
    data = "0x70a08231" + "00" * 12 + scene.one.address[2:].lower()
    answer = stranger.post(call("eth_call", {"from": scene.stranger.address, "to": scene.shares, "data": data}))
    request_id = answer.headers["x-request-id"]
    assert answer.json()["error"] == {"code": -32001, "message": "forbidden", "data": "forbidden"}
    with scene.live.node.database.read() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.request_id == request_id)).one()
    assert (entry.action, entry.outcome, entry.reason) == ("rpc.eth_call", "denied", "rule.or.deny_both")
    assert entry.subject == f"{scene.shares.lower()} 0x70a08231"
    assert scene.one.address[2:].lower() not in str(entry.details) + entry.subject


def test_too_many_calls_in_a_minute_are_answered_with_429(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data", rpc_requests_per_minute_max=5, rpc_anonymous_requests_per_minute_max=2) as live:
        person, nobody = Rpc(live.arrive("client")), Rpc(live.stranger())
        assert person.post([call("eth_chainId")] * 5).status_code == 200
        refused = person.post(call("eth_chainId"))
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, -32005)
        assert refused.headers["retry-after"] == "60"
        assert nobody.post([call("eth_chainId")] * 2).status_code == 200
        assert nobody.post(call("eth_chainId")).status_code == 429


def test_an_unforeseen_failure_tells_nothing_but_the_request_id(
    scene: Scene, one: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken:
        @property
        def height(self) -> int:
            raise ZeroDivisionError("the secret of the house")

    from prividium.rpc.chain import Chain

    monkeypatch.setattr(Chain, "height", Broken.height)
    answer = one.post(call("eth_blockNumber"))
    assert answer.json()["error"]["code"] == -32603
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"]
