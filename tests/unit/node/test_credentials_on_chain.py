"""Credentials against a whole node: contract wallets on its chain, machines at its RPC door."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from prividium.demo.administration import create_role
from prividium.demo.member import Member
from prividium.rpc.sockets import SESSION_ENDED
from prividium.types import Json
from tests.unit.identity.machine import HERE, MACHINES, in_seconds
from tests.unit.ledger import signature_wallets as code
from tests.unit.live import LiveNode

if TYPE_CHECKING:
    from _pytest.tmpdir import TempPathFactory

SECONDS_MAX = 30
LOGIN = "/api/auth/login/crypto-native"


@pytest.fixture(scope="module")
def live(tmp_path_factory: "TempPathFactory") -> Iterator[LiveNode]:
    with LiveNode(tmp_path_factory.mktemp("node") / "data") as started:
        yield started


@pytest.fixture(scope="module")
def administrator(live: LiveNode) -> Member:
    member = live.arrive("administrator")
    member.link_wallet()
    return member


@pytest.fixture(scope="module")
def client(live: LiveNode) -> Member:
    return live.arrive("client")


@pytest.fixture
def owner() -> LocalAccount:
    account: LocalAccount = Account.create()
    return account


def deploy(live: LiveNode, administrator: Member, runtime: bytes) -> str:
    receipt = administrator.send(None, code.creation(runtime), live.settings.chain_id)
    return str(receipt["contractAddress"])


def signed(owner: LocalAccount, message: str) -> str:
    return "0x" + bytes(owner.sign_message(encode_defunct(text=message)).signature).hex()


def link(client: Member, wallet: str, owner: LocalAccount) -> httpx.Response:
    started = client.rest("POST", "/api/user-wallets/initiate", {"walletAddress": wallet})
    proof = {
        "walletAddress": wallet,
        "message": started["message"],
        "signature": signed(owner, str(started["message"])),
        "nonceToken": started["nonceToken"],
    }
    return client.http.post("/api/user-wallets/associate", json=proof)


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def test_a_contract_wallet_is_linked_and_signs_in(
    live: LiveNode, administrator: Member, client: Member, owner: LocalAccount
) -> None:
    wallet = deploy(live, administrator, code.owned_by(bytes.fromhex(owner.address[2:])))
    assert link(client, wallet, owner).json() == {"success": True}
    stranger = live.stranger()
    issued = stranger.rest("POST", "/api/siwe-messages", {"address": wallet})
    body = {
        "message": issued["msg"],
        "signature": signed(owner, str(issued["msg"])),
        "nonceToken": issued["nonceToken"],
    }
    token = stranger.http.post(LOGIN, json=body).json()["token"]
    me = stranger.http.get("/api/profiles/me", headers={"Authorization": f"Bearer {token}"}).json()
    assert me["displayName"] == "client"
    assert reason(stranger.http.post(LOGIN, json=body)) == "siwe_nonce_spent"


def test_a_contract_wallet_refuses_the_signature_of_another(
    live: LiveNode, administrator: Member, client: Member, owner: LocalAccount
) -> None:
    wallet = deploy(live, administrator, code.owned_by(bytes.fromhex(owner.address[2:])))
    assert reason(link(client, wallet, Account.create())) == "siwe_signature_invalid"


@pytest.mark.parametrize(
    "runtime", [code.REVERTS, code.LOOPS, code.ANSWERS_ONE], ids=["reverts", "loops", "answers one"]
)
def test_a_contract_that_does_not_say_yes_is_not_linked(
    live: LiveNode, administrator: Member, client: Member, owner: LocalAccount, runtime: bytes
) -> None:
    wallet = deploy(live, administrator, runtime)
    assert reason(link(client, wallet, owner)) == "siwe_signature_invalid"


def test_nobody_learns_a_private_value_by_linking_a_wallet(
    live: LiveNode, administrator: Member, client: Member, owner: LocalAccount
) -> None:
    private = deploy(live, administrator, code.ANSWERS_ONE)
    assert reason(link(client, deploy(live, administrator, code.reads(bytes.fromhex(private[2:]))), owner)) == (
        "siwe_signature_invalid"
    )


def rpc(live: LiveNode, headers: dict[str, str], method: str, *params: Json) -> dict[str, Json]:
    request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
    answer: dict[str, Json] = httpx.post(f"{live.url}/rpc", json=request, headers=headers, timeout=30).json()
    return answer


def test_a_machine_reads_and_sends_as_its_roles_allow(live: LiveNode, administrator: Member) -> None:
    role = create_role(administrator, "robots", ["contract_deployment"])
    machine = administrator.rest("POST", MACHINES, {"name": "robot", "roles": [{"id": role}]})
    path = f"{MACHINES}/{machine['id']}"
    administrator.rest("POST", f"{path}/ip-whitelist", {"ipAddress": HERE})
    key = administrator.rest("POST", f"{path}/api-keys", {"name": "k", "expiresAt": in_seconds(3_600)})["fullKey"]
    account: LocalAccount = Account.create()
    by_key = {"X-Api-Key": str(key)}
    assert "error" in rpc(live, by_key, "eth_getBalance", account.address, "latest")
    administrator.rest("POST", f"{path}/wallets", {"walletAddress": account.address})
    assert rpc(live, by_key, "eth_getBalance", account.address, "latest")["result"] == "0x0"
    form = {"grant_type": "client_credentials", "client_id": str(machine["id"]), "client_secret": str(key)}
    token = httpx.post(f"{live.url}/oauth/token", data=form, timeout=30).json()["access_token"]
    robot = Member("robot", live.url, token, account, httpx.Client(base_url=live.url, timeout=30))
    robot.http.headers["Authorization"] = f"Bearer {token}"
    deployed = robot.send(None, code.creation(code.ANSWERS_ONE), live.settings.chain_id)
    assert deployed["status"] == "0x1"
    robot.http.close()
    call: Json = {"from": account.address, "to": deployed["contractAddress"], "data": "0x00000000"}
    assert rpc(live, by_key, "eth_call", call, "latest")["error"] == {
        "code": -32001,
        "message": "forbidden",
        "data": "forbidden",
    }


@pytest.mark.parametrize("header", ["priv_sk_" + "a" * 64, "x", ""])
def test_a_wrong_key_is_nobody_at_the_door(live: LiveNode, header: str) -> None:
    answer = rpc(live, {"X-Api-Key": header}, "eth_getBalance", "0x" + "11" * 20, "latest")
    assert isinstance(answer["error"], dict)
    assert answer["error"]["code"] == -32090


def test_a_machine_listens_on_a_socket_until_its_key_ends(live: LiveNode, administrator: Member) -> None:
    machine = administrator.rest("POST", MACHINES, {"name": "listener"})
    path = f"{MACHINES}/{machine['id']}"
    administrator.rest("POST", f"{path}/ip-whitelist", {"ipAddress": HERE})
    made = administrator.rest("POST", f"{path}/api-keys", {"name": "k", "expiresAt": in_seconds(3_600)})
    headers = {"X-Api-Key": str(made["fullKey"])}
    with connect(live.url.replace("http", "ws", 1) + "/rpc", additional_headers=headers) as socket:
        socket.send('{"jsonrpc": "2.0", "id": 1, "method": "eth_syncing", "params": []}')
        assert json.loads(socket.recv(timeout=SECONDS_MAX))["result"] is False
        administrator.rest("DELETE", f"{path}/api-keys/{made['id']}")
        socket.send('{"jsonrpc": "2.0", "id": 2, "method": "eth_syncing", "params": []}')
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=SECONDS_MAX)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == SESSION_ENDED
    with pytest.raises(InvalidStatus):
        connect(live.url.replace("http", "ws", 1) + "/rpc", additional_headers=headers)


def distant_machine(administrator: Member) -> str:
    """The key of a machine that calls from 10.0.0.0/16."""
    machine = administrator.rest("POST", MACHINES, {"name": "distant"})
    path = f"{MACHINES}/{machine['id']}"
    administrator.rest("POST", f"{path}/ip-whitelist", {"ipAddress": "10.0.0.0/16"})
    made = administrator.rest("POST", f"{path}/api-keys", {"name": "k", "expiresAt": in_seconds(3_600)})
    return str(made["fullKey"])


def status_from(live: LiveNode, key: str, forwarded_for: str) -> int:
    headers = {"X-Api-Key": key, "X-Forwarded-For": forwarded_for}
    return httpx.get(f"{live.url}/api/profiles/me", headers=headers, timeout=30).status_code


def test_nobody_forges_where_a_call_comes_from(live: LiveNode, administrator: Member) -> None:
    assert status_from(live, distant_machine(administrator), "10.0.0.1") == 401


def test_a_trusted_proxy_says_where_a_call_comes_from(tmp_path: Path) -> None:
    with LiveNode(tmp_path / "data", trusted_proxies=["127.0.0.1"]) as behind_proxy:
        key = distant_machine(behind_proxy.arrive("administrator"))
        assert status_from(behind_proxy, key, "10.0.0.1") == 200
        assert status_from(behind_proxy, key, "10.1.0.1") == 401
        # What the client itself claims stands before what the proxy adds.
        assert status_from(behind_proxy, key, "10.0.0.1, 10.1.0.1") == 401
