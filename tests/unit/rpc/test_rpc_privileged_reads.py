"""Who may read everything leaves an entry in the audit trail for each read; everybody else reads without one."""

import pytest
from sqlalchemy import select

from prividium.audit.models import AuditEntry
from prividium.audit.trail import verify_chain
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc.conftest import Rpc

LOGS: Json = {"fromBlock": "0x0"}
READS: list[tuple[str, list[Json]]] = [
    ("eth_getBalance", ["0x" + "11" * 20, "latest"]),
    ("eth_getBlockByNumber", ["latest", True]),
    ("eth_getLogs", [LOGS]),
]


def entries(scene: Scene, beyond: int) -> list[AuditEntry]:
    with scene.live.node.database.read() as session:
        statement = select(AuditEntry).where(AuditEntry.sequence > beyond).order_by(AuditEntry.sequence)
        return list(session.scalars(statement))


def newest(scene: Scene) -> int:
    with scene.live.node.database.read() as session:
        return verify_chain(session)


@pytest.mark.parametrize(("method", "params"), READS)
def test_a_read_by_the_right_to_read_everything_is_recorded(
    scene: Scene, administrator: Rpc, method: str, params: list[Json]
) -> None:
    before = newest(scene)
    administrator.result(method, *params)
    (entry,) = entries(scene, before)
    assert (entry.action, entry.outcome, entry.reason) == (f"rpc.{method}", "allowed", "full_read_access")
    assert entry.request_hash == scene.live.node.identity.request_hasher.of_call(method, tuple(params))
    assert entry.policy_version
    assert "11" * 20 not in entry.subject


def test_each_item_of_a_batch_has_its_entry_in_order(scene: Scene, administrator: Rpc) -> None:
    before = newest(scene)
    batch: list[Json] = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(READS * 20)
    ]
    administrator.post(batch)
    assert [entry.action for entry in entries(scene, before)] == [f"rpc.{method}" for method, _ in READS] * 20
    assert newest(scene) == before + 60


def test_what_everybody_may_ask_leaves_no_entry(scene: Scene, administrator: Rpc, one: Rpc) -> None:
    before = newest(scene)
    administrator.result("eth_chainId")
    administrator.result("eth_blockNumber")
    one.result("eth_getLogs", LOGS)
    one.result("eth_getBalance", one.member.address, "latest")
    one.result("eth_getBlockByNumber", "latest", True)
    assert entries(scene, before) == []


def test_a_permitted_call_leaves_no_entry(scene: Scene, one: Rpc, administrator: Rpc) -> None:
    before = newest(scene)
    for caller in (one, administrator):
        owner = caller.member.address
        data = "0x70a08231" + owner[2:].lower().rjust(64, "0")
        caller.ask("eth_call", {"from": owner, "to": scene.shares, "data": data}, "latest")
    assert [entry for entry in entries(scene, before) if entry.outcome == "allowed"] == []


def test_a_denial_says_what_was_asked_by_a_hash(scene: Scene, two: Rpc) -> None:
    before = newest(scene)
    params: list[Json] = ["0x" + "22" * 20, "latest"]
    two.ask("eth_getBalance", *params)
    (entry,) = entries(scene, before)
    assert entry.outcome == "denied"
    assert entry.request_hash == scene.live.node.identity.request_hasher.of_call("eth_getBalance", tuple(params))


def test_a_read_of_an_administrator_by_rest_is_recorded_before_its_answer(scene: Scene) -> None:
    before = newest(scene)
    page = scene.administrator.http.get("/api/audit-logs", params={"action": "rest.read", "limit": 1}).json()
    (entry,) = entries(scene, before)
    assert (entry.action, entry.reason, entry.subject) == ("rest.read", "admin_read", "GET /api/audit-logs")
    shown = page["items"][0]
    assert (shown["sequence"], shown["policyVersion"]) == (entry.sequence, entry.policy_version)


def test_pages_of_the_trail_stay_in_place_while_it_grows(scene: Scene) -> None:
    seen: list[int] = []
    query: dict[str, str | int] = {"limit": 2}
    for _ in range(3):
        items = scene.administrator.http.get("/api/audit-logs", params=query).json()["items"]
        seen += [item["sequence"] for item in items]
        query["before"] = seen[-1]
    assert seen == list(range(seen[0], seen[0] - 6, -1))
