"""One scene for all RPC tests: they read it, and send transactions that do not disturb each other."""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest

from prividium.demo.administration import assign_role, create_role
from prividium.demo.member import Member
from prividium.types import Json
from tests.unit.live import LiveNode, Scene, set_scene


@dataclass
class Rpc:
    """JSON-RPC as bytes on the wire: answers are looked at whole."""

    member: Member

    def post(self, body: Json) -> httpx.Response:
        return self.member.http.post("/rpc", json=body)

    def raw(self, body: bytes) -> httpx.Response:
        return self.member.http.post("/rpc", content=body)

    def ask(self, method: str, *params: Json) -> dict[str, Json]:
        answer: dict[str, Json] = self.post(
            {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        ).json()
        return answer

    def result(self, method: str, *params: Json) -> Json:
        answer = self.ask(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    def refusal(self, method: str, *params: Json) -> tuple[int, str]:
        """Code and reason."""
        error = self.ask(method, *params)["error"]
        assert isinstance(error, dict)
        return int(str(error["code"])), str(error["data"])


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with LiveNode(tmp_path_factory.mktemp("node") / "data", genesis_balances={}) as live:
        scene = set_scene(live)
        live.settle()
        yield scene


@pytest.fixture(scope="session")
def rpc() -> Callable[[Member], Rpc]:
    return Rpc


@pytest.fixture(scope="session")
def one(scene: Scene) -> Rpc:
    return Rpc(scene.one)


@pytest.fixture(scope="session")
def two(scene: Scene) -> Rpc:
    return Rpc(scene.two)


@pytest.fixture(scope="session")
def stranger(scene: Scene) -> Rpc:
    """Signed in, with a wallet, and with nothing to do with the fund."""
    return Rpc(scene.stranger)


@pytest.fixture(scope="session")
def administrator(scene: Scene) -> Rpc:
    return Rpc(scene.administrator)


@pytest.fixture(scope="session")
def nobody(scene: Scene) -> Rpc:
    return Rpc(scene.live.stranger())


@pytest.fixture
def deployer(scene: Scene, stranger: Rpc) -> Iterator[Rpc]:
    """May deploy, and nothing else."""
    assign_role(
        scene.administrator,
        scene.stranger,
        create_role(scene.administrator, f"deployer {secrets.token_hex(4)}", ["contract_deployment"]),
    )
    yield stranger
    take_roles(scene, scene.stranger)


@contextmanager
def reading_everything(scene: Scene, member: Member) -> Iterator[None]:
    """A member who holds no roles has the right in between."""
    name = f"reads all {secrets.token_hex(4)}"
    assign_role(scene.administrator, member, create_role(scene.administrator, name, ["full_read_access"]))
    try:
        yield
    finally:
        take_roles(scene, member)


@pytest.fixture
def reader(scene: Scene, stranger: Rpc) -> Iterator[Rpc]:
    """Somebody who may read everything, and nothing else."""
    with reading_everything(scene, scene.stranger):
        yield stranger


def take_roles(scene: Scene, member: Member) -> None:
    profile = member.rest("GET", "/api/profiles/me")
    scene.administrator.rest("PUT", f"/api/users/{profile['id']}/roles", {"roles": []})
