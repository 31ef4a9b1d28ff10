"""eth_simulateV1: calls that build on each other, judged, and nothing kept."""

import pytest

from prividium.demo.fund import call_data
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_filtered import Document, document, documents


def transfer(rpc: Rpc, scene: Scene, to: str, amount: int) -> Document:
    data = call_data("transfer(address,uint256)", to, amount)
    return {"from": rpc.member.address, "to": scene.shares, "data": "0x" + data.hex()}


def balance(rpc: Rpc, scene: Scene, holder: str) -> Document:
    data = call_data("balanceOf(address)", holder)
    return {"from": rpc.member.address, "to": scene.shares, "data": "0x" + data.hex()}


def simulated(rpc: Rpc, *blocks: list[Document]) -> list[list[Document]]:
    asked: Json = {"blockStateCalls": [{"calls": list(calls)} for calls in blocks]}
    return [documents(block["calls"]) for block in documents(rpc.result("eth_simulateV1", asked, "latest"))]


def amount(call: Document) -> int:
    return int(str(call["returnData"]), 16)


def test_calls_build_on_each_other_and_leave_no_trace(scene: Scene, one: Rpc) -> None:
    own = balance(one, scene, scene.one.address)
    before = int(str(one.result("eth_call", own)), 16)
    (first, second) = simulated(
        one, [own, transfer(one, scene, scene.two.address, 7), own], [transfer(one, scene, scene.two.address, 1), own]
    )
    assert [amount(first[0]), amount(first[2]), amount(second[1])] == [before, before - 7, before - 8]
    assert {call["status"] for call in [*first, *second]} == {"0x1"}
    assert int(str(one.result("eth_call", own)), 16) == before


def test_blocks_follow_the_head_and_have_no_hash(scene: Scene, one: Rpc) -> None:
    height = int(str(one.result("eth_blockNumber")), 16)
    own = balance(one, scene, scene.one.address)
    blocks = documents(one.result("eth_simulateV1", {"blockStateCalls": [{"calls": [own]}] * 2}))
    assert [int(str(block["number"]), 16) - height for block in blocks] == [1, 2]
    assert {block["hash"] for block in blocks} == {"0x" + "00" * 32}
    assert {block["gasUsed"] for block in blocks} == {documents(blocks[0]["calls"])[0]["gasUsed"]}


def test_logs_are_those_that_the_sender_would_see(scene: Scene, one: Rpc) -> None:
    ((call,),) = simulated(one, [transfer(one, scene, scene.two.address, 1)])
    (log,) = documents(call["logs"])
    assert (log["address"], log["logIndex"]) == (scene.shares, "0x0")


def test_a_failing_call_fails_by_itself(scene: Scene, one: Rpc) -> None:
    ((failed, fine),) = simulated(
        one, [transfer(one, scene, scene.two.address, 10**12), balance(one, scene, scene.one.address)]
    )
    assert (failed["status"], fine["status"]) == ("0x0", "0x1")
    error = document(failed["error"])
    assert (error["code"], str(error["message"])[:18]) == (3, "execution reverted")
    assert failed["logs"] == []


def test_a_call_that_runs_out_of_gas_says_so(scene: Scene, one: Rpc) -> None:
    endless = contracts.deploy(scene, bytes.fromhex("5b5f56"), ("go()", "write", "public"))
    call: Document = {
        "from": one.member.address,
        "to": endless,
        "data": "0x" + contracts.selector("go()").hex(),
        "gas": hex(100_000),
    }
    ((result,),) = simulated(one, [call])
    assert document(result["error"])["code"] == -32015


def test_a_denied_call_denies_them_all(scene: Scene, one: Rpc) -> None:
    fine, denied = balance(one, scene, scene.one.address), balance(one, scene, scene.two.address)
    for calls in ([denied], [fine, denied], [denied, fine]):
        asked: Json = {"blockStateCalls": [{"calls": list(calls)}]}
        assert one.refusal("eth_simulateV1", asked) == (-32001, "forbidden")


def test_what_only_reading_permits_changes_nothing(scene: Scene, one: Rpc) -> None:
    """A read rule does not become a write by being simulated: its changes do not reach the next call."""
    counter = bytes.fromhex("5f54600101805f555f5260205ff3")  # sload(0) + 1, stored and returned
    address = contracts.deploy(scene, counter, ("next()", "read", "public"))
    call: Document = {"from": one.member.address, "to": address, "data": "0x" + contracts.selector("next()").hex()}
    ((first, second),) = simulated(one, [call, call])
    assert (amount(first), amount(second)) == (1, 1)


def test_what_writing_permits_reaches_the_next_call(scene: Scene, one: Rpc) -> None:
    counter = bytes.fromhex("5f54600101805f555f5260205ff3")
    address = contracts.deploy(scene, counter, ("next()", "write", "public"))
    call: Document = {"from": one.member.address, "to": address, "data": "0x" + contracts.selector("next()").hex()}
    ((first, second), (third,)) = simulated(one, [call, call], [call])
    assert [amount(item) for item in (first, second, third)] == [1, 2, 3]


def test_all_blocks_together_take_the_gas_of_one(scene: Scene, one: Rpc) -> None:
    endless = contracts.deploy(scene, bytes.fromhex("5b5f56"), ("go()", "write", "public"))
    call: Document = {"from": one.member.address, "to": endless, "data": "0x" + contracts.selector("go()").hex()}
    asked: Json = {"blockStateCalls": [{"calls": [call] * 10}]}
    assert one.refusal("eth_simulateV1", asked) == (-32000, "block_gas_exceeded")


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({}, "params_invalid"),
        ({"blockStateCalls": []}, "params_invalid"),
        ({"blockStateCalls": [{}]}, "params_invalid"),
        ({"blockStateCalls": [{"calls": []}]}, "params_invalid"),
        ({"blockStateCalls": [{"calls": []}] * 17}, "params_invalid"),
        ({"blockStateCalls": [{"calls": [{"from": "0x" + "11" * 20}] * 65}]}, "params_invalid"),
        ({"blockStateCalls": [{"calls": [{}]}]}, "from_required"),
        ({"blockStateCalls": [{"calls": []}], "traceTransfers": True}, "simulation_unsupported"),
        ({"blockStateCalls": [{"calls": []}], "validation": True}, "simulation_unsupported"),
        ({"blockStateCalls": [{"calls": []}], "returnFullTransactions": True}, "simulation_unsupported"),
        ({"blockStateCalls": [{"calls": []}], "more": 1}, "params_invalid"),
    ],
)
def test_wrong_simulations_are_named(one: Rpc, asked: Json, reason: str) -> None:
    assert one.refusal("eth_simulateV1", asked) == (-32602, reason)
