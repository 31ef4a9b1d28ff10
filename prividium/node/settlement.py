"""The way to L1, wired: an L1 to talk to, keys, contracts, and the loop that anchors batches."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.deploy import Deployment, DeploymentPlan, deploy, genesis_hash, is_standing, recorded, require_verifier_for
from gateway.relayer.anchor import Anchor, Problem
from gateway.relayer.client import L1Client
from gateway.relayer.devnet import EmbeddedL1
from gateway.relayer.journal import Journal
from gateway.relayer.keys import LocalKey
from gateway.relayer.settlement import VerifyingKey
from gateway.relayer.submit import Submitter
from gateway.relayer.watch import AnchorStatus, Watcher
from gateway.verifier.key_file import KeyFile
from prividium._core import BatchOutput, Ledger
from prividium.errors import ConfigurationError, PrividiumError, Unavailable
from prividium.node.proving import Proving
from prividium.proof.verify import FinalVerifier
from prividium.settings import Settings

log = logging.getLogger(__name__)

RETRY_SECONDS = 2.0
DEPLOYMENT_POLL_SECONDS = 0.2
EMBEDDED_L1_WEI = 10**21
"""What the operator owns on the embedded L1."""


@dataclass(frozen=True)
class _Standing:
    """The contracts are there and the loop runs."""

    deployment: Deployment
    anchor: Anchor
    watcher: Watcher


class SealedBatches:
    """The relayer's view of the ledger and the proofs."""

    def __init__(self, ledger: Ledger, proving: Proving) -> None:
        self._ledger = ledger
        self._proving = proving

    def batch(self, number: int) -> BatchOutput | None:
        found = self._ledger.batch(number)
        return None if found is None else found.output

    def proof_of(self, number: int) -> Path | None:
        return self._proving.queue.proof_of(number)


class SettlementLoop:
    """Starts in the background: the chain serves its users whether L1 answers or not."""

    def __init__(
        self,
        settings: Settings,
        data_dir: Path,
        ledger: Ledger,
        proving: Proving,
        on_standing: Callable[[], None],
    ) -> None:
        """`on_standing` runs whenever it becomes known where the contracts are."""
        self._settings = settings
        self._on_standing = on_standing
        self._data_dir = data_dir
        self._ledger = ledger
        self._proving = proving
        self._embedded = EmbeddedL1(data_dir) if settings.l1_url is None else None
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._standing: _Standing | None = None
        self._client: L1Client | None = None
        self._problem: Problem | None = None
        self._threads = [threading.Thread(target=self._run, name="settlement")]

    def start(self) -> None:
        """Raises ConfigurationError if the embedded L1 cannot start, or a key file is not usable."""
        self._keys()
        if self._embedded is not None:
            self._embedded.start()
            self._threads.append(
                threading.Thread(target=self._embedded.supervise, args=(self._stop,), name="embedded-l1")
            )
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """A batch was sealed."""
        self._wake.set()

    def interrupt(self) -> None:
        """Begin to stop: nothing new is sent to L1."""
        self._stop.set()
        self._wake.set()
        if self._client is not None:
            self._client.close()

    def stop(self) -> None:
        self.interrupt()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()

    @property
    def l1_url(self) -> str:
        """May hold an access key: for files of the operator, never for logs."""
        return self._settings.l1_url or (self._embedded.url if self._embedded is not None else "")

    @property
    def deployment(self) -> Deployment | None:
        """None until the contracts stand."""
        return None if self._standing is None else self._standing.deployment

    @property
    def problem(self) -> Problem | None:
        """Why anchoring does not move, if it does not."""
        return self._problem if self._standing is None else self._standing.anchor.problem

    def status(self) -> AnchorStatus | None:
        """What L1 knows; None until the contracts stand."""
        return None if self._standing is None else self._standing.watcher.status()

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._standing = self._stand()
                self._on_standing()
                self._standing.anchor.run(self._stop, self._wake)
            except PrividiumError as error:
                self._note(Problem(error.code, error.message))
                self._stop.wait(RETRY_SECONDS)

    def _note(self, problem: Problem) -> None:
        """Say it once, not with every attempt."""
        if problem != self._problem and not self._stop.is_set():
            log.warning("anchoring waits: %s (%s)", problem.message, problem.code)
        self._problem = problem

    def _stand(self) -> _Standing:
        """Contracts that stand, deployed if need be; raises PrividiumError while L1 or the prover is away."""
        self._client = client = L1Client(self.l1_url)
        operator, governor = self._keys()
        if self._embedded is not None:
            self._embedded.fund(operator.address, EMBEDDED_L1_WEI)
        submitter = Submitter(client, operator, self._journal(client, operator))
        key = KeyFile.decode(self._proving.final_key())
        deployment = self._deployment(client, submitter, governor, key)
        source, verify = SealedBatches(self._ledger, self._proving), FinalVerifier(key.encode())
        anchor = Anchor(client, submitter, deployment.settlement_address, key, source, verify)
        return _Standing(deployment, anchor, Watcher(client, deployment.settlement_address, operator.address))

    def _journal(self, client: L1Client, operator: LocalKey) -> Journal:
        return Journal(self._data_dir / "gateway" / "journal.db", genesis_hash(client), operator.address)

    def _deployment(self, client: L1Client, submitter: Submitter, governor: LocalKey, key: KeyFile) -> Deployment:
        known = recorded(self._data_dir)
        genesis_state = self._genesis_state()
        if known is not None and is_standing(client, known, self._settings.chain_id, genesis_state):
            require_verifier_for(client, known, key)
            return known
        if known is not None and self._embedded is None:
            text = (
                f"L1 has no settlement contract at {known.settlement}: check l1_url, or remove deployment.json from "
                "the data folder to deploy anew"
            )
            raise ConfigurationError("settlement_missing", text)
        info = self._proving.client().info()
        plan = DeploymentPlan(
            private_chain_id=self._settings.chain_id,
            genesis_state=genesis_state,
            key=VerifyingKey(info.app_exe_commit, info.app_vm_commit, info.dag_commit),
            final_key=key,
            key_delay_seconds=self._settings.l1_key_delay_seconds,
            governor=governor.address,
            operator=submitter.address,
        )
        return deploy(client, submitter, plan, self._data_dir, self._pause)

    def _pause(self) -> None:
        if self._stop.wait(DEPLOYMENT_POLL_SECONDS):
            raise Unavailable("shutting_down", "the node is stopping")

    def _keys(self) -> tuple[LocalKey, LocalKey]:
        folder = self._data_dir / "gateway"
        operator = self._settings.l1_private_key_file or folder / "operator.key"
        return LocalKey.open(operator), LocalKey.open(folder / "governor.key")

    def _genesis_state(self) -> bytes:
        genesis = self._ledger.batch(0)
        if genesis is None:
            raise Unavailable("store_incomplete", "the chain store lacks its genesis")
        return genesis.output.new_state
