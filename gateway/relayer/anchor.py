"""Batches to L1: commit → prove → execute.

What is to be done next is read from L1 each time, never remembered: a restart, a reorganisation or another gateway at
work are nothing special. `step` does at most one thing and returns; `run` repeats it.
"""

import threading
from dataclasses import dataclass
from typing import Literal

from gateway.abi import interface
from gateway.relayer.client import L1Block, L1Client
from gateway.relayer.journal import Action
from gateway.relayer.settlement import BatchRecord, SettlementMissing, SettlementView, Status
from gateway.relayer.source import BatchSource, output_digest, output_tuple
from gateway.relayer.submit import Call, Event, Step, Submitter
from gateway.relayer.verification import FinalProofOnL1
from gateway.verifier.key_file import KeyFile
from prividium.errors import PrividiumError
from prividium.proof.prover import ProofRejected, ProverError
from prividium.proof.verify import Statement, Verify
from prividium.types import to_hex

COMMIT_AHEAD_MAX = 32
"""Batches that may be committed and not executed; bounds what one step reads."""

POLL_SECONDS = 1.0
BACKOFF_SECONDS_MAX = 30.0


class KeyMismatch(ProofRejected):
    """The proof was made with another program than the one that L1 pinned for its batch."""


@dataclass(frozen=True)
class Problem:
    """Why anchoring does not move, in words for the operator."""

    code: str
    message: str


@dataclass(frozen=True)
class Window:
    """What L1 knows beyond the last executed batch."""

    last_executed: int
    records: tuple[BatchRecord, ...]

    @property
    def last_committed(self) -> int:
        return self.last_executed + len(self.records)


class Anchor:
    """The loop of one chain. The submitter is the operator; a proof goes to L1 once `verify` passed it here."""

    def __init__(
        self,
        client: L1Client,
        submitter: Submitter,
        settlement: bytes,
        key: KeyFile,
        source: BatchSource,
        verify: Verify,
    ) -> None:
        self._client = client
        self._submitter = submitter
        self._settlement = settlement
        self._key = key
        self._source = source
        self._verify = verify
        self._verified: dict[int, tuple[bytes, FinalProofOnL1]] = {}
        self._rejected: dict[int, tuple[int, PrividiumError]] = {}
        self._verifier_away: ProverError | None = None
        self._revert_from: int | None = None
        self._problem: Problem | None = None

    @property
    def problem(self) -> Problem | None:
        """None while anchoring moves."""
        return self._problem

    def request_revert(self, from_batch: int) -> None:
        """Take back unexecuted batches from `from_batch` on, before anything else; for the operator's repairs."""
        self._revert_from = from_batch

    def step(self) -> Step:
        """One step; raises L1Error. A proof that is not accepted holds up no other batch."""
        return self._submitter.at_one_head(self._step, Step(Event.WAITING))

    def _step(self, head: L1Block) -> Step:
        self._verifier_away = None
        view = SettlementView(self._client, self._settlement, head.number)
        window = _window(view)
        self._forget(window.last_executed)
        diverged = self._divergence(window)
        if diverged is not None and self._revert_from is None:
            self._problem = diverged
            return Step(Event.BLOCKED, detail=diverged.message)
        wanted = self._decide(window, view)
        step = self._submitter.step(head, wanted, lambda action: self._build(action, view))
        self._problem = self._after(step)
        return step

    def run(self, stop: threading.Event, wake: threading.Event | None = None) -> None:
        """Step until `stop`. `wake` cuts a pause short: set it for a new batch or proof, and after `stop`.

        Goes on through every failure but one: SettlementMissing, for which somebody has to deploy.
        """
        pause, failures = POLL_SECONDS, 0
        while not stop.is_set():
            try:
                step = self.step()
                failures = 0
                pause = 0.05 if step.event in (Event.SENT, Event.RESENT) else POLL_SECONDS
            except SettlementMissing:
                raise
            except PrividiumError as error:
                self._problem = Problem(error.code, error.message)
                failures += 1
                pause = min(POLL_SECONDS * 2**failures, BACKOFF_SECONDS_MAX)
            waiter = stop if wake is None else wake
            waiter.wait(pause)
            if wake is not None:
                wake.clear()

    def _forget(self, last_executed: int) -> None:
        for number in [number for number in self._verified.keys() | self._rejected.keys() if number <= last_executed]:
            self._verified.pop(number, None)
            self._rejected.pop(number, None)

    def _divergence(self, window: Window) -> Problem | None:
        """Batches on L1 that are not ours are a matter for the operator: nothing is reverted on its own."""
        for number, record in enumerate(window.records, window.last_executed + 1):
            ours = self._source.batch(number)
            if ours is None:
                text = f"L1 has batch {number}, this node has not: is its data folder an old copy?"
                return Problem("ledger_behind_l1", text)
            if output_digest(ours) != record.output:
                text = f"batch {number} on L1 has another output than here: check both, then revert it from {number} on"
                return Problem("batch_diverged", text)
        return None

    def _decide(self, window: Window, view: SettlementView) -> Action | None:
        if self._revert_from is not None:
            if window.last_executed < self._revert_from <= window.last_committed:
                return Action("revert", self._revert_from, window.records[-1].output)
            self._revert_from = None
        if window.records and window.records[0].status is Status.PROVEN:
            return Action("execute", window.last_executed + 1, window.records[0].output)
        for proven, record in enumerate(window.records, window.last_executed + 1):
            if record.status is Status.COMMITTED and self._is_proven(proven, record, view):
                return self._proving_action(proven, record, view)
        if len(window.records) < COMMIT_AHEAD_MAX:
            number = window.last_committed + 1
            fields = self._source.batch(number)
            if fields is not None:
                return Action("commit", number, output_digest(fields))
        return None

    def _proving_action(self, number: int, record: BatchRecord, view: SettlementView) -> Action:
        """The next part of the proof that L1 lacks, or the call that makes the batch proven by it."""
        _, proof = self._verified[number]
        part = proof.lacking(self._client, view.key(record.key_version).verifier, view.tag)
        return Action("prove", number, record.output) if part is None else Action("verify", number, proof.binding(part))

    def _is_proven(self, number: int, record: BatchRecord, view: SettlementView) -> bool:
        """Whether there is a proof of `record.output` by the pinned program; a file is checked once."""
        known = self._verified.get(number)
        if known is not None and known[0] == record.output:
            return True
        path = self._source.proof_of(number)
        if path is None:
            return False
        written = path.stat().st_mtime_ns
        if number in self._rejected and self._rejected[number][0] == written:
            return False
        try:
            proof = self._verify(path, record.output)
            _require_key(number, proof.statement, record, view)
        except ProofRejected as error:
            self._rejected[number] = (written, error)
            return False
        except ProverError as error:
            self._verifier_away = error
            return False
        self._verified[number] = record.output, FinalProofOnL1(self._key, proof.content)
        self._rejected.pop(number, None)
        return True

    def _build(self, action: Action, view: SettlementView) -> Call:
        contract = interface("Settlement")
        if action.step == "verify":
            return self._part(action, view)
        if action.step == "commit":
            fields = self._source.batch(action.subject)
            assert fields is not None, "a sealed batch does not disappear"
            data = contract.call("commit", output_tuple(fields))
        elif action.step == "prove":
            data = contract.call("prove", action.subject, self._verified[action.subject][1].header_hash)
        else:
            function: Literal["execute", "revertBatches"] = "execute" if action.step == "execute" else "revertBatches"
            data = contract.call(function, action.subject)
        return Call(self._settlement, data, contract)

    def _part(self, action: Action, view: SettlementView) -> Call:
        _, proof = self._verified[action.subject]
        verifier = view.key(view.batch(action.subject).key_version).verifier
        part = proof.lacking(self._client, verifier, view.tag)
        assert part is not None and proof.binding(part) == action.binding, "L1 is read at one block"
        return proof.call(verifier, part)

    def _after(self, step: Step) -> Problem | None:
        if step.event is Event.FEE_LIMIT:
            return Problem("l1_fee_limit", f"L1 is too expensive: {step.detail}")
        if self._rejected:
            number, (_, error) = min(self._rejected.items())
            return Problem(error.code, f"the proof of batch {number} was not accepted: {error.message}")
        if self._verifier_away is not None:
            return Problem(self._verifier_away.code, self._verifier_away.message)
        return None


def _window(view: SettlementView) -> Window:
    first, last = view.last_executed() + 1, view.last_committed()
    return Window(first - 1, tuple(view.batch(number) for number in range(first, last + 1)))


def _require_key(number: int, statement: Statement, record: BatchRecord, view: SettlementView) -> None:
    key = view.key(record.key_version)
    made_with = (statement.app_exe_commit, statement.app_vm_commit, statement.dag_commit)
    if made_with != (key.app_exe_commit, key.app_vm_commit, key.dag_commit):
        text = (
            f"the proof of batch {number} was made with program {to_hex(statement.app_exe_commit)}, "
            f"L1 pinned {to_hex(key.app_exe_commit)} (key version {record.key_version})"
        )
        raise KeyMismatch("key_mismatch", text)
