"""Answers that leave no entry in the audit trail show nothing by the right to read everything."""

from prividium.types import Json
from tests.unit.live import Scene
from tests.unit.rpc import contracts
from tests.unit.rpc.conftest import Rpc, reading_everything
from tests.unit.rpc.test_rpc_execute import nonce_of, signed
from tests.unit.rpc.test_rpc_filtered import document
from tests.unit.rpc.test_rpc_sockets import opened, pay

SETTLE = contracts.selector("settle()")


def loud(scene: Scene) -> str:
    """A contract that emits an event about somebody else."""
    paid = contracts.selector("Paid(address)").ljust(32, b"\0")
    somebody = bytes(12) + bytes.fromhex(scene.two.address[2:])
    return contracts.deploy(scene, contracts.emits([paid, somebody]), ("settle()", "write", "public"))


def logs(receipt: Json) -> int:
    listed = document(receipt)["logs"]
    assert isinstance(listed, list)
    return len(listed)


def test_a_send_answers_with_what_its_sender_sees(scene: Scene, reader: Rpc) -> None:
    raw = signed(reader.member, scene.chain_id, to=loud(scene), nonce=nonce_of(reader), data=SETTLE)
    receipt = document(reader.result("eth_sendRawTransactionSync", raw))
    assert logs(receipt) == 0
    assert logs(reader.result("eth_getTransactionReceipt", receipt["transactionHash"])) == 1


def test_a_subscription_from_before_the_right_shows_nothing_by_it(scene: Scene) -> None:
    with opened(scene.live, scene.stranger.token) as socket:
        socket.result("eth_subscribe", "logs", {})
        with reading_everything(scene, scene.stranger):
            assert socket.result("eth_getBalance", scene.one.address)
            socket.result("eth_subscribe", "newHeads")
            receipt = pay(scene)
            assert socket.notification()["hash"] == receipt["blockHash"]
