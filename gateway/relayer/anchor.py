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
from gateway.relayer.keys import LocalKey
from gateway.relayer.settlement import BatchRecord, SettlementMissing, SettlementView, Status
from gateway.relayer.source import BatchSource, output_digest, output_tuple
from gateway.relayer.submit import Call, Event, Step, Submitter
from prividium.errors import PrividiumError
from prividium.proof.prover import ProofRejected, ProverError
from prividium.proof.verify import VerifiedProof, Verify
from prividium.types import Json, to_hex

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
    """The loop of one chain. The submitter is the operator; `attester` signs for proofs that `verify` passed."""

    def __init__(
        self,
        client: L1Client,
        submitter: Submitter,
        settlement: bytes,
        attester: LocalKey,
        source: BatchSource,
        verify: Verify,
    ) -> None:
        self._client = client
        self._submitter = submitter
        self._settlement = settlement
        self._attester = attester
        self._source = source
        self._verify = verify
        self._verified: dict[int, VerifiedProof] = {}
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
        """One step; raises L1Error. A proof that cannot be attested holds up no other batch."""
        self._verifier_away = None
        head = self._client.head()
        window = self._window(head)
        self._forget(window.last_executed)
        diverged = self._divergence(window)
        if diverged is not None and self._revert_from is None:
            self._problem = diverged
            return Step(Event.BLOCKED, detail=diverged.message)
        wanted = self._decide(window, SettlementView(self._client, self._settlement, head.number))
        step = self._submitter.step(head, wanted, lambda action: self._build(action, head))
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

    def _window(self, head: L1Block) -> Window:
        view = SettlementView(self._client, self._settlement, head.number)
        first, last = view.last_executed() + 1, view.last_committed()
        return Window(first - 1, tuple(view.batch(number) for number in range(first, last + 1)))

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
        if window.records and window.records[0].status is Status.ATTESTED:
            return Action("execute", window.last_executed + 1, window.records[0].output)
        for proven, record in enumerate(window.records, window.last_executed + 1):
            if record.status is Status.COMMITTED and self._is_attestable(proven, record, view):
                return Action("prove", proven, record.output)
        if len(window.records) < COMMIT_AHEAD_MAX:
            number = window.last_committed + 1
            fields = self._source.batch(number)
            if fields is not None:
                return Action("commit", number, output_digest(fields))
        return None

    def _is_attestable(self, number: int, record: BatchRecord, view: SettlementView) -> bool:
        """Whether there is a proof of `record.output` by the pinned program; a file is checked once."""
        known = self._verified.get(number)
        if known is not None and known.output == record.output:
            return True
        path = self._source.proof_of(number)
        if path is None:
            return False
        written = path.stat().st_mtime_ns
        if number in self._rejected and self._rejected[number][0] == written:
            return False
        try:
            proof = self._verify(path, record.output)
            _require_key(number, proof, record, view)
        except ProofRejected as error:
            self._rejected[number] = (written, error)
            return False
        except ProverError as error:
            self._verifier_away = error
            return False
        self._verified[number] = proof
        self._rejected.pop(number, None)
        return True

    def _build(self, action: Action, head: L1Block) -> Call:
        contract = interface("Settlement")
        if action.step == "commit":
            fields = self._source.batch(action.subject)
            assert fields is not None, "a sealed batch does not disappear"
            data = contract.call("commit", output_tuple(fields))
        elif action.step == "prove":
            data = self._attested_call(action, SettlementView(self._client, self._settlement, head.number))
        else:
            function: Literal["execute", "revertBatches"] = "execute" if action.step == "execute" else "revertBatches"
            data = contract.call(function, action.subject)
        return Call(self._settlement, data, contract)

    def _attested_call(self, action: Action, view: SettlementView) -> bytes:
        proof = self._verified[action.subject]
        record = view.batch(action.subject)
        assert proof.output == record.output == action.binding, (
            "only a verified proof of the recorded output is attested"
        )
        document = attestation(
            self._client.chain_id(),
            self._settlement,
            view.private_chain_id(),
            action.subject,
            record,
            proof.file_digest,
        )
        signature = self._attester.sign_typed_data(document)
        return interface("Settlement").call("prove", action.subject, proof.file_digest, signature)

    def _after(self, step: Step) -> Problem | None:
        if step.event is Event.FEE_LIMIT:
            return Problem("l1_fee_limit", f"L1 is too expensive: {step.detail}")
        if self._rejected:
            number, (_, error) = min(self._rejected.items())
            return Problem(error.code, f"the proof of batch {number} was not accepted: {error.message}")
        if self._verifier_away is not None:
            return Problem(self._verifier_away.code, self._verifier_away.message)
        return None


def _require_key(number: int, proof: VerifiedProof, record: BatchRecord, view: SettlementView) -> None:
    key = view.key(record.key_version)
    if (proof.app_exe_commit, proof.app_vm_commit) != (key.app_exe_commit, key.app_vm_commit):
        text = (
            f"the proof of batch {number} was made with program {to_hex(proof.app_exe_commit)}, "
            f"L1 pinned {to_hex(key.app_exe_commit)} (key version {record.key_version})"
        )
        raise KeyMismatch("key_mismatch", text)


def attestation(
    l1_chain_id: int,
    settlement: bytes,
    private_chain_id: int,
    number: int,
    record: BatchRecord,
    proof_digest: bytes,
) -> dict[str, Json]:
    """The EIP-712 document behind `ISettlement.attestationDigest`."""

    def field(name: str, kind: str) -> Json:
        return {"name": name, "type": kind}

    return {
        "types": {
            "EIP712Domain": [
                field("name", "string"),
                field("version", "string"),
                field("chainId", "uint256"),
                field("verifyingContract", "address"),
            ],
            "Attestation": [
                field("chainId", "uint256"),
                field("batchNumber", "uint256"),
                field("output", "bytes32"),
                field("keyVersion", "uint64"),
                field("proofDigest", "bytes32"),
            ],
        },
        "primaryType": "Attestation",
        "domain": {
            "name": "Prividium Settlement",
            "version": "1",
            "chainId": l1_chain_id,
            "verifyingContract": to_hex(settlement),
        },
        "message": {
            "chainId": private_chain_id,
            "batchNumber": number,
            "output": to_hex(record.output),
            "keyVersion": record.key_version,
            "proofDigest": to_hex(proof_digest),
        },
    }
