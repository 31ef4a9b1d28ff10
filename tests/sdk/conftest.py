"""A node as `prividium up` runs it, and people who are signed in."""

from collections.abc import Callable, Iterator

import pytest

from prividium.demo.administration import assign_role, create_role
from prividium.demo.member import Member
from prividium.demo.node import NodeProcess
from tests.sdk.stage import BIN, Stage, set_stage

CHAIN_ID = 6565
People = tuple[Member, Member, Member]


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    assert BIN.exists(), f"{BIN} is missing; run `make setup-sdk`"
    environment = {
        "PRIVIDIUM_PROVER_ENABLED": "false",
        "PRIVIDIUM_BATCH_AGE_SECONDS_MAX": "0",
        "PRIVIDIUM_LOG_LEVEL": "debug",
        "PRIVIDIUM_IDENTITY__LOGIN_REQUESTS_PER_MINUTE_MAX": "10000",
    }
    process = NodeProcess(tmp_path_factory.mktemp("node") / "data", environment)
    try:
        yield process.start()
    finally:
        process.stop()


@pytest.fixture(scope="session")
def people(node: NodeProcess) -> Iterator[People]:
    """Who issues and administers, who holds, and who spends."""
    arrived = [Member.arrive(node.base_url, name, name) for name in ("administrator", "client", "client-two")]
    issuer, holder, spender = arrived
    assign_role(issuer, issuer, create_role(issuer, "issuer", ["contract_deployment"]))
    yield issuer, holder, spender
    for member in arrived:
        member.http.close()


@pytest.fixture
def stage(node: NodeProcess, people: People) -> Callable[[], Stage]:
    return lambda: set_stage(node.base_url, CHAIN_ID, people)
