"""What settling a batch costs on L1: gas and bytes by part, measured on an anvil of its own with mainnet's rules.

The proof is the frozen one in `tests/vectors/outer`: its size and the work to verify it do not depend on the batch.
"""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from gateway.relayer.client import L1Client, L1Receipt
from gateway.relayer.devnet import EmbeddedL1
from gateway.relayer.fees import Fees
from gateway.relayer.keys import LocalKey
from gateway.relayer.submit import GAS_LIMIT_MAX, Call
from gateway.relayer.verification import FinalProofOnL1
from gateway.verifier.key_file import KeyFile
from gateway.verifier.pieces import FACTORY, Addresses, factory_creation, verifier_pieces
from gateway.verifier.slices import FinalProof
from prividium.bench.shares import TRANSACTION_GAS, Share, Tracer
from prividium.errors import PrividiumError
from prividium.types import to_hex

ROOT = Path(__file__).parents[2]
KEY, PROOF = ROOT / "circuits/guests/batch/final.vk", ROOT / "tests/vectors/outer/batch.final"

FLOOR_GAS_PER_BYTE_ANNOUNCED = 64
"""EIP-7976: a flat floor for each byte of calldata."""

SETTLEMENT_STEPS = ("commit", "prove", "execute")

FEES = Fees(10**12, 1)


@dataclass(frozen=True)
class Part:
    """One transaction: its calldata, the gas it took, and what that was for."""

    name: str
    calldata_bytes: int
    gas: int
    shares: list[Share]

    @property
    def gas_announced(self) -> int:
        """With the announced floor for calldata."""
        return max(self.gas, TRANSACTION_GAS + FLOOR_GAS_PER_BYTE_ANNOUNCED * self.calldata_bytes)


def settlement_gas() -> int:
    """Of the steps around the verification, from the snapshot that the tests hold the contracts against."""
    snapshot = json.loads((ROOT / "tests/vectors/gas.json").read_text())
    return sum(int(snapshot[step]) for step in SETTLEMENT_STEPS)


@dataclass(frozen=True)
class Verification:
    """Of one proof: its transactions, and within the contracts what a header and a query take."""

    parts: list[Part]
    header: list[Share]
    queries: list[Share]


def bench_l1(say: Callable[[str], None]) -> Verification:
    """Verify the frozen proof on an L1 made for the occasion."""
    key = KeyFile.decode(KEY.read_bytes())
    with tempfile.TemporaryDirectory(prefix="prividium-bench-") as folder, _l1(Path(folder)) as client:
        sender = LocalKey.open(Path(folder) / "sender.key")
        client.request("anvil_setBalance", to_hex(sender.address), hex(10**24))
        say("deploying the verifier")
        built = _deploy(client, sender, key)
        tracer = Tracer(client, built)
        say("verifying the frozen proof")
        content = PROOF.read_bytes()
        parts = list(_verify(client, sender, tracer, built["ProofVerifier"], FinalProofOnL1(key, content)))
        say("tracing what it took")
        proof = FinalProof.decode(key, content)
        return Verification(parts, tracer.header(proof), tracer.queries(key, proof))


@contextmanager
def _l1(folder: Path) -> Iterator[L1Client]:
    embedded = EmbeddedL1(folder)
    embedded.start()
    try:
        with closing(L1Client(embedded.url, timeout_seconds=60)) as client:
            yield client
    finally:
        embedded.stop()


def _deploy(client: L1Client, sender: LocalKey, key: KeyFile) -> Addresses:
    factory = _send(client, sender, factory_creation()).contract_address
    assert factory is not None, "a creation that succeeded has an address"
    built: Addresses = {FACTORY: factory}
    for piece in verifier_pieces(key):
        _send(client, sender, piece.creation(built))
        built[piece.name] = piece.address(built)
    return built


def _verify(
    client: L1Client, sender: LocalKey, tracer: Tracer, verifier: bytes, proof: FinalProofOnL1
) -> Iterator[Part]:
    while (part := proof.lacking(client, verifier, "latest")) is not None:
        call = proof.call(verifier, part)
        name = f"{'header and ' if part.with_header else ''}{part.portion.count} queries"
        receipt = _send(client, sender, call)
        yield Part(name, len(call.data), receipt.gas_used, tracer.transaction(receipt.transaction_hash, call.data))


def _send(client: L1Client, sender: LocalKey, call: Call) -> L1Receipt:
    nonce = client.nonce(sender.address)
    digest, raw = sender.sign_transaction(client.chain_id(), nonce, call.to, call.data, GAS_LIMIT_MAX, FEES)
    client.send(raw)
    client.request("evm_mine")
    receipt = client.receipt(digest)
    if receipt is None or not receipt.succeeded:
        raise PrividiumError("l1_failed", "the L1 did not take a transaction of the bench")
    return receipt
