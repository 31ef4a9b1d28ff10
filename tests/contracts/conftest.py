from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gateway.relayer.client import L1Client
from gateway.relayer.devnet import EmbeddedL1
from gateway.relayer.submit import SubmitLimits
from prividium.proof.verify import Verify
from tests.contracts.chain import Chain
from tests.contracts.gateway_node import PATIENT, Batches, Node


@pytest.fixture(scope="session")
def shared_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One anvil for all tests that leave it running."""
    embedded = EmbeddedL1(tmp_path_factory.mktemp("shared"), durable=False)
    embedded.start()
    yield embedded.url
    embedded.stop()


@pytest.fixture(scope="session")
def l1(shared_url: str) -> Iterator[L1Client]:
    client = L1Client(shared_url)
    yield client
    client.close()


@pytest.fixture
def chain(l1: L1Client) -> Chain:
    """Contracts of their own for each test."""
    return Chain(l1)


@pytest.fixture
def own_l1(tmp_path: Path) -> Iterator[EmbeddedL1]:
    """An anvil that the test may kill, restart and reorganise."""
    embedded = EmbeddedL1(tmp_path / "node")
    embedded.start()
    yield embedded
    embedded.stop()


@pytest.fixture
def batches(tmp_path: Path) -> Batches:
    return Batches(tmp_path / "batches")


StartNode = Callable[..., Node]


@pytest.fixture
def start_node(tmp_path: Path, batches: Batches) -> Iterator[StartNode]:
    """Starts gateways over one data folder; each call is a restart."""
    nodes: list[Node] = []

    def start(url: str, limits: SubmitLimits = PATIENT, verify: Verify | None = None) -> Node:
        node = Node(url, tmp_path / "gateway", batches, limits, verify)
        nodes.append(node)
        return node

    yield start
    for node in nodes:
        node.close()


@pytest.fixture
def node(shared_url: str, start_node: StartNode) -> Node:
    """A gateway on the shared anvil, deployed."""
    node = start_node(shared_url)
    node.deploy()
    return node


@pytest.fixture
def lonely(own_l1: EmbeddedL1, start_node: StartNode) -> Node:
    """A deployed gateway on an anvil of its own."""
    node = start_node(own_l1.url)
    node.deploy()
    return node
