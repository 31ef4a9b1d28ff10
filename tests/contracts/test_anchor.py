"""The relayer's way: commit, prove, execute; what it refuses to do; what it says when it cannot go on."""

from dataclasses import replace
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from gateway.abi import interface
from gateway.relayer.client import L1Unreachable
from gateway.relayer.devnet import EmbeddedL1
from gateway.relayer.journal import Action
from gateway.relayer.settlement import Status
from gateway.relayer.submit import Call, Event, InsufficientL1Funds, SubmitLimits, WouldRevert
from prividium.proof.prover import ProverUnavailable
from prividium.proof.verify import VerifiedProof
from prividium.types import to_hex
from tests.contracts.chain import OTHER_KEY, batch, record_of
from tests.contracts.conftest import StartNode
from tests.contracts.gateway_node import Batches, Node, until


def steps_of(node: Node) -> list[tuple[str, int]]:
    """What was signed; the same bytes may go out again, when L1 shows them neither in its pool nor in a block yet."""
    sent = [step.action for step in node.settle() if step.action is not None and step.event is not Event.RESENT]
    return [(action.step, action.subject) for action in sent]


def test_a_proven_batch_is_committed_verified_and_executed(node: Node, batches: Batches) -> None:
    batches.seal(1)
    batches.prove(1)
    assert steps_of(node) == [("commit", 1), ("verify", 1), ("prove", 1), ("execute", 1)]
    assert node.view.batch(1) == record_of(batch(1), Status.EXECUTED)


def test_batches_are_committed_before_their_proofs_are_ready(node: Node, batches: Batches) -> None:
    for number in (1, 2):
        batches.seal(number)
    assert steps_of(node) == [("commit", 1), ("commit", 2)]
    batches.prove(2)
    assert steps_of(node) == [("verify", 2), ("prove", 2)]
    batches.prove(1)
    assert steps_of(node) == [("verify", 1), ("prove", 1), ("execute", 1), ("execute", 2)]


def test_a_rejected_proof_is_never_sent_and_holds_up_nothing_else(node: Node, batches: Batches) -> None:
    for number in (1, 2):
        batches.seal(number)
    batches.prove(1, keccak(b"something else"))
    batches.prove(2)
    assert steps_of(node) == [("commit", 1), ("commit", 2), ("verify", 2), ("prove", 2)]
    assert node.view.batch(1).status is Status.COMMITTED
    assert node.anchor is not None
    assert node.anchor.problem is not None
    assert node.anchor.problem.code == "output_mismatch"
    assert "batch 1" in node.anchor.problem.message


def test_a_verifier_that_is_away_holds_up_proofs_alone(
    shared_url: str, start_node: StartNode, batches: Batches
) -> None:
    def away(path: Path, output: bytes) -> VerifiedProof:
        raise ProverUnavailable("prover_unavailable", "the proof verifier did not finish")

    node = start_node(shared_url, verify=away)
    anchor = node.deploy()
    for number in (1, 2):
        batches.seal(number)
        batches.prove(number)
    assert steps_of(node) == [("commit", 1), ("commit", 2)]
    assert anchor.problem is not None
    assert anchor.problem.code == "prover_unavailable"


def test_a_proof_by_another_program_than_the_pinned_one_is_not_sent(node: Node, batches: Batches) -> None:
    keys = interface("KeyRegistry")
    other_key = replace(OTHER_KEY, verifier=node.view.key(1).verifier)
    for function, arguments in (("propose", [other_key.astuple()]), ("activate", [])):
        action = Action(function, 0, bytes(32))
        calls = {action: Call(node.registry, keys.call(function, *arguments), keys)}
        assert node.submitter.step(node.client.head(), action, calls.__getitem__).event is Event.SENT
        [signed] = node.journal.of(function)
        until(lambda mined=signed.hash: node.client.receipt(mined) is not None)
    batches.seal(1)
    batches.prove(1)
    assert steps_of(node) == [("commit", 1)]
    assert node.view.batch(1).key_version == 2
    assert node.anchor is not None
    assert node.anchor.problem is not None
    assert node.anchor.problem.code == "key_mismatch"


def test_another_output_on_l1_blocks_until_the_operator_reverts_it(node: Node, batches: Batches) -> None:
    batches.seal(1, "mistake")
    node.settle()
    batches.seal(1)
    batches.prove(1)
    blocked = node.step()
    assert blocked.event is Event.BLOCKED
    assert node.anchor is not None
    assert node.anchor.problem is not None
    assert node.anchor.problem.code == "batch_diverged"
    node.anchor.request_revert(1)
    assert steps_of(node) == [("revert", 1), ("commit", 1), ("verify", 1), ("prove", 1), ("execute", 1)]
    assert node.view.batch(1) == record_of(batch(1), Status.EXECUTED)
    assert node.anchor.problem is None


def test_batches_on_l1_that_the_ledger_does_not_know_block(node: Node, batches: Batches) -> None:
    batches.seal(1)
    node.settle()
    batches.sealed.clear()
    assert node.step().event is Event.BLOCKED
    assert node.anchor is not None
    assert node.anchor.problem is not None
    assert node.anchor.problem.code == "ledger_behind_l1"


def test_what_l1_would_refuse_is_not_sent(node: Node, batches: Batches) -> None:
    batches.sealed[1] = replace(batch(1), prev_state=keccak(b"gap"))
    before = node.nonce()
    with pytest.raises(WouldRevert, match=r"commit 1: PrevStateMismatch\(expected=0x"):
        node.step()
    assert node.nonce() == before
    assert node.journal.of("commit") == []


def test_an_account_without_funds_is_named(node: Node, batches: Batches) -> None:
    batches.seal(1)
    node.client.request("anvil_setBalance", to_hex(node.operator.address), "0x1")
    with pytest.raises(InsufficientL1Funds, match=to_hex(node.operator.address)):
        node.step()
    node.client.request("anvil_setBalance", to_hex(node.operator.address), hex(10**20))
    node.settle()
    assert node.view.last_committed() == 1
    assert sum(receipt is not None for receipt in node.sent("commit")) == 1


def test_fees_over_the_limit_are_not_paid(shared_url: str, start_node: StartNode, batches: Batches) -> None:
    start_node(shared_url).deploy()
    node = start_node(shared_url, SubmitLimits(max_fee_per_gas_max=1))
    node.deploy()
    batches.seal(1)
    assert node.step().event is Event.FEE_LIMIT
    assert node.anchor is not None
    assert node.anchor.problem is not None
    assert node.anchor.problem.code == "l1_fee_limit"
    assert node.journal.of("commit") == []


def test_an_l1_that_is_away_is_reported_and_survived(
    own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    node = start_node(own_l1.url)
    node.deploy()
    batches.seal(1)
    before = node.status()
    assert before.reachable
    own_l1.stop()
    with pytest.raises(L1Unreachable) as caught:
        node.step()
    assert caught.value.code == "l1_unreachable"
    assert node.status() == replace(before, reachable=False)
    own_l1.start()
    assert steps_of(node) == [("commit", 1)]
    assert node.status().last_committed == 1


def test_the_status_tells_committed_proven_executed_and_finalized_apart(node: Node, batches: Batches) -> None:
    for number in (1, 2, 3, 4):
        batches.seal(number)
    for number in (1, 2, 3):
        batches.prove(number)
    while node.status().last_proven < 2:
        node.step()
    node.client.request("anvil_mine", "0x5")
    batches.put(4, b"not a proof")
    node.settle()
    status = node.status()
    assert (status.last_committed, status.last_proven, status.last_executed) == (4, 3, 3)
    assert status.last_finalized < 3
    node.client.request("anvil_mine", "0x5")
    assert node.status().last_finalized == 3
    assert status.operator_balance > 0
