"""Logs in pages, receipts of blocks, access by index, and filters: each for one person."""

from dataclasses import replace
from typing import cast

import pytest

from prividium.demo.fund import call_data
from prividium.rpc.envelope import RpcError
from prividium.rpc.filters import Filters
from prividium.types import Json, UserId
from tests.unit.live import Scene
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_filtered import Document, document, documents

EVERYTHING: Document = {"fromBlock": "earliest", "toBlock": "latest"}


def pay(scene: Scene, amount: int = 1) -> Document:
    """A transfer from `one` to `two`, in its block and in the index."""
    receipt = scene.one.send(
        scene.shares, call_data("transfer(address,uint256)", scene.two.address, amount), scene.chain_id
    )
    scene.live.settle()
    return cast(Document, receipt)


# pages


@pytest.mark.parametrize("limit", [1, 2, 1000])
def test_pages_hold_together_what_the_whole_answer_holds(scene: Scene, one: Rpc, limit: int) -> None:
    pay(scene)
    whole = one.result("eth_getLogs", EVERYTHING)
    collected: list[Json] = []
    cursor: Json = None
    while True:
        page = document(one.result("eth_getLogs", {**EVERYTHING, "limit": hex(limit), "cursor": cursor}))
        logs = cast(list[Json], page["logs"])
        assert len(logs) <= limit
        collected += logs
        cursor = page["cursor"]
        if cursor is None:
            break
    assert collected == whole


def test_a_cursor_alone_asks_for_pages(one: Rpc) -> None:
    assert set(document(one.result("eth_getLogs", {**EVERYTHING, "cursor": None}))) == {"logs", "cursor"}


def test_the_cursor_of_another_shows_nothing_more(scene: Scene, one: Rpc, stranger: Rpc) -> None:
    cursor = document(one.result("eth_getLogs", {**EVERYTHING, "limit": "0x1"}))["cursor"]
    page = document(stranger.result("eth_getLogs", {**EVERYTHING, "address": scene.shares, "cursor": cursor}))
    assert page == {"logs": [], "cursor": None}


def test_a_cursor_beyond_the_range_ends_the_answer(one: Rpc) -> None:
    page = one.result("eth_getLogs", {**EVERYTHING, "cursor": "0x" + "ff" * 12})
    assert page == {"logs": [], "cursor": None}


@pytest.mark.parametrize(
    "fields", [{"limit": "0x0"}, {"limit": 1}, {"limit": "0x01"}, {"cursor": "0x"}, {"cursor": "0x" + "00" * 11}]
)
def test_wrong_pages_are_named(one: Rpc, fields: Document) -> None:
    assert one.refusal("eth_getLogs", {**EVERYTHING, **fields})[0] == -32602


# blocks


def test_receipts_of_a_block_are_those_that_the_caller_sees(scene: Scene, one: Rpc, two: Rpc, stranger: Rpc) -> None:
    receipt = document(one.result("eth_getTransactionReceipt", scene.hashes["transfer"]))
    for block in (receipt["blockNumber"], receipt["blockHash"], {"blockHash": receipt["blockHash"]}):
        assert one.result("eth_getBlockReceipts", block) == [receipt]
        assert stranger.result("eth_getBlockReceipts", block) == []
    (redacted,) = documents(two.result("eth_getBlockReceipts", receipt["blockNumber"]))
    assert (redacted["from"], redacted["gasUsed"]) == ("0x" + "00" * 20, "0x0")
    assert one.result("eth_getBlockReceipts", "0xffffff") is None


def test_an_index_counts_what_the_caller_sees(scene: Scene, one: Rpc, stranger: Rpc) -> None:
    shown = document(one.result("eth_getTransactionByHash", scene.hashes["transfer"]))
    by_number = ("eth_getTransactionByBlockNumberAndIndex", shown["blockNumber"])
    by_hash = ("eth_getTransactionByBlockHashAndIndex", shown["blockHash"])
    assert [one.result(*by_number, "0x0"), one.result(*by_hash, "0x0")] == [shown, shown]
    for method, block in (by_number, by_hash):
        hidden, beyond = stranger.ask(str(method), block, "0x0"), stranger.ask(str(method), block, "0x7")
        assert hidden == beyond == {"jsonrpc": "2.0", "id": 1, "result": None}
    assert one.result("eth_getTransactionByBlockNumberAndIndex", "0xffffff", "0x0") is None


@pytest.mark.parametrize("index", ["0x", "0x00", 0, None, "-0x1"])
def test_an_index_is_a_quantity(one: Rpc, index: Json) -> None:
    assert one.refusal("eth_getTransactionByBlockNumberAndIndex", "0x1", index)[0] == -32602


# filters


def test_a_filter_tells_what_is_new_and_only_once(scene: Scene, one: Rpc) -> None:
    identifier = one.result("eth_newFilter", {"address": scene.shares})
    assert one.result("eth_getFilterChanges", identifier) == []
    receipt = pay(scene)
    (log,) = documents(one.result("eth_getFilterChanges", identifier))
    assert log["transactionHash"] == receipt["transactionHash"]
    assert one.result("eth_getFilterChanges", identifier) == []


def test_a_filter_shows_what_its_owner_may_see(scene: Scene, two: Rpc, stranger: Rpc) -> None:
    of_two, of_stranger = (rpc.result("eth_newFilter", {}) for rpc in (two, stranger))
    receipt = pay(scene)
    seen = documents(two.result("eth_getFilterChanges", of_two))
    assert receipt["transactionHash"] in {log["transactionHash"] for log in seen}
    assert stranger.result("eth_getFilterChanges", of_stranger) == []


def test_a_filter_of_blocks_tells_hashes(scene: Scene, stranger: Rpc) -> None:
    identifier = stranger.result("eth_newBlockFilter")
    receipt = pay(scene)
    assert receipt["blockHash"] in cast(list[Json], stranger.result("eth_getFilterChanges", identifier))
    assert stranger.result("eth_getFilterChanges", identifier) == []
    assert stranger.refusal("eth_getFilterLogs", identifier) == (-32000, "filter_unknown")


def test_all_logs_of_a_filter_are_those_of_its_range(scene: Scene, one: Rpc) -> None:
    identifier = one.result("eth_newFilter", EVERYTHING)
    assert one.result("eth_getFilterLogs", identifier) == one.result("eth_getLogs", EVERYTHING)


def test_a_filter_of_a_range_that_ends_tells_nothing_after_it(scene: Scene, one: Rpc) -> None:
    identifier = one.result("eth_newFilter", {"fromBlock": "0x0", "toBlock": "0x1"})
    pay(scene)
    assert one.result("eth_getFilterChanges", identifier) == []


@pytest.mark.parametrize("method", ["eth_getFilterChanges", "eth_getFilterLogs"])
def test_anothers_filter_and_none_look_alike(one: Rpc, stranger: Rpc, method: str) -> None:
    identifier = one.result("eth_newFilter", {})
    foreign, absent = stranger.ask(method, identifier), stranger.ask(method, "0x" + "ab" * 16)
    assert foreign == absent
    assert document(foreign["error"])["data"] == "filter_unknown"


def test_a_filter_is_removed_by_its_owner_alone(one: Rpc, stranger: Rpc) -> None:
    identifier = one.result("eth_newFilter", {})
    assert stranger.result("eth_uninstallFilter", identifier) is False
    assert one.result("eth_uninstallFilter", identifier) is True
    assert one.result("eth_uninstallFilter", identifier) is False
    assert one.refusal("eth_getFilterChanges", identifier) == (-32000, "filter_unknown")


@pytest.mark.parametrize("wanted", [{"blockHash": "0x" + "ab" * 32}, {"limit": "0x1"}, {"address": "me"}, 1])
def test_wrong_filters_are_named(one: Rpc, wanted: Json) -> None:
    assert one.refusal("eth_newFilter", wanted)[0] == -32602


def test_a_person_has_so_many_filters_and_no_more(scene: Scene, two: Rpc, one: Rpc) -> None:
    most = scene.live.settings.rpc_filters_per_person_max
    made: list[Json] = []
    while len(made) < most and "result" in (answer := two.ask("eth_newBlockFilter")):
        made.append(answer["result"])
    assert two.refusal("eth_newBlockFilter") == (-32005, "too_many_filters")
    assert one.result("eth_newBlockFilter")
    for identifier in made:
        assert two.result("eth_uninstallFilter", identifier) is True
    assert two.result("eth_newBlockFilter")


def test_a_filter_that_nobody_asks_for_is_forgotten() -> None:
    now = 0.0
    filters = Filters(per_person_max=1, ttl_seconds=10, now=lambda: now)
    alice = UserId("alice")
    first = filters.create(alice, None, 0)
    now = 9.0
    assert filters.find(alice, first)
    now = 18.9
    with pytest.raises(RpcError, match="at most 1"):
        filters.create(alice, None, 0)
    now = 19.0
    with pytest.raises(RpcError, match="not found"):
        filters.find(alice, first)
    assert not filters.remove(alice, first)
    assert filters.create(alice, None, 0)


@pytest.mark.parametrize("most", [1, 2])
def test_changes_that_are_too_many_for_one_answer_come_in_several(scene: Scene, most: int) -> None:
    """Nothing is lost and nothing told twice."""
    from prividium.app import build_chain
    from prividium.identity.sessions import authenticate
    from prividium.rpc.chain import Caller
    from prividium.rpc.handlers import polling
    from prividium.rpc.log_params import log_filter

    node = scene.live.node
    with node.database.read() as session:
        caller = Caller(authenticate(session, scene.one.token))
    chain = build_chain(node)
    narrow = replace(chain, limits=replace(chain.limits, logs_max=most, block_range_max=2))
    identifier = str(polling.new_filter(narrow, caller, log_filter([{}])))
    sent = [pay(scene)["transactionHash"] for _ in range(3)]
    told: list[Json] = []
    for _ in range(8):
        answer = documents(polling.changes(narrow, caller, identifier))
        assert len(answer) <= most
        told += [log["transactionHash"] for log in answer]
    assert told == sent
