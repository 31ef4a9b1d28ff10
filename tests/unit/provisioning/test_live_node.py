"""Deprovisioning on a whole node: bearer token, open WebSocket, secret address of the wallet, and the policy."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from prividium.demo.member import Member
from prividium.permissions.table import wallet_grants
from prividium.rpc import sockets
from prividium.types import parse_address
from tests.unit.live import GENEROUS, LiveNode
from tests.unit.provisioning.provider import HASHES, TOKEN, DirectoryClient

SECONDS_MAX = 20
HOUR_SECONDS = 3600
"""The periodic look at sessions never comes: what ends a socket is the directory's request."""
DIRECTORY = {**GENEROUS["identity"], "scim_token_hashes": HASHES, "scim_required": False}  # type: ignore[dict-item]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNode]:
    folder: Path = tmp_path_factory.mktemp("node") / "data"
    with LiveNode(folder, identity=DIRECTORY, rpc_socket_session_check_seconds=HOUR_SECONDS) as started:
        yield started


@pytest.fixture
def directory(live: LiveNode) -> Iterator[DirectoryClient]:
    with httpx.Client(base_url=live.url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30) as http:
        yield DirectoryClient(http)


@contextmanager
def listen(live: LiveNode, member: Member) -> Iterator[ClientConnection]:
    """A socket that waits for new blocks."""
    url = live.url.replace("http", "ws") + "/rpc"
    with connect(url, additional_headers={"Authorization": f"Bearer {member.token}"}, compression=None) as opened:
        opened.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_subscribe", "params": ["newHeads"]}))
        assert "result" in json.loads(opened.recv(timeout=SECONDS_MAX))
        yield opened


def closed(socket: ClientConnection) -> tuple[int | None, str | None]:
    with pytest.raises(ConnectionClosed):
        while True:
            socket.recv(timeout=SECONDS_MAX)
    return socket.close_code, socket.close_reason


@pytest.mark.parametrize(
    ("username", "end"),
    [
        ("client", lambda directory, person: directory.deactivate(person)),
        ("client-two", lambda directory, person: directory.send("DELETE", f"/Users/{person['id']}")),
    ],
)
def test_deprovisioning_cuts_session_socket_wallet_address_and_policy(
    live: LiveNode, directory: DirectoryClient, username: str, end: Callable[..., object]
) -> None:
    live.arrive("administrator")
    person = directory.person(username, externalId=f"dev-{username}")
    member = live.arrive(username)
    member.link_wallet()
    address = member.rest("GET", "/api/wallet/personal-rpc-token")["token"]
    question = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []}
    assert "result" in member.http.post(f"/rpc/wallet/{address}", json=question).json()
    wallet = parse_address(member.address.lower())
    with ExitStack() as stack:
        listening = [stack.enter_context(listen(live, member)) for _ in range(2)]
        other = stack.enter_context(listen(live, live.arrive("auditor")))
        end(directory, person)
        assert [closed(socket) for socket in listening] == [(sockets.SESSION_ENDED, "the session has ended")] * 2
        other.send(json.dumps(question))
        assert "result" in json.loads(other.recv(timeout=SECONDS_MAX))
    balance = {**question, "method": "eth_getBalance", "params": [member.address, "latest"]}
    assert member.http.post("/rpc", json=balance).json()["error"]["code"] == -32090
    assert member.http.get("/api/profiles/me").status_code == 401
    assert "error" in member.http.post(f"/rpc/wallet/{address}", json=question).json()
    with live.node.database.read() as session:
        assert wallet not in {grant.address for grant in wallet_grants(session, with_owner=False)}
