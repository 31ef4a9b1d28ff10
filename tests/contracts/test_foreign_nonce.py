"""Nonces of the relayer's account that are used up by what is in no block, or by somebody else."""

from dataclasses import replace

from gateway.relayer.devnet import EmbeddedL1
from gateway.relayer.submit import Event
from tests.contracts.conftest import StartNode
from tests.contracts.gateway_node import PATIENT, Batches, Node, automine, finish, mine, waiting_commit

OFF_HAND = replace(PATIENT, unseen_seconds_max=0)


def test_nothing_is_signed_after_a_transaction_that_is_counted_but_in_no_block(
    lonely: Node, own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    """What is wanted may be just what it did, unless it never shows: then somebody else used the nonce."""
    signed = waiting_commit(lonely, batches)
    lonely.client.request("anvil_dropTransaction", "0x" + signed.hash.hex())
    lonely.client.request("anvil_setNonce", "0x" + lonely.operator.address.hex(), hex(signed.nonce + 1))
    assert lonely.step().event is Event.WAITING
    assert lonely.journal.of("commit") == [signed]
    successor = start_node(own_l1.url, OFF_HAND)
    successor.deploy()
    assert successor.step().event is Event.SENT


def test_a_foreign_transaction_at_our_nonce_is_survived(
    own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    """Somebody used the operator's key by hand while our transaction waited."""
    lonely = start_node(own_l1.url, OFF_HAND)
    lonely.deploy()
    signed = waiting_commit(lonely, batches)
    fees = replace(signed.fees, max_fee=signed.fees.max_fee * 2, priority_fee=signed.fees.priority_fee * 2)
    _, raw = lonely.operator.sign_transaction(
        lonely.client.chain_id(), signed.nonce, lonely.operator.address, b"", 21_000, fees
    )
    lonely.client.send(raw)
    mine(lonely.client)
    automine(lonely.client, True)
    finish(lonely, batches, 1)
    assert [transaction.nonce for transaction in lonely.journal.of("commit")] == [signed.nonce, signed.nonce + 1]
