from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.relayer.client import L1Client
from gateway.relayer.devnet import EmbeddedL1
from tests.contracts.chain import Chain


@pytest.fixture(scope="session")
def l1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[L1Client]:
    """A client of one anvil that all contract tests share."""
    embedded = EmbeddedL1(tmp_path_factory.mktemp("shared"))
    embedded.start()
    client = L1Client(embedded.url)
    yield client
    client.close()
    embedded.stop()


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
