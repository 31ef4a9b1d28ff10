"""What only the right to read everything shows is not told unless the audit trail holds an entry about it."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import text

from prividium.db.engine import Database
from prividium.rpc.methods import METHODS, reads_others
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_filtered import document
from tests.unit.rpc.test_rpc_privileged_reads import entries, newest
from tests.unit.rpc.test_rpc_sockets import opened, pay

UNAVAILABLE = (-32002, "audit_unavailable")
ELSEWHERE = {"eth_getFilterChanges", "eth_getFilterLogs", "eth_subscribe"}
"""Need a filter or a socket, and are tested by themselves."""
Failure = Callable[[Database], AbstractContextManager[None]]


def executed(database: Database, *statements: str) -> None:
    with database.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


@contextmanager
def entries_are_refused(database: Database) -> Iterator[None]:
    # A name of its own each time: a connection that remembers the last one refuses to create it again.
    name = f"no_entries_{secrets.token_hex(4)}"
    refuse = "BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'no entries'); END"
    executed(database, f"CREATE TRIGGER {name} {refuse}")
    try:
        yield
    finally:
        executed(database, f"DROP TRIGGER {name}")


@contextmanager
def the_table_is_away(database: Database) -> Iterator[None]:
    executed(database, "ALTER TABLE audit_entries RENAME TO audit_entries_away")
    try:
        yield
    finally:
        executed(database, "ALTER TABLE audit_entries_away RENAME TO audit_entries")


def reads(scene: Scene, block_hash: Json) -> dict[str, list[Json]]:
    """A read of what others did, by each method that answers with it at once."""
    transfer, anybody = scene.hashes["transfer"], scene.one.address
    supply = "0x" + contracts.selector("totalSupply()").hex()
    call: Json = {"from": scene.administrator.address, "to": scene.shares, "data": supply}
    return {
        "eth_getBalance": [anybody, "latest"],
        "eth_getTransactionCount": [anybody, "latest"],
        "eth_getCode": [scene.shares, "latest"],
        "eth_getStorageAt": [scene.shares, "0x0", "latest"],
        "eth_getProof": [anybody, [], "latest"],
        "eth_getTransactionByHash": [transfer],
        "eth_getTransactionByBlockNumberAndIndex": ["latest", "0x0"],
        "eth_getTransactionByBlockHashAndIndex": [block_hash, "0x0"],
        "eth_getTransactionReceipt": [transfer],
        "eth_getBlockReceipts": ["latest"],
        "eth_getBlockByNumber": ["latest", True],
        "eth_getBlockByHash": [block_hash, True],
        "eth_getBlockTransactionCountByNumber": ["latest"],
        "eth_getBlockTransactionCountByHash": [block_hash],
        "eth_getLogs": [{"fromBlock": "0x0"}],
        "debug_traceTransaction": [transfer, {"tracer": "callTracer"}],
        "debug_traceCall": [call, "latest", {"tracer": "callTracer"}],
        "eth_simulateV1": [{"blockStateCalls": [{"calls": [call]}]}],
    }


@pytest.mark.parametrize("failure", [entries_are_refused, the_table_is_away])
def test_what_cannot_be_recorded_is_not_told(scene: Scene, administrator: Rpc, failure: Failure) -> None:
    receipt = document(administrator.result("eth_getTransactionReceipt", scene.hashes["transfer"]))
    asked = reads(scene, receipt["blockHash"])
    assert {name for name in METHODS if reads_others(name)} == set(asked) | ELSEWHERE
    with failure(scene.live.node.database):
        for method, params in asked.items():
            answer = administrator.ask(method, *params)
            assert "result" not in answer, method
            error = document(answer["error"])
            assert (error["code"], error["data"]) == UNAVAILABLE, method
    before = newest(scene)
    for method, params in asked.items():
        administrator.result(method, *params)
    assert [entry.action for entry in entries(scene, before)] == [f"rpc.{method}" for method in asked]


def test_changes_of_a_filter_are_not_told_unrecorded(scene: Scene, administrator: Rpc) -> None:
    wanted = administrator.result("eth_newFilter", {"fromBlock": "0x0"})
    with entries_are_refused(scene.live.node.database):
        for method in ("eth_getFilterLogs", "eth_getFilterChanges"):
            assert administrator.refusal(method, wanted) == UNAVAILABLE
    assert administrator.result("eth_getFilterLogs", wanted)


def test_other_items_of_a_batch_are_answered_as_ever(scene: Scene, administrator: Rpc) -> None:
    methods: list[tuple[str, list[Json]]] = [
        ("eth_chainId", []),
        ("eth_getBalance", [scene.one.address, "latest"]),
        ("txpool_content", []),
    ]
    batch: list[Json] = [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(methods)
    ]
    with entries_are_refused(scene.live.node.database):
        chain_id, balance, pool = administrator.post(batch).json()
    assert int(chain_id["result"], 16) == scene.chain_id
    assert (balance["error"]["code"], balance["error"]["data"]) == UNAVAILABLE
    assert pool["error"]["code"] == -32001


def test_who_reads_only_ones_own_needs_no_entry(scene: Scene, one: Rpc) -> None:
    with entries_are_refused(scene.live.node.database):
        assert one.result("eth_getTransactionReceipt", scene.hashes["transfer"])
        assert one.refusal("eth_getBalance", scene.two.address, "latest") == (-32001, "forbidden")


def test_a_subscription_that_could_not_be_recorded_tells_nothing(scene: Scene) -> None:
    with opened(scene.live, scene.administrator.token) as socket:
        with entries_are_refused(scene.live.node.database):
            assert socket.reason("eth_subscribe", "logs", {}) == UNAVAILABLE
        socket.result("eth_subscribe", "newHeads")
        receipt = pay(scene)
        assert socket.notification()["hash"] == receipt["blockHash"]
