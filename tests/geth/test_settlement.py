"""The verification of a real proof on geth: another EVM and another pool than anvil's, with the limits of mainnet."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from gateway.abi import interface
from gateway.relayer.client import L1Client, L1Refused
from gateway.relayer.settlement import Status
from gateway.relayer.submit import GAS_LIMIT_MAX
from gateway.verifier.slices import FinalProof
from prividium.types import to_hex, to_quantity
from tests.contracts.gateway_node import Node, until
from tests.contracts.real_batch import FINAL_KEY, PROOF, real_fields, seal, start_node

pytestmark = pytest.mark.geth


def fund(client: L1Client, address: bytes) -> None:
    """From the account that geth's development mode endows."""
    [rich, *_] = cast(list[str], client.request("eth_accounts"))
    sent = client.request("eth_sendTransaction", {"from": rich, "to": to_hex(address), "value": to_quantity(10**20)})
    until(lambda: client.request("eth_getTransactionReceipt", sent) is not None)


@pytest.fixture
def node(geth_url: str, tmp_path: Path) -> Iterator[Node]:
    node = start_node(geth_url, tmp_path, real_fields(), fund)
    yield node
    node.close()


def test_a_real_proof_settles_its_batch(node: Node) -> None:
    seal(node, real_fields())

    def executed() -> bool:
        node.step()
        return node.view.last_executed() == 1

    until(executed)
    assert node.view.batch(1).status is Status.EXECUTED
    verifications = [receipt for receipt in node.sent("verify") if receipt is not None]
    assert [receipt.succeeded for receipt in verifications] == [True, True]
    assert max(receipt.gas_used for receipt in verifications) <= GAS_LIMIT_MAX


def test_a_damaged_proof_is_refused_with_the_same_words(node: Node) -> None:
    contract, final = interface("ProofVerifier"), FinalProof.decode(FINAL_KEY, PROOF.read_bytes())
    header = final.header[:31] + bytes([final.header[31] ^ 1]) + final.header[32:]
    data = contract.call("submitHeader", final.public_values, header, final.portion(0, 1))
    with pytest.raises(L1Refused) as refused:
        node.client.call(node.view.key(1).verifier, data)
    assert contract.error(refused.value.data) == "LookupGrinding()"
