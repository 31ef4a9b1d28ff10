"""The relayer against an L1 that misbehaves, and against its own death at any point."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from eth_utils.crypto import keccak

from gateway.abi import interface
from gateway.relayer.client import L1Error
from gateway.relayer.devnet import EmbeddedL1
from gateway.relayer.fees import estimate
from gateway.relayer.journal import Journal, JournalFailed
from gateway.relayer.settlement import SettlementMissing
from gateway.relayer.source import output_tuple
from gateway.relayer.submit import Event, SubmitLimits
from prividium.errors import ConfigurationError
from tests.contracts.chain import batch
from tests.contracts.conftest import StartNode
from tests.contracts.gateway_node import PATIENT, Batches, Node, automine, finish, mine, mined, until, waiting_commit

IMPATIENT = SubmitLimits(stuck_after_blocks=1_000, stuck_after_seconds=0)


# death of the relayer


def test_a_crash_between_journal_and_send_submits_the_same_bytes_once(
    lonely: Node, own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    """The crash is a signed transaction in the journal that L1 never received."""
    signed = waiting_commit(lonely, batches)
    lonely.client.request("anvil_dropTransaction", "0x" + signed.hash.hex())
    automine(lonely.client, True)
    successor = start_node(own_l1.url)
    successor.deploy()
    step = successor.step()
    assert (step.event, step.transaction_hash) == (Event.RESENT, signed.hash)
    finish(successor, batches, 1)
    assert [transaction.hash for transaction in successor.journal.of("commit")] == [signed.hash]


def test_a_crash_after_the_send_submits_nothing_more(
    lonely: Node, own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    batches.seal(1)
    automine(lonely.client, False)
    assert lonely.step().event is Event.SENT
    successor = start_node(own_l1.url)
    successor.deploy()
    assert successor.step().event is Event.WAITING
    mine(successor.client)
    automine(successor.client, True)
    finish(successor, batches, 1)
    assert len(successor.journal.of("commit")) == 1


def test_a_new_relayer_at_every_step_does_each_thing_once(
    own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    for number in (1, 2, 3):
        batches.seal(number)
        batches.prove(number)
    node = start_node(own_l1.url)
    node.deploy()
    while node.view.last_executed() < 3:
        node = start_node(own_l1.url)
        node.deploy()
        node.step()
    finish(node, batches, 3)


def test_a_lost_journal_is_no_second_submission(lonely: Node, batches: Batches, tmp_path: Path) -> None:
    """What was mined is read from L1; what waits in the pool is outbid at its own nonce."""
    batches.seal(1)
    automine(lonely.client, False)
    lonely.step()
    with closing(sqlite3.connect(tmp_path / "gateway" / "relayer.sqlite")) as journal, journal:
        journal.execute("DELETE FROM transactions WHERE step = 'commit'")
    for _ in range(5):
        step = lonely.step()
    assert step.event is Event.WAITING
    mine(lonely.client)
    automine(lonely.client, True)
    finish(lonely, batches, 1)


def test_nothing_is_sent_that_the_journal_could_not_keep(lonely: Node, batches: Batches, tmp_path: Path) -> None:
    batches.seal(1)
    before = lonely.nonce()
    with closing(sqlite3.connect(tmp_path / "gateway" / "relayer.sqlite")) as journal, journal:
        journal.execute("CREATE TRIGGER full BEFORE INSERT ON transactions BEGIN SELECT RAISE(ABORT, 'full'); END")
    with pytest.raises(JournalFailed, match="is the disk full"):
        lonely.step()
    with closing(sqlite3.connect(tmp_path / "gateway" / "relayer.sqlite")) as journal, journal:
        journal.execute("DROP TRIGGER full")
    assert lonely.nonce() == before
    finish(lonely, batches, 1)


def test_a_file_that_is_no_journal_is_reported(tmp_path: Path) -> None:
    (tmp_path / "relayer.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(ConfigurationError) as caught:
        Journal(tmp_path / "relayer.sqlite", bytes(32), bytes(20))
    assert caught.value.code == "journal_unusable"


# an L1 that forgets


def test_l1_restarted_with_its_state_goes_on(lonely: Node, own_l1: EmbeddedL1, batches: Batches) -> None:
    batches.seal(1)
    lonely.settle()
    own_l1.stop()
    own_l1.start()
    finish(lonely, batches, 2)


def test_l1_restarted_without_its_pool_gets_the_same_transaction_again(
    lonely: Node, own_l1: EmbeddedL1, batches: Batches
) -> None:
    batches.seal(1)
    automine(lonely.client, False)
    sent = lonely.step()
    own_l1.stop()
    own_l1.start()
    again = lonely.step()
    assert (again.event, again.transaction_hash) == (Event.RESENT, sent.transaction_hash)
    finish(lonely, batches, 1)


def test_l1_killed_and_back_with_older_state_gets_everything_again(
    lonely: Node, own_l1: EmbeddedL1, batches: Batches
) -> None:
    batches.seal(1)
    lonely.settle()
    own_l1.stop()
    own_l1.start()
    state = own_l1.state_path.read_bytes()
    finish(lonely, batches, 3)
    own_l1.kill()
    own_l1.state_path.write_bytes(state)
    own_l1.start()
    assert lonely.view.last_committed() == 1
    finish(lonely, batches, 3)


def test_a_truncated_state_file_falls_back_to_the_one_of_the_last_start(
    lonely: Node, own_l1: EmbeddedL1, batches: Batches
) -> None:
    own_l1.stop()
    own_l1.start()
    finish(lonely, batches, 1)
    own_l1.kill()
    own_l1.state_path.write_bytes(own_l1.state_path.read_bytes()[:-100])
    own_l1.start()
    assert lonely.view.last_committed() == 0
    finish(lonely, batches, 1)


def test_an_l1_that_lost_the_contract_ends_the_loop(
    lonely: Node, own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    own_l1.stop()
    for path in own_l1.state_path.parent.glob("state*"):
        path.unlink()
    own_l1.start()
    assert lonely.anchor is not None
    with pytest.raises(SettlementMissing):
        lonely.anchor.run(threading.Event())
    successor = start_node(own_l1.url)
    successor.deploy()
    finish(successor, batches, 1)


def test_the_loop_runs_until_it_is_stopped(lonely: Node, batches: Batches) -> None:
    stop, wake = threading.Event(), threading.Event()
    assert lonely.anchor is not None
    loop = threading.Thread(target=lonely.anchor.run, args=(stop, wake))
    loop.start()
    batches.seal(1)
    batches.prove(1)
    wake.set()
    until(lambda: lonely.view.last_executed() == 1)
    stop.set()
    wake.set()
    loop.join()
    finish(lonely, batches, 1)


# an L1 that changes its mind


@pytest.mark.parametrize("depth", [1, 2, 3, 5])
def test_a_reorganisation_that_drops_our_transactions_is_repaired(lonely: Node, batches: Batches, depth: int) -> None:
    for number in (1, 2):
        batches.seal(number)
        batches.prove(number)
    lonely.settle()
    lonely.client.request("anvil_rollback", depth)
    assert lonely.view.last_executed() < 2
    finish(lonely, batches, 2)


def test_after_a_reorganisation_the_same_signed_bytes_go_out(lonely: Node, batches: Batches) -> None:
    batches.seal(1)
    lonely.settle()
    [signed] = lonely.journal.of("commit")
    lonely.client.request("anvil_rollback", 1)
    again = lonely.step()
    assert (again.event, again.transaction_hash) == (Event.RESENT, signed.hash)
    finish(lonely, batches, 1)


def test_a_reorganisation_under_another_batch_signs_the_nonce_anew(lonely: Node, batches: Batches) -> None:
    """The batch was sealed again while L1 forgot it, so the old bytes are no longer what is wanted."""
    batches.seal(1, "mistake")
    lonely.settle()
    [old] = lonely.journal.of("commit")
    lonely.client.request("anvil_rollback", 1)
    batches.seal(1)
    step = lonely.step()
    assert step.event is Event.REPLACED
    assert lonely.journal.at(old.nonce)[-1].fees.max_fee * 8 >= old.fees.max_fee * 9
    finish(lonely, batches, 1)


# gaps and stuck transactions


def test_a_gap_before_a_waiting_transaction_is_filled(lonely: Node, batches: Batches) -> None:
    """A later transaction of this account waits in the pool; the nonce before it was never used."""
    nonce = lonely.nonce()
    data = interface("Settlement").call("commit", output_tuple(batch(2)))
    fees = estimate(lonely.client, lonely.client.head())
    _, raw = lonely.operator.sign_transaction(
        lonely.client.chain_id(), nonce + 1, lonely.settlement, data, 1_000_000, fees
    )
    lonely.client.send(raw)
    for number in (1, 2):
        batches.seal(number)
    lonely.settle()
    assert lonely.nonce() == nonce + 2
    assert lonely.view.last_committed() == 2
    assert len(lonely.journal.of("commit")) == 1


def test_a_stuck_transaction_is_bumped_at_its_nonce_and_mined_once(
    own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    start_node(own_l1.url).deploy()
    node = start_node(own_l1.url, IMPATIENT)
    node.deploy()
    batches.seal(1)
    automine(node.client, False)
    assert node.step().event is Event.SENT
    for _ in range(3):
        assert node.step().event is Event.BUMPED
    signed = node.journal.of("commit")
    assert len({transaction.nonce for transaction in signed}) == 1
    for before, after in pairwise(signed):
        assert after.fees.max_fee * 8 >= before.fees.max_fee * 9
        assert after.fees.priority_fee * 8 >= before.fees.priority_fee * 9
    mine(node.client)
    assert [receipt is not None for receipt in node.sent("commit")] == [False, False, False, True]
    automine(node.client, True)
    finish(node, batches, 1)


def test_blocks_that_pass_a_transaction_by_make_it_stuck(
    own_l1: EmbeddedL1, start_node: StartNode, batches: Batches
) -> None:
    """The base fee rose above what the transaction offers, so block after block leaves it out."""
    start_node(own_l1.url).deploy()
    node = start_node(own_l1.url, replace(PATIENT, stuck_after_blocks=3))
    node.deploy()
    batches.seal(1)
    automine(node.client, False)
    node.step()
    offered = node.journal.of("commit")[0].fees.max_fee
    for _ in range(3):
        node.client.request("anvil_setNextBlockBaseFeePerGas", hex(offered * 2))
        mine(node.client)
    node.client.request("anvil_setNextBlockBaseFeePerGas", hex(offered * 2))
    assert mined(node, "commit") == 0
    assert node.step().event is Event.BUMPED
    assert node.journal.of("commit")[-1].fees.max_fee > offered * 2
    mine(node.client)
    assert mined(node, "commit") == 1


def test_a_transaction_that_the_pool_dropped_and_is_now_too_cheap_is_signed_dearer(
    lonely: Node, batches: Batches
) -> None:
    signed = waiting_commit(lonely, batches)
    lonely.client.request("anvil_dropTransaction", "0x" + signed.hash.hex())
    lonely.client.request("anvil_setNextBlockBaseFeePerGas", hex(signed.fees.max_fee * 3))
    mine(lonely.client)
    lonely.client.request("anvil_setNextBlockBaseFeePerGas", hex(signed.fees.max_fee * 3))
    assert lonely.step().event is Event.BUMPED
    mine(lonely.client)
    assert [receipt is not None for receipt in lonely.sent("commit")] == [False, True]


def test_random_trouble_never_submits_twice(own_l1: EmbeddedL1, start_node: StartNode, batches: Batches) -> None:
    """Restarts, pool losses, reorganisations and mining pauses in an order drawn from one seed."""
    node = start_node(own_l1.url, IMPATIENT)
    automine(node.client, True)
    node.deploy()
    deployed_at = node.client.head().number
    for number in (1, 2, 3, 4):
        batches.seal(number)
        batches.prove(number)
    for round_number in range(60):
        trouble = keccak(round_number.to_bytes(4))[0] % 8
        if trouble == 0:
            node = start_node(own_l1.url, IMPATIENT)
            node.deploy()
        elif trouble == 1:
            node.client.request("anvil_dropAllTransactions")
        elif trouble == 2 and node.client.head().number >= deployed_at + 2:
            node.client.request("anvil_rollback", 2)
            node.deploy()
        elif trouble == 3:
            automine(node.client, False)
        elif trouble == 4:
            automine(node.client, True)
            mine(node.client)
        try:
            node.step()
        except L1Error:
            mine(node.client)
    automine(node.client, True)
    mine(node.client)
    node = start_node(own_l1.url)
    node.deploy()
    finish(node, batches, 4)
