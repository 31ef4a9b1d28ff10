"""All requests of a batch see the chain up to the same block."""

import asyncio
import json
from concurrent.futures import Future

import pytest

from prividium._core import decode_transaction
from prividium.app import build_door
from prividium.identity.credentials import Credentials
from prividium.rpc.dispatch import Visit
from prividium.types import Json, to_hex
from tests.unit.live import Scene
from tests.unit.rpc.conftest import Rpc
from tests.unit.rpc.test_rpc_door import call
from tests.unit.rpc.test_rpc_execute import nonce_of
from tests.unit.rpc.test_rpc_filtered import document
from tests.unit.rpc.test_rpc_sync import payment


def test_a_block_that_is_made_in_between_is_in_none_of_a_batch_s_answers(
    scene: Scene, one: Rpc, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller who is told of no receipt, and then of the height at which there is one, waits for ever (ethers)."""
    node = scene.live.node
    submit, height = node.sequencer.submit, node.index.height

    def sent_and_in_a_block(raw: bytes) -> "Future[bytes]":
        answer = submit(raw)
        answer.result()
        assert node.index.wait_for(height + 1, 60)
        return answer

    monkeypatch.setattr(node.sequencer, "submit", sent_and_in_a_block)
    door = build_door(node)
    raw = payment(one, scene, nonce_of(one))
    transaction_hash = to_hex(decode_transaction(bytes.fromhex(raw[2:])).hash)
    body: Json = [
        call("eth_sendRawTransaction", raw),
        call("eth_getTransactionReceipt", transaction_hash),
        call("eth_blockNumber"),
        call("eth_getBlockByNumber", hex(height + 1), False),
    ]
    principal = node.identity.principal_for(Credentials(f"Bearer {one.member.token}"))
    answers = asyncio.run(door.answer(door.parse(json.dumps(body).encode()), Visit(principal, "batch")))
    assert isinstance(answers, list)
    assert [document(answer)["result"] for answer in answers] == [transaction_hash, None, hex(height), None]
    assert one.result("eth_blockNumber") == hex(height + 1)
    assert document(one.result("eth_getTransactionReceipt", transaction_hash))["status"] == "0x1"
