"""The one writer: durable answers, blocks on demand, policies in time, batches when due, nothing lost at the end."""

import threading
from collections.abc import Callable

import pytest

from prividium._core import Batch, Block, CoreError, DeniedError, Ledger
from prividium.bench.traffic import Traffic, address_of
from prividium.errors import Unavailable
from prividium.ledger.sequencer import Sequencer
from tests.unit.ledger.conftest import Rules

SECONDS_MAX = 20.0


class Blocks:
    """Collects blocks and lets a test wait for transactions to be in one."""

    def __init__(self, sequencer: Sequencer) -> None:
        self._changed = threading.Condition()
        self.seen: list[Block] = []
        sequencer.on_block(self._add)

    def _add(self, block: Block) -> None:
        with self._changed:
            self.seen.append(block)
            self._changed.notify_all()

    @property
    def transactions(self) -> list[bytes]:
        return [transaction_hash for block in self.seen for transaction_hash in block.transaction_hashes]

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.transactions) >= count, SECONDS_MAX)


def test_a_submission_is_answered_with_its_hash_and_comes_into_a_block(
    sequence: Callable[..., Sequencer], ledger: Ledger, traffic: Traffic
) -> None:
    sequencer = sequence()
    blocks = Blocks(sequencer)
    transaction_hash = sequencer.submit(traffic.set_up[0]).result(SECONDS_MAX)
    assert ledger.transaction(transaction_hash) is not None
    blocks.wait_for(1)
    receipt = ledger.receipt(transaction_hash)
    assert receipt is not None
    assert receipt.status == 1


def test_all_of_many_concurrent_submissions_land_once(
    sequence: Callable[..., Sequencer], ledger: Ledger, traffic: Traffic
) -> None:
    sequencer = sequence()
    blocks = Blocks(sequencer)
    everything = traffic.set_up + traffic.transfers
    answers = [sequencer.submit(raw) for raw in everything]
    hashes = [answer.result(SECONDS_MAX) for answer in answers]
    blocks.wait_for(len(everything))
    assert sorted(blocks.transactions) == sorted(hashes)
    assert None not in [ledger.receipt(transaction_hash) for transaction_hash in hashes]


def test_a_refusal_reaches_the_one_who_sent(sequence: Callable[..., Sequencer], traffic: Traffic) -> None:
    sequencer = sequence()
    good, bad = sequencer.submit(traffic.set_up[0]), sequencer.submit(b"\x02\xc0")
    assert len(good.result(SECONDS_MAX)) == 32
    with pytest.raises(CoreError) as refused:
        bad.result(SECONDS_MAX)
    assert refused.value.code == "rlp_invalid"


def test_a_new_policy_is_in_force_when_refresh_has_answered(
    sequence: Callable[..., Sequencer], ledger: Ledger, traffic: Traffic, rules: Rules
) -> None:
    sequencer = sequence()
    rules.denied = {address_of(traffic.administrator)}
    rules.version = 2
    sequencer.refresh_policy().result(SECONDS_MAX)
    assert ledger.policy_version() == 2
    with pytest.raises(DeniedError) as denied:
        sequencer.submit(traffic.set_up[0]).result(SECONDS_MAX)
    assert denied.value.code == "wallet.not_linked"


def test_a_batch_seals_at_its_number_of_transactions(
    sequence: Callable[..., Sequencer], ledger: Ledger, traffic: Traffic
) -> None:
    sequencer = sequence(transactions_max=2)
    sealed: list[Batch] = []
    enough = threading.Event()

    def note(batch: Batch) -> None:
        sealed.append(batch)
        if len(sealed) == 2:
            enough.set()

    sequencer.on_sealed(note)
    for raw in traffic.set_up[:4]:
        sequencer.submit(raw).result(SECONDS_MAX)
    assert enough.wait(SECONDS_MAX)
    assert [batch.number for batch in sealed] == [1, 2]
    assert all(1 <= batch.transaction_count <= 2 for batch in sealed)
    assert sealed[1].output.prev_state == sealed[0].output.new_state


def test_open_blocks_seal_on_request(sequence: Callable[..., Sequencer], ledger: Ledger, traffic: Traffic) -> None:
    sequencer = sequence()
    assert sequencer.seal_now().result(SECONDS_MAX) is None
    blocks = Blocks(sequencer)
    sequencer.submit(traffic.set_up[0]).result(SECONDS_MAX)
    blocks.wait_for(1)
    batch = sequencer.seal_now().result(SECONDS_MAX)
    assert batch is not None
    assert (batch.number, batch.transaction_count) == (1, 1)


def test_a_full_queue_says_so(sequence: Callable[..., Sequencer], traffic: Traffic) -> None:
    sequencer = sequence(queue_max=1)
    entered, release = threading.Event(), threading.Event()

    def hold(_: Block) -> None:
        entered.set()
        release.wait(SECONDS_MAX)

    sequencer.on_block(hold)
    sequencer.submit(traffic.set_up[0])
    assert entered.wait(SECONDS_MAX)
    waiting = sequencer.submit(traffic.set_up[1])
    with pytest.raises(Unavailable) as refused:
        sequencer.submit(traffic.set_up[2])
    release.set()
    assert refused.value.code == "queue_full"
    assert len(waiting.result(SECONDS_MAX)) == 32


def test_stopping_finishes_what_was_accepted_and_refuses_the_rest(
    sequence: Callable[..., Sequencer], ledger: Ledger, traffic: Traffic
) -> None:
    sequencer = sequence(delay_seconds=60.0)
    answers = [sequencer.submit(raw) for raw in traffic.set_up]
    sequencer.stop()
    hashes = [answer.result(0) for answer in answers]
    assert all(ledger.receipt(transaction_hash) is not None for transaction_hash in hashes)
    assert ledger.pending() == 0
    with pytest.raises(Unavailable) as refused:
        sequencer.submit(traffic.transfers[0])
    assert refused.value.code == "shutting_down"


def test_what_waits_for_a_block_survives_a_restart(
    open_ledger: Callable[[], Ledger], traffic: Traffic, rules: Rules
) -> None:
    first = open_ledger()
    first.set_policy(rules.table())
    answers = first.submit(traffic.set_up)
    assert not [answer for answer in answers if isinstance(answer, CoreError)]
    first.close()
    second = open_ledger()
    from prividium.batch.seal import SealPolicy
    from prividium.ledger.sequencer import SequencerLimits

    sequencer = Sequencer(
        second,
        policy=rules,
        sealing=SealPolicy(1000, 10**12, 0),
        limits=SequencerLimits(8, 8, 0.0),
        clock_mode="stepping",
    )
    blocks = Blocks(sequencer)
    sequencer.start()
    blocks.wait_for(len(answers))
    sequencer.stop()
    assert blocks.transactions == answers
    second.close()
