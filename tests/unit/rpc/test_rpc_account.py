"""Balances, nonces and code: one's own, and nothing about anybody else's."""

import pytest

from prividium.types import Json
from tests.unit.live import Scene, new_account
from tests.unit.rpc.conftest import Rpc

METHODS = ["eth_getBalance", "eth_getTransactionCount", "eth_getCode"]


@pytest.mark.parametrize("method", METHODS)
def test_an_own_address_is_answered(scene: Scene, one: Rpc, method: str) -> None:
    assert str(one.result(method, scene.one.address, "latest")).startswith("0x")


@pytest.mark.parametrize("method", METHODS)
def test_a_foreign_address_and_one_that_does_not_exist_are_refused_alike(scene: Scene, one: Rpc, method: str) -> None:
    foreign = (scene.two.address, scene.shares, scene.unregistered, new_account().address)
    refusals = [one.ask(method, address, "latest")["error"] for address in foreign]
    assert refusals == [{"code": -32001, "message": "forbidden", "data": "forbidden"}] * len(foreign)


def test_the_nonce_counts_what_was_sent(scene: Scene, one: Rpc) -> None:
    assert one.result("eth_getTransactionCount", scene.one.address) != "0x0"
    assert one.result("eth_getTransactionCount", scene.one.address, "pending") != "0x0"


@pytest.mark.parametrize("block", ["latest", "pending", "safe", "finalized"])
def test_every_tag_of_the_newest_block_reads_the_same_state(scene: Scene, one: Rpc, block: str) -> None:
    assert one.result("eth_getBalance", scene.one.address, block) == "0x0"


def test_the_newest_block_can_be_named_by_number_and_hash(scene: Scene, one: Rpc) -> None:
    newest = one.result("eth_getBlockByNumber", "latest", False)
    assert isinstance(newest, dict)
    for block in (newest["number"], {"blockNumber": newest["number"]}, {"blockHash": newest["hash"]}):
        assert one.result("eth_getBalance", scene.one.address, block) == "0x0"


@pytest.mark.parametrize("block", ["earliest", "0x1"])
def test_older_state_is_not_available(scene: Scene, one: Rpc, block: str) -> None:
    assert one.refusal("eth_getBalance", scene.one.address, block) == (-32602, "historical_state_unavailable")


def test_a_block_that_does_not_exist_yet_has_no_state(scene: Scene, one: Rpc) -> None:
    assert one.refusal("eth_getBalance", scene.one.address, "0xffffff") == (-32602, "block_unknown")


@pytest.mark.parametrize(
    "params",
    [[], ["0x12"], ["nonsense"], [1], ["0x" + "g" * 40], ["0x" + "11" * 20, "newest"], ["0x" + "11" * 20, "0x01"]],
)
def test_wrong_parameters_are_named(one: Rpc, params: list[Json]) -> None:
    assert one.refusal("eth_getBalance", *params)[0] == -32602


def test_accounts_are_the_callers_wallets(scene: Scene, one: Rpc, nobody: Rpc) -> None:
    assert one.result("eth_accounts") == [scene.one.address.lower()]


@pytest.mark.parametrize(
    ("method", "answer"), [("eth_gasPrice", "0x0"), ("eth_maxPriorityFeePerGas", "0x0"), ("eth_syncing", False)]
)
def test_gas_is_free_and_the_node_is_in_step(one: Rpc, method: str, answer: Json) -> None:
    assert one.result(method) == answer


def test_the_fee_history_says_nothing_about_traffic(one: Rpc) -> None:
    history = one.result("eth_feeHistory", "0x2", "latest", [50])
    assert isinstance(history, dict)
    assert history["gasUsedRatio"] == [0.0, 0.0]
    assert history["baseFeePerGas"] == ["0x0"] * 3
    assert history["reward"] == [["0x0"], ["0x0"]]
