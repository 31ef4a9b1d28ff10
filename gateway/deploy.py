"""Deploys verifier, KeyRegistry and Settlement, once: stopped at any instant and started again, it goes on from there.

The first contract is a factory. Where it creates the others follows from their init codes, so L1 shows what stands.

The addresses are written to `deployment.json` in the data folder. At each start they are checked against L1: the code
behind them is our artifacts', and their constructor arguments are this chain's.
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from eth_utils.crypto import keccak

from gateway.abi import interface
from gateway.relayer.client import L1Block, L1Client
from gateway.relayer.journal import Action
from gateway.relayer.settlement import SettlementView, VerifyingKey
from gateway.relayer.submit import Call, Event, Step, Submitter
from gateway.verifier.key_file import KeyFile
from gateway.verifier.pieces import (
    FACTORY,
    Addresses,
    Piece,
    factory_creation,
    is_factory,
    is_verifier_for,
    verifier_pieces,
)
from prividium.errors import ConfigurationError
from prividium.types import from_hex, to_hex

DEPLOYMENT_FILE = "deployment.json"


@dataclass(frozen=True)
class Deployment:
    """Where this chain settles; the fields of `deployment.json`."""

    l1_chain_id: int
    l1_genesis: str
    verifier: str
    registry: str
    settlement: str

    @property
    def settlement_address(self) -> bytes:
        return from_hex(self.settlement, 20)


@dataclass(frozen=True)
class DeploymentPlan:
    """Constructor arguments: fixed for ever once deployed, offices excepted."""

    private_chain_id: int
    genesis_state: bytes
    key: VerifyingKey
    """Its verifier is left open: it is deployed with the rest."""
    final_key: KeyFile
    key_delay_seconds: int
    governor: bytes
    operator: bytes

    def binding(self) -> bytes:
        """32 bytes that differ between any two plans."""
        return keccak(repr(self).encode())


class Deployer:
    """Steps the deployment through the relayer's submitter."""

    def __init__(self, client: L1Client, submitter: Submitter, plan: DeploymentPlan) -> None:
        self._client = client
        self._submitter = submitter
        self._plan = plan
        self._binding = plan.binding()
        self._pieces = [*verifier_pieces(plan.final_key), *settlement_pieces(plan)]

    def step(self) -> tuple[Deployment | None, Step]:
        """The deployment once all contracts stand; else what was done towards it. Raises L1Error."""
        waiting: tuple[Deployment | None, Step] = None, Step(Event.WAITING)
        return self._submitter.at_one_head(self._step, waiting)

    def _step(self, head: L1Block) -> tuple[Deployment | None, Step]:
        factory = self._factory(head)
        if factory is None:
            return None, self._create(FACTORY, factory_creation(), head)
        built: Addresses = {FACTORY: factory}
        for piece in self._pieces:
            built[piece.name] = piece.address(built)
            if not self._client.code(built[piece.name], head.number):
                return None, self._create(piece.name, piece.creation(built), head)
        deployment = Deployment(
            l1_chain_id=self._client.chain_id(),
            l1_genesis=to_hex(genesis_hash(self._client)),
            verifier=to_hex(built["ProofVerifier"]),
            registry=to_hex(built["KeyRegistry"]),
            settlement=to_hex(built["Settlement"]),
        )
        return deployment, Step(Event.IDLE)

    def _create(self, name: str, creation: Call, head: L1Block) -> Step:
        return self._submitter.step(head, self._action(name), lambda _: creation)

    def _action(self, name: str) -> Action:
        return Action(f"deploy {name}", 0, self._binding)

    def _factory(self, head: L1Block) -> bytes | None:
        """Address of the factory if an earlier transaction of ours created it by `head`.

        At any other block it could be ahead of the nonce that the submitter reads there.
        """
        wanted = self._action(FACTORY)
        for signed in self._submitter.journal.of(wanted.step):
            address = created_address(self._submitter.address, signed.nonce)
            if signed.action == wanted and is_factory(self._client.code(address, head.number)):
                return address
        return None


def settlement_pieces(plan: DeploymentPlan) -> list[Piece]:
    """The contracts after the verifier."""

    def registry(built: Addresses) -> bytes:
        key = replace(plan.key, verifier=built["ProofVerifier"])
        return interface("KeyRegistry").creation(to_hex(plan.governor), plan.key_delay_seconds, key.astuple())

    def settlement(built: Addresses) -> bytes:
        offices = (to_hex(plan.governor), to_hex(plan.operator))
        arguments = (plan.private_chain_id, plan.genesis_state, to_hex(built["KeyRegistry"]), *offices)
        return interface("Settlement").creation(*arguments)

    return [Piece("KeyRegistry", "KeyRegistry", registry), Piece("Settlement", "Settlement", settlement)]


def deploy(
    client: L1Client, submitter: Submitter, plan: DeploymentPlan, data_dir: Path, pause: Callable[[], None]
) -> Deployment:
    """Deploy, or go on deploying, and record the addresses; `pause` is called while L1 has not mined yet."""
    deployer = Deployer(client, submitter, plan)
    while True:
        deployment, _ = deployer.step()
        if deployment is not None:
            save(deployment, data_dir)
            return deployment
        pause()


def recorded(data_dir: Path) -> Deployment | None:
    path = data_dir / DEPLOYMENT_FILE
    if not path.exists():
        return None
    try:
        return Deployment(**json.loads(path.read_text()))
    except (ValueError, TypeError) as error:
        text = f"{DEPLOYMENT_FILE} in the data folder is damaged: restore it, or remove it to deploy anew"
        raise ConfigurationError("deployment_unreadable", text) from error


def is_standing(client: L1Client, deployment: Deployment, private_chain_id: int, genesis_state: bytes) -> bool:
    """Whether the recorded contracts are on this L1, with this chain's identity.

    False if L1 has no such contracts. ConfigurationError("settlement_mismatch") if they belong to another chain.
    """
    contracts = {
        "ProofVerifier": deployment.verifier,
        "KeyRegistry": deployment.registry,
        "Settlement": deployment.settlement,
    }
    for name, address in contracts.items():
        if not interface(name).artifact.is_deployed_as(client.code(from_hex(address, 20))):
            return False
    view = SettlementView(client, deployment.settlement_address)
    if view.private_chain_id() != private_chain_id or view.state_root(0) != genesis_state:
        text = f"the contract {deployment.settlement} settles another chain: use the data folder that belongs to it"
        raise ConfigurationError("settlement_mismatch", text)
    return True


def require_verifier_for(client: L1Client, deployment: Deployment, key: KeyFile) -> None:
    """Raises ConfigurationError("verifier_mismatch") if the recorded verifier takes no proofs under this key."""
    if not is_verifier_for(client, from_hex(deployment.verifier, 20), key):
        text = f"the contract {deployment.verifier} does not verify proofs under the key of this node's prover"
        raise ConfigurationError("verifier_mismatch", text)


def save(deployment: Deployment, data_dir: Path) -> None:
    """Atomic: the file is there whole or not at all."""
    path = data_dir / DEPLOYMENT_FILE
    partial = path.with_suffix(".partial")
    with partial.open("w") as file:
        file.write(json.dumps(asdict(deployment), indent=1) + "\n")
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def genesis_hash(client: L1Client) -> bytes:
    """Names an L1: chain ids of development nets are all alike."""
    block = client.block(0)
    if block is None:
        raise ConfigurationError("l1_without_genesis", "this L1 node does not serve its block 0: use one that does")
    return block.hash


def created_address(sender: bytes, nonce: int) -> bytes:
    """Address that a creation by `sender` at `nonce` gets (Yellow Paper §7)."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    if len(number) != 1 or number[0] >= 0x80:
        number = bytes([0x80 + len(number)]) + number
    fields = bytes([0x80 + len(sender)]) + sender + number
    return keccak(bytes([0xC0 + len(fields)]) + fields)[12:]
