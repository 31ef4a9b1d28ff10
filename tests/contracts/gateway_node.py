"""A gateway over a data folder, stepped by hand: restarting it is making another one over the same folder."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gateway.deploy import Deployer, Deployment, DeploymentPlan, genesis_hash
from gateway.relayer.anchor import Anchor
from gateway.relayer.client import L1Client, L1Receipt
from gateway.relayer.journal import Journal, SignedTransaction
from gateway.relayer.keys import LocalKey
from gateway.relayer.settlement import SettlementView, Status, VerifyingKey
from gateway.relayer.source import BatchFields, output_digest
from gateway.relayer.submit import Event, Step, SubmitLimits, Submitter
from gateway.relayer.watch import AnchorStatus, Watcher
from gateway.verifier.key_file import KeyFile
from prividium import clock
from prividium.proof.verify import FinalVerifier, Verify
from prividium.types import from_hex, to_hex, to_quantity
from tests.contracts.chain import GENESIS_STATE, KEY, PRIVATE_CHAIN_ID, Fields, batch
from tests.contracts.verifier.toy import batch as toy
from tests.contracts.verifier.toy.batch import KEY_FILE

Fund = Callable[[L1Client, bytes], None]
"""Gives an account on L1 ether to work with."""

PATIENT = SubmitLimits(stuck_after_blocks=1_000, stuck_after_seconds=1_000_000)
STEPS_MAX = 200


def fund_on_anvil(client: L1Client, address: bytes) -> None:
    client.request("anvil_setBalance", to_hex(address), to_quantity(10**20))


def automine(client: L1Client, enabled: bool) -> None:
    client.request("evm_setAutomine", enabled)


def mine(client: L1Client, blocks: int = 1) -> None:
    client.request("anvil_mine", hex(blocks))


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait for what another thread or process does."""
    idle, deadline = threading.Event(), clock.monotonic() + seconds
    while not condition():
        assert clock.monotonic() < deadline, "what was waited for did not happen"
        idle.wait(0.02)


class Batches:
    """Sealed batches and their proofs: real ones of a toy system that states whatever it is told to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(parents=True, exist_ok=True)
        self.sealed: dict[int, Fields] = {}

    def seal(self, number: int, history: str = "") -> None:
        self.sealed[number] = batch(number, history)

    def prove(self, number: int, output: bytes | None = None) -> None:
        """Write a proof of the batch's output, or of another one."""
        self.put(number, toy.proof_file(output or output_digest(self.sealed[number])))

    def put(self, number: int, content: bytes) -> None:
        """Write a proof file, whatever is in it."""
        self._path(number).write_bytes(content)

    def batch(self, number: int) -> BatchFields | None:
        return self.sealed.get(number)

    def proof_of(self, number: int) -> Path | None:
        return self._path(number) if self._path(number).exists() else None

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.proof"


class Node:
    def __init__(
        self,
        url: str,
        data_dir: Path,
        batches: Batches,
        limits: SubmitLimits = PATIENT,
        verify: Verify | None = None,
        final_key: KeyFile = KEY_FILE,
        fund: Fund = fund_on_anvil,
    ) -> None:
        self.client = L1Client(url, timeout_seconds=60, attempts=1)
        self.operator = LocalKey.open(data_dir / "operator.key")
        self.final_key = final_key
        fund(self.client, self.operator.address)
        self.journal = Journal(data_dir / "relayer.sqlite", genesis_hash(self.client), self.operator.address)
        self.submitter = Submitter(self.client, self.operator, self.journal, limits)
        self.batches = batches
        self.deployer = Deployer(self.client, self.submitter, self.plan())
        self.anchor: Anchor | None = None
        self._verify = verify or FinalVerifier(final_key.encode())

    def plan(self) -> DeploymentPlan:
        return DeploymentPlan(
            private_chain_id=PRIVATE_CHAIN_ID,
            genesis_state=GENESIS_STATE,
            key=KEY,
            final_key=self.final_key,
            key_delay_seconds=0,
            governor=self.operator.address,
            operator=self.operator.address,
        )

    def configure(self, *, private_chain_id: int, genesis_state: bytes, key: VerifyingKey) -> None:
        """Deploy for another chain than the made-up one of the other tests."""
        plan = replace(self.plan(), private_chain_id=private_chain_id, genesis_state=genesis_state, key=key)
        self.deployer = Deployer(self.client, self.submitter, plan)

    def close(self) -> None:
        self.journal.close()
        self.client.close()

    def deploy(self) -> Anchor:
        """Step the deployment to its end."""
        found: list[Deployment] = []

        def stands() -> bool:
            deployment, _ = self.deployer.step()
            found.extend([deployment] if deployment else [])
            return bool(found)

        until(stands)
        self.settlement = found[0].settlement_address
        self.registry = from_hex(found[0].registry, 20)
        self.watcher = Watcher(self.client, self.settlement, self.operator.address)
        self.anchor = Anchor(self.client, self.submitter, self.settlement, self.final_key, self.batches, self._verify)
        return self.anchor

    @property
    def view(self) -> SettlementView:
        return SettlementView(self.client, self.settlement)

    def step(self) -> Step:
        assert self.anchor is not None, "deploy comes first"
        return self.anchor.step()

    def settle(self) -> list[Step]:
        """Step until nothing is left to do; what was done on the way."""
        done: list[Step] = []
        for _ in range(STEPS_MAX):
            step = self.step()
            if step.event is Event.IDLE:
                return done
            if step.event is not Event.WAITING:
                done.append(step)
        raise AssertionError(f"still not settled: {done[-3:]}")

    def status(self) -> AnchorStatus:
        return self.watcher.status()

    def sent(self, step: str) -> list[L1Receipt | None]:
        """Receipts of everything that was ever signed for `step`."""
        return [self.client.receipt(signed.hash) for signed in self.journal.of(step)]

    def nonce(self) -> int:
        return self.client.nonce(self.operator.address)


def waiting_commit(node: Node, batches: Batches) -> SignedTransaction:
    """The commit of batch 1, in the pool of an L1 that makes no blocks by itself any more."""
    batches.seal(1)
    automine(node.client, False)
    node.step()
    [signed] = node.journal.of("commit")
    return signed


def mined(node: Node, step: str) -> int:
    """How many transactions for `step` are in the chain."""
    return sum(receipt is not None for receipt in node.sent(step))


def finish(node: Node, batches: Batches, last: int) -> None:
    """Everything proven settles, each batch by exactly one transaction per step."""
    for number in range(1, last + 1):
        batches.seal(number)
        batches.prove(number)
    node.settle()
    assert [node.view.batch(number).status for number in range(1, last + 1)] == [Status.EXECUTED] * last
    assert [mined(node, step) for step in ("commit", "verify", "prove", "execute")] == [last] * 4
