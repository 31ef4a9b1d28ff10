"""eth_sendRawTransactionSync (EIP-7966): the receipt, or error 4 with the hash."""

import pytest

from prividium.demo.fund import call_data
from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_execute import nonce_of, signed
from tests.unit.rpc.test_rpc_filtered import document


def payment(rpc: Rpc, scene: Scene, nonce: int) -> str:
    data = call_data("transfer(address,uint256)", scene.one.address, 1)
    return signed(rpc.member, scene.chain_id, to=scene.shares, nonce=nonce, data=data)


@pytest.mark.parametrize("timeout", [None, 5_000, "0x1388", 10**9])
def test_the_answer_is_the_receipt(scene: Scene, two: Rpc, timeout: Json) -> None:
    receipt = document(two.result("eth_sendRawTransactionSync", payment(two, scene, nonce_of(two)), timeout))
    assert receipt["status"] == "0x1"
    assert receipt == two.result("eth_getTransactionReceipt", receipt["transactionHash"])


def test_without_a_block_in_time_the_error_names_the_hash(scene: Scene, two: Rpc) -> None:
    """A gap in the nonces keeps it waiting; what fills the gap brings it in."""
    nonce = nonce_of(two)
    answer = two.ask("eth_sendRawTransactionSync", payment(two, scene, nonce + 1), 1)
    error = document(answer["error"])
    assert error["code"] == 4
    assert two.result("eth_getTransactionByHash", error["data"])
    assert two.result("eth_getTransactionReceipt", error["data"]) is None
    two.result("eth_sendRawTransactionSync", payment(two, scene, nonce))
    assert two.member.receipt(str(error["data"]))["status"] == "0x1"


def test_a_batch_of_sends_waits_for_all_at_once(scene: Scene, two: Rpc) -> None:
    nonce = nonce_of(two)
    body: list[Json] = [
        {"jsonrpc": "2.0", "id": index, "method": "eth_sendRawTransactionSync", "params": [payment(two, scene, number)]}
        for index, number in enumerate((nonce + 1, nonce, nonce + 2))
    ]
    answers = two.post(body).json()
    assert [answer["id"] for answer in answers] == [0, 1, 2]
    assert [answer["result"]["status"] for answer in answers] == ["0x1"] * 3


def test_a_refused_transaction_is_refused_at_once(scene: Scene, two: Rpc, stranger: Rpc) -> None:
    used = signed(two.member, scene.chain_id, to=scene.shares, nonce=0, gas=50_000)
    assert nonce_of(two) > 0
    assert two.refusal("eth_sendRawTransactionSync", used) == (-32000, "nonce_too_low")
    raw = payment(stranger, scene, nonce_of(stranger))
    assert stranger.refusal("eth_sendRawTransactionSync", raw) == (-32001, "forbidden")
    assert stranger.refusal("eth_sendRawTransactionSync", payment(two, scene, nonce_of(two))) == (
        -32001,
        "wallet.not_owned_by_user",
    )


def test_a_transaction_that_is_denied_in_its_turn_is_not_waited_for(scene: Scene, two: Rpc) -> None:
    """It was accepted under a rule that is gone when the gap before it is filled."""
    contract = contracts.deploy(scene, b"\x00", ("go()", "write", "public"))
    nonce = nonce_of(two)
    late = signed(two.member, scene.chain_id, to=contract, nonce=nonce + 1, data=contracts.selector("go()"))
    assert two.result("eth_sendRawTransaction", late)
    scene.administrator.rest("DELETE", f"/api/contracts/{contract}")
    body: list[Json] = [
        {"jsonrpc": "2.0", "id": index, "method": "eth_sendRawTransactionSync", "params": [raw, 10_000]}
        for index, raw in enumerate((late, payment(two, scene, nonce)))
    ]
    denied, mined = two.post(body).json()
    assert denied["error"] == {"code": -32001, "message": "forbidden", "data": "forbidden"}
    assert mined["result"]["status"] == "0x1"


@pytest.mark.parametrize("timeout", [0, -1, "1", "0x0", True, 1.5, []])
def test_a_timeout_is_a_positive_number(scene: Scene, two: Rpc, timeout: Json) -> None:
    assert two.refusal("eth_sendRawTransactionSync", payment(two, scene, nonce_of(two)), timeout)[0] == -32602
