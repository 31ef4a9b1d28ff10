"""The one writer of the chain: takes transactions, makes blocks, applies policies, seals batches.

All writes happen in one thread. A submission is answered when it is durable; submissions that arrive while the disk is
busy share the next write. A block is made `block_delay_seconds` after the first transaction that waits for it.
"""

import logging
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from prividium import clock
from prividium._core import Batch, Block, CoreError, Ledger, PolicyTable, SealLimits
from prividium.errors import Unavailable

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.2
"""How often an idle writer looks for a new policy or a batch that has come of age."""
RETRY_SECONDS = 1.0
"""Pause after the store refused a write, for example because the disk is full."""


class PolicySource(Protocol):
    def current_version(self) -> int: ...
    def table(self) -> PolicyTable: ...


@dataclass(frozen=True)
class Unsealed:
    """What has executed and is in no batch yet."""

    transactions: int
    cycles: int
    """Estimated zkVM instructions of its proof."""
    age_seconds: int
    """Age of the first block; 0 where the clock counts blocks."""


class Sealing(Protocol):
    """When open blocks become a batch, and what fits into one (`batch.seal`)."""

    def due(self, unsealed: Unsealed) -> bool: ...
    def limits(self) -> SealLimits: ...


@dataclass(frozen=True)
class SequencerLimits:
    group_max: int
    queue_max: int
    block_delay_seconds: float


@dataclass(frozen=True)
class _Submission:
    raw: bytes
    answer: Future[bytes]


@dataclass(frozen=True)
class _Errand:
    """Something else that only the writer may do."""

    work: Callable[[], Batch | None]
    answer: Future[Batch | None]


class Sequencer:
    def __init__(
        self,
        ledger: Ledger,
        *,
        policy: PolicySource,
        sealing: Sealing,
        limits: SequencerLimits,
        clock_mode: clock.ClockMode = "system",
    ) -> None:
        self._ledger = ledger
        self._policy = policy
        self._sealing = sealing
        self._limits = limits
        self._clock_mode = clock_mode
        self._inbox: queue.Queue[_Submission | _Errand | None] = queue.Queue(limits.queue_max)
        self._block_due: float | None = None
        self._stopping = threading.Event()
        self._door = threading.Lock()
        self._failure: str | None = None
        self._on_block: list[Callable[[Block], None]] = []
        self._on_sealed: list[Callable[[Batch], None]] = []
        self._thread = threading.Thread(target=self._run, name="sequencer", daemon=True)

    # face

    def on_block(self, listener: Callable[[Block], None]) -> None:
        """`listener` runs in the writer thread after each block and must return at once."""
        self._on_block.append(listener)

    def on_sealed(self, listener: Callable[[Batch], None]) -> None:
        self._on_sealed.append(listener)

    def start(self) -> None:
        """Bring the policy up to date, then start writing."""
        self._apply_policy()
        if self._ledger.pending():
            self._block_due = clock.monotonic()
        self._thread.start()

    def submit(self, raw: bytes) -> Future[bytes]:
        """The transaction's hash once it is durable; fails with `CoreError` or `Unavailable`."""
        answer: Future[bytes] = Future()
        self._put(_Submission(raw, answer))
        return answer

    def refresh_policy(self) -> Future[Batch | None]:
        """Done when the ledger decides with the newest policy."""
        return self._errand(self._refresh)

    def seal_now(self) -> Future[Batch | None]:
        """Seal the open blocks without waiting for the limits; None if there are none."""
        return self._errand(self._seal)

    @property
    def failure(self) -> str | None:
        """Code of what keeps the writer from writing; None while it is well."""
        if self._failure is None and self._thread.ident is not None and not self._thread.is_alive():
            return "sequencer_stopped"
        return self._failure

    def stop(self) -> None:
        """Refuse new submissions, finish the accepted ones, make the last block."""
        with self._door:
            self._stopping.set()
        if self._thread.ident is None:
            return
        self._inbox.put(None)
        self._thread.join()

    # writer thread

    def _run(self) -> None:
        try:
            while True:
                last = self._stopping.is_set()
                busy = self._take()
                self._write(busy, last)
                if last and self._inbox.empty():
                    return
        finally:
            self._abandon()

    def _write(self, busy: bool, last: bool) -> None:
        try:
            if last or (self._block_due is not None and clock.monotonic() >= self._block_due):
                self._make_blocks()
                self._seal_due()
            elif not busy:
                self._apply_policy()
                self._seal_due()
            self._failure = None
        except CoreError as error:
            self._failure = error.code
            log.error("the chain store refused a write: %s (%s)", error.message, error.code)
            if not last:
                self._stopping.wait(RETRY_SECONDS)

    def _take(self) -> bool:
        """Wait for work or for the next deadline, then answer one group; whether there was one."""
        group: list[_Submission] = []
        try:
            item = self._inbox.get(timeout=self._patience())
            while True:
                if isinstance(item, _Submission):
                    group.append(item)
                elif item is not None:
                    self._flush(group)
                    group = []
                    self._perform(item)
                if len(group) >= self._limits.group_max:
                    break
                item = self._inbox.get_nowait()
        except queue.Empty:
            pass
        self._flush(group)
        return bool(group)

    def _patience(self) -> float:
        if self._stopping.is_set():
            return 0.0
        if self._block_due is None:
            return IDLE_SECONDS
        return min(IDLE_SECONDS, max(0.0, self._block_due - clock.monotonic()))

    def _flush(self, waiting: list[_Submission]) -> None:
        group = [item for item in waiting if item.answer.set_running_or_notify_cancel()]
        if not group:
            return
        try:
            self._store(group)
        finally:
            for item in group:
                if not item.answer.done():
                    item.answer.set_exception(_stopped())
        if self._block_due is None and self._ledger.pending():
            self._block_due = clock.monotonic() + self._limits.block_delay_seconds

    def _store(self, group: list[_Submission]) -> None:
        try:
            answers = self._ledger.submit([item.raw for item in group])
        except CoreError as error:
            self._failure = error.code
            log.error("the chain store refused a submission: %s (%s)", error.message, error.code)
            for item in group:
                item.answer.set_exception(Unavailable(error.code, "the chain cannot store transactions now; try again"))
            return
        for item, answer in zip(group, answers, strict=True):
            if isinstance(answer, CoreError):
                item.answer.set_exception(answer)
            else:
                item.answer.set_result(answer)

    def _make_blocks(self) -> None:
        while self._ledger.pending():
            self._apply_policy()
            parent = self._ledger.head()
            timestamp = clock.block_timestamp(self._clock_mode, parent.timestamp)
            block = self._ledger.produce_block(timestamp, self._sealing.limits())
            if block is None:
                break
            for listener in self._on_block:
                listener(block)
            if not self._stopping.is_set() and not self._inbox.empty():
                self._block_due = clock.monotonic()
                return
        self._block_due = None

    def _apply_policy(self) -> None:
        try:
            if self._policy.current_version() != self._ledger.policy_version():
                self._ledger.set_policy(self._policy.table())
        except Unavailable as error:
            log.warning("the policy cannot be read, the last one stays in force: %s", error.message)

    def _refresh(self) -> None:
        if self._policy.current_version() != self._ledger.policy_version():
            self._ledger.set_policy(self._policy.table())

    def _seal_due(self) -> None:
        while self._sealing.due(self._unsealed()):
            if self._seal() is None:
                return

    def _seal(self) -> Batch | None:
        batch = self._ledger.seal(self._sealing.limits())
        if batch is not None:
            for listener in self._on_sealed:
                listener(batch)
        return batch

    def _unsealed(self) -> Unsealed:
        transactions, cycles, first_timestamp = self._ledger.unsealed()
        age = max(0, clock.now() - first_timestamp) if self._clock_mode == "system" else 0
        return Unsealed(transactions, cycles, age)

    # queue

    def _put(self, item: _Submission | _Errand) -> None:
        with self._door:
            if self._stopping.is_set():
                raise _stopped()
            try:
                self._inbox.put_nowait(item)
            except queue.Full:
                raise Unavailable("queue_full", "too many transactions are waiting; send again in a second") from None

    def _errand(self, work: Callable[[], Batch | None]) -> Future[Batch | None]:
        answer: Future[Batch | None] = Future()
        self._put(_Errand(work, answer))
        return answer

    def _perform(self, errand: _Errand) -> None:
        if not errand.answer.set_running_or_notify_cancel():
            return
        try:
            errand.answer.set_result(errand.work())
        except (CoreError, Unavailable) as error:
            errand.answer.set_exception(error)

    def _abandon(self) -> None:
        """Nobody waits for a writer that has ended, whatever ended it."""
        with self._door:
            self._stopping.set()
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if item is not None and item.answer.set_running_or_notify_cancel():
                item.answer.set_exception(_stopped())


def _stopped() -> Unavailable:
    return Unavailable("shutting_down", "the node is not taking transactions; send again when it is back")
