"""A real batch and its real proof on the way to L1: settled as they are, refused with any field altered."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from gateway.relayer.settlement import Status
from gateway.relayer.source import output_digest
from gateway.relayer.submit import Event, WouldRevert
from prividium.proof.verify import statement_of
from tests.contracts.chain import Fields
from tests.contracts.gateway_node import Node
from tests.contracts.real_batch import NAMES, PROOF, real_fields, seal, start_node


@pytest.fixture(scope="module")
def real() -> Fields:
    return real_fields()


@pytest.fixture
def start(shared_url: str, tmp_path: Path, real: Fields) -> Iterator[Callable[[], Node]]:
    """Starts gateways over one data folder."""
    nodes: list[Node] = []

    def start() -> Node:
        nodes.append(start_node(shared_url, tmp_path, real))
        return nodes[-1]

    yield start
    for node in nodes:
        node.close()


@pytest.fixture
def node(start: Callable[[], Node]) -> Node:
    return start()


def test_a_real_proof_settles_its_batch(node: Node, real: Fields) -> None:
    assert real.batch_number == 1
    assert statement_of(PROOF).output == output_digest(real)
    seal(node, real)
    steps = [step.action.step for step in node.settle() if step.action and step.event is not Event.RESENT]
    assert steps == ["commit", *["verify"] * (len(steps) - 3), "prove", "execute"]
    assert steps.count("verify") >= 2
    assert node.view.batch(1).status is Status.EXECUTED


def test_a_new_gateway_at_every_step_brings_each_part_of_the_proof_once(
    start: Callable[[], Node], real: Fields
) -> None:
    node = start()
    while node.view.last_executed() < 1:
        node = start()
        seal(node, real)
        node.step()
    receipts = [receipt for step in ("commit", "verify", "prove", "execute") for receipt in node.sent(step)]
    assert [receipt.succeeded for receipt in receipts if receipt is not None] == [True] * (3 + len(node.sent("verify")))
    assert len(node.sent("verify")) == 2


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_with_one_field_altered_never_settles_under_its_proof(node: Node, real: Fields, name: str) -> None:
    value = asdict(real)[name]
    other = value + 1 if isinstance(value, int) else value[:-1] + bytes([value[-1] ^ 1])
    seal(node, Fields(**{**asdict(real), name: other}))
    if name in ("new_state", "policy_root"):
        node.settle()
        assert node.view.batch(1).status is Status.COMMITTED
        assert node.anchor is not None
        assert node.anchor.problem is not None
        assert node.anchor.problem.code == "output_mismatch"
    else:
        with pytest.raises(WouldRevert):
            node.step()
        assert node.view.last_committed() == 0
