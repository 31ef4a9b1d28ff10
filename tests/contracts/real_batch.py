"""The frozen batch with its real proof, in gateways whose settlement starts from the state before it."""

from pathlib import Path

from gateway.relayer.settlement import VerifyingKey
from gateway.relayer.source import BatchFields
from gateway.verifier.key_file import KeyFile
from prividium._core import execute_witness
from prividium.proof.verify import statement_of
from tests.contracts.chain import Fields
from tests.contracts.gateway_node import Batches, Fund, Node, fund_on_anvil

ROOT = Path(__file__).parents[2]
WITNESS, PROOF = ROOT / "tests/vectors/proofs/batch.witness", ROOT / "tests/vectors/outer/batch.final"
FINAL_KEY = KeyFile.decode((ROOT / "circuits/guests/batch/final.vk").read_bytes())
NAMES = list(Fields.__dataclass_fields__)


class FrozenBatch(Batches):
    """The frozen batch under its proof, whatever its fields are said to be."""

    def proof_of(self, number: int) -> Path | None:
        return PROOF


def real_fields() -> Fields:
    """What the program says about the frozen witness."""
    output = execute_witness(WITNESS.read_bytes())
    return Fields(**{name: getattr(output, name) for name in NAMES})


def start_node(url: str, folder: Path, real: Fields, fund: Fund = fund_on_anvil) -> Node:
    """A gateway with its contracts; over the same folder and L1 it is a restart."""
    statement = statement_of(PROOF)
    node = Node(url, folder / "gateway", FrozenBatch(folder / "batches"), final_key=FINAL_KEY, fund=fund)
    node.configure(
        private_chain_id=real.chain_id,
        genesis_state=real.prev_state,
        key=VerifyingKey(statement.app_exe_commit, statement.app_vm_commit, statement.dag_commit),
    )
    node.deploy()
    return node


def seal(node: Node, fields: BatchFields) -> None:
    node.batches.sealed[1] = Fields(**{name: getattr(fields, name) for name in NAMES})
