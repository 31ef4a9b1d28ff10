"""A call alone is answered on the event loop where that takes no time; in a batch, on a thread. Nobody sees which."""

import pytest

from prividium.demo.fund import call_data
from prividium.rpc.methods import METHODS
from prividium.types import Json
from tests.unit.live import Scene, new_account
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_door import call
from tests.unit.rpc.test_rpc_execute import balance_of, read
from tests.unit.rpc.test_rpc_filtered import document

SOON = sorted(name for name, method in METHODS.items() if method.soon is not None)


def alone_and_in_a_batch(rpc: Rpc, method: str, *params: Json) -> dict[str, Json]:
    alone, (together,) = rpc.post(call(method, *params)).json(), rpc.post([call(method, *params)]).json()
    assert alone == together
    return document(alone)


@pytest.mark.parametrize("method", SOON)
def test_the_same_is_answered_to_everybody(nobody: Rpc, one: Rpc, administrator: Rpc, method: str) -> None:
    for rpc in (nobody, one, administrator):
        alone_and_in_a_batch(rpc, method)
        alone_and_in_a_batch(rpc, method, "superfluous")


def test_calls_are_answered_the_same_whatever_comes_of_them(scene: Scene, one: Rpc) -> None:
    word = bytes(31) + b"\x07"
    refuses = contracts.deploy(scene, contracts.answers(word, reverts=True), ("go()", "read", "public"))
    own, go = scene.one.address, contracts.selector("go()")
    balance = read(own, scene.shares, balance_of(own))
    asked: dict[str, list[Json]] = {
        "allowed": [balance, "latest"],
        "by height": [balance, one.result("eth_blockNumber")],
        "of the own wallet": [read(own, own), "latest"],
        "reverted": [read(own, refuses, go), "latest"],
        "denied": [read(own, scene.shares, balance_of(scene.two.address)), "latest"],
        "no rule": [read(own, scene.shares, call_data("totalSupply()")), "latest"],
        "no contract": [read(own, new_account().address, go), "latest"],
        "spoofed": [read(scene.two.address, scene.shares, balance_of(own)), "latest"],
        "old state": [balance, "0x0"],
        "no such block": [balance, "0x" + "ab" * 32],
        "creation": [{"from": own, "data": "0x"}, "latest"],
        "malformed": ["call", "latest"],
        "too few": [],
    }
    answers = {name: alone_and_in_a_batch(one, "eth_call", *params) for name, params in asked.items()}
    codes = {name: document(answer.get("error", {})).get("code") for name, answer in answers.items()}
    assert codes == {
        "allowed": None,
        "by height": None,
        "of the own wallet": None,
        "reverted": 3,
        "denied": -32001,
        "no rule": -32001,
        "no contract": -32001,
        "spoofed": -32001,
        "old state": -32602,
        "no such block": -32602,
        "creation": -32001,
        "malformed": -32602,
        "too few": -32602,
    }
