"""The node's parts, started in the order of the way of the data and stopped in the opposite one."""

import json
import logging
import threading
from contextlib import ExitStack
from importlib.metadata import PackageNotFoundError, version

from prividium._core import Batch, CoreError, Ledger
from prividium.audit.anchor import FILE_NAME as AUDIT_HEAD
from prividium.audit.anchor import Anchoring
from prividium.batch.seal import SealPolicy
from prividium.db.engine import Database
from prividium.errors import ConfigurationError, Unavailable
from prividium.identity.service import Identity
from prividium.ledger.contract_wallets import LedgerContractWallets
from prividium.ledger.index import LedgerIndex
from prividium.ledger.sequencer import Sequencer, SequencerLimits
from prividium.node.folder import DataFolder, write_whole
from prividium.node.proving import Proving
from prividium.node.settlement import SettlementLoop
from prividium.permissions.shipped import ship_templates
from prividium.permissions.sight import SightSource
from prividium.permissions.source import PolicySource
from prividium.settings import Settings

log = logging.getLogger(__name__)

POLICY_SECONDS_MAX = 5.0
"""How long a change of the rules waits for the writer."""

_STORE_FIXES = {
    "store_locked": "another node uses this data folder: stop it, or use another folder",
    "store_version": "it was written by another version of the program: use that one, or rebuild the chain",
    "store_corrupt": "the chain store is damaged: restore it from your backup",
    "genesis_mismatch": "the chain store belongs to another genesis: restore genesis.json, or use another folder",
    "disk_full": "the disk is full: free some space",
}


class Node:
    """Made from settings whose port is the real one. After `start`, every attribute below is there."""

    ledger: Ledger
    database: Database
    identity: Identity
    policy: PolicySource
    sight: SightSource
    index: LedgerIndex
    sequencer: Sequencer
    proving: Proving | None = None
    settlement: SettlementLoop | None = None

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.folder = DataFolder(settings.data_dir)
        self.version = package_version()
        self._stack = ExitStack()
        self._describing = threading.Lock()

    def start(self) -> None:
        """Raises ConfigurationError for what the operator must correct; what was started is stopped again."""
        with ExitStack() as stack:
            self._open(stack)
            self._serve_proofs(stack)
            self._stack = stack.pop_all()
        self.describe()

    def stop(self) -> None:
        """Finish what was accepted, then close everything. Safe to call twice."""
        self._stack.close()

    def policy_changed(self) -> None:
        """Returns when the ledger decides with the newest rules; raises Unavailable if that takes too long."""
        try:
            self.sequencer.refresh_policy().result(POLICY_SECONDS_MAX)
        except TimeoutError:
            text = "the change is saved and takes effect in a moment: the chain is busy"
            raise Unavailable("policy_pending", text) from None
        except CoreError as error:
            raise Unavailable(error.code, f"the change is saved, but the chain refuses it: {error.message}") from None

    def describe(self) -> None:
        """Write `node.json`: what other programs of the operator need to find this node."""
        with self._describing:
            deployment = None if self.settlement is None else self.settlement.deployment
            document = {
                "rpc_url": f"{self.settings.base_url}/rpc",
                "l1_url": None if self.settlement is None else self.settlement.l1_url,
                "settlement": None if deployment is None else deployment.settlement,
                "verifier": None if deployment is None else deployment.verifier,
                "chain_id": self.settings.chain_id,
                "prover": None if self.proving is None else str(self.proving.binary),
            }
            write_whole(self.folder.path / "node.json", json.dumps(document, indent=1).encode() + b"\n")

    def _open(self, stack: ExitStack) -> None:
        self.folder.prepare()
        self.database = open_database(self.settings)
        stack.callback(self.database.close)
        self.database.upgrade()
        anchoring = Anchoring(self.database, self.folder.path / AUDIT_HEAD, write_whole)
        stack.callback(anchoring.stop)
        anchoring.start()
        ship_templates(self.database)
        self.ledger = open_ledger(self.settings, self.folder)
        stack.callback(self.ledger.close)
        self.identity = Identity(
            self.database,
            self.settings.identity,
            public_url=self.settings.base_url,
            chain_id=self.settings.chain_id,
            data_dir=self.folder.path,
            production=self.settings.production,
            chain_name=self.settings.chain_name,
            contract_wallets=LedgerContractWallets(self.ledger),
        )
        stack.callback(self.identity.close)
        self.policy, self.sight = PolicySource(self.database), SightSource(self.database)
        self.index = LedgerIndex(self.database, self.ledger)
        stack.callback(self.index.stop)
        self.index.start()
        self.sequencer = self._sequencer()
        self.sequencer.on_block(self.index.notify)
        stack.callback(self.sequencer.stop)
        self._start_sequencer()

    def _start_sequencer(self) -> None:
        try:
            self.sequencer.start()
        except CoreError as error:
            text = f"the chain refuses the rules of the database: {error.message}; restore the database of this chain"
            raise ConfigurationError(error.code, text) from None

    def _sequencer(self) -> Sequencer:
        settings = self.settings
        sealing = SealPolicy(settings.batch_transactions_max, settings.batch_cycles_max, settings.batch_age_seconds_max)
        limits = SequencerLimits(settings.submit_group_max, settings.submit_queue_max, settings.block_delay_ms / 1000)
        return Sequencer(
            self.ledger, policy=self.policy, sealing=sealing, limits=limits, clock_mode=settings.clock_mode
        )

    def _serve_proofs(self, stack: ExitStack) -> None:
        if not self.settings.prover_enabled:
            return
        proving = self.proving = Proving(self.settings, self.folder.path, self.ledger)
        if self.settings.l1_enabled:
            self.settlement = SettlementLoop(
                self.settings, self.folder.path, self.ledger, proving, on_standing=self.describe
            )
            stack.callback(self.settlement.stop)
        stack.callback(proving.stop)
        proving.start()
        if self.settlement is not None:
            # It may be waiting for the prover, so it hears of the end before the prover does.
            stack.callback(self.settlement.interrupt)
            self.settlement.start()
        self.sequencer.on_sealed(self._sealed)

    def _sealed(self, batch: Batch) -> None:
        if self.proving is not None:
            self.proving.wake()
        if self.settlement is not None:
            self.settlement.wake()


def package_version() -> str:
    try:
        return version("prividium")
    except PackageNotFoundError:
        return "0+checkout"


def open_database(settings: Settings) -> Database:
    return Database(settings.database)


def open_ledger(settings: Settings, folder: DataFolder) -> Ledger:
    """The chain store; raises ConfigurationError naming the fix."""
    genesis, secret = folder.genesis(settings), folder.secret()
    try:
        return Ledger.open(str(folder.store_path), genesis.genesis(), secret)
    except CoreError as error:
        fix = _STORE_FIXES.get(error.code, error.message)
        raise ConfigurationError(error.code, f"the chain in {folder.path} cannot be opened: {fix}") from None
