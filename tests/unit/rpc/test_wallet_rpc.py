"""The secret address of a wallet: what it answers, and that next to nothing is open."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import httpx
import pytest
from sqlalchemy import select, text, update

from prividium.audit.models import AuditEntry
from prividium.demo import fund
from prividium.demo.member import Member
from prividium.identity.secrecy import credential_hash
from prividium.identity.wallet_rpc_models import TransactionAllowance, WalletRpcToken
from prividium.rpc.wallet.methods import SOME_CODE, WALLET_METHODS
from prividium.types import Json
from tests.unit.live import Scene

ZERO_HASH = "0x" + "00" * 32


@dataclass
class Wallet:
    """A wallet that knows its secret address and no more."""

    http: httpx.Client
    token: str

    def post(self, body: Json) -> httpx.Response:
        return self.http.post(f"/rpc/wallet/{self.token}", json=body)

    def ask(self, method: str, *params: Json) -> dict[str, Json]:
        answer = self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)})
        assert answer.status_code == 200
        found: dict[str, Json] = answer.json()
        return found

    def result(self, method: str, *params: Json) -> Json:
        answer = self.ask(method, *params)
        assert "error" not in answer, answer
        return answer["result"]

    def refusal(self, method: str, *params: Json) -> tuple[int, str]:
        error = self.ask(method, *params)["error"]
        assert isinstance(error, dict)
        return int(str(error["code"])), str(error["message"])


FORBIDDEN = (-32001, "forbidden")


@pytest.fixture
def holder(scene: Scene) -> Member:
    return scene.one


@pytest.fixture
def open_wallet(scene: Scene) -> Iterator[Callable[[Member], Wallet]]:
    opened: list[httpx.Client] = []

    def make(member: Member) -> Wallet:
        client = httpx.Client(base_url=scene.live.url, timeout=30)
        opened.append(client)
        return Wallet(client, str(member.rest("POST", "/api/wallet/invalidate")["newWalletToken"]))

    yield make
    for client in opened:
        client.close()


@pytest.fixture
def wallet(open_wallet: Callable[[Member], Wallet], holder: Member) -> Wallet:
    return open_wallet(holder)


def transfer(scene: Scene, amount: int = 1) -> bytes:
    return fund.call_data("transfer(address,uint256)", scene.two.address, amount)


def announcement(scene: Scene, holder: Member, **changed: Json) -> dict[str, Json]:
    nonce = int(str(holder.rpc("eth_getTransactionCount", holder.address, "pending")), 16)
    given: dict[str, Json] = {
        "walletAddress": holder.address,
        "nonce": nonce,
        "toAddress": scene.shares,
        "calldata": "0x" + transfer(scene).hex(),
        "value": "0",
    }
    return {**given, **changed}


def announce(scene: Scene, holder: Member, **changed: Json) -> dict[str, Json]:
    return holder.rest("POST", "/api/wallet/transaction-authorization", announcement(scene, holder, **changed))


def raw(scene: Scene, holder: Member, data: bytes | None = None, nonce_ahead: int = 0) -> tuple[str, str]:
    nonce = int(str(holder.rpc("eth_getTransactionCount", holder.address, "pending")), 16) + nonce_ahead
    return holder.sign(scene.shares, transfer(scene) if data is None else data, scene.chain_id, nonce)


def test_a_wallet_sends_what_was_announced_and_sees_its_receipt(scene: Scene, holder: Member, wallet: Wallet) -> None:
    answer = announce(scene, holder)
    assert answer["message"] == "RPC enabled for this transaction"
    assert str(answer["activeUntil"]).endswith("Z")
    transaction_hash, signed = raw(scene, holder)
    assert wallet.result("eth_sendRawTransaction", signed) == transaction_hash
    holder.receipt(transaction_hash)
    receipt, transaction = (
        wallet.result(method, transaction_hash) for method in ("eth_getTransactionReceipt", "eth_getTransactionByHash")
    )
    assert isinstance(receipt, dict)
    assert isinstance(transaction, dict)
    assert (receipt["status"], transaction["hash"]) == ("0x1", transaction_hash)


@pytest.mark.parametrize("difference", ["data", "nonce", "nothing announced", "value", "creation"])
def test_a_wallet_sends_nothing_else(scene: Scene, holder: Member, wallet: Wallet, difference: str) -> None:
    if difference == "value":
        announce(scene, holder, value="1")
    elif difference == "data":
        announce(scene, holder, calldata="0x" + transfer(scene, 2).hex())
    elif difference == "nonce":
        announce(scene, holder, nonce=announcement(scene, holder)["nonce"] + 1)  # type: ignore[operator]
    elif difference == "creation":
        announce(scene, holder)
        data = fund.creation_code("Forwarder", [])
        nonce = int(str(holder.rpc("eth_getTransactionCount", holder.address, "pending")), 16)
        _, signed = holder.sign_unchecked(None, data, scene.chain_id, nonce, 2_000_000)
        assert wallet.refusal("eth_sendRawTransaction", signed) == FORBIDDEN
        return
    before = holder.rpc("eth_getTransactionCount", holder.address, "pending")
    assert wallet.refusal("eth_sendRawTransaction", raw(scene, holder)[1]) == FORBIDDEN
    assert holder.rpc("eth_getTransactionCount", holder.address, "pending") == before


def test_what_was_announced_holds_for_an_hour(scene: Scene, holder: Member, wallet: Wallet) -> None:
    announce(scene, holder)
    with scene.live.node.database.write() as session:
        session.execute(update(TransactionAllowance).values(active_until=1))
    assert wallet.refusal("eth_sendRawTransaction", raw(scene, holder)[1]) == FORBIDDEN
    assert wallet.refusal("eth_getBalance", holder.address, "latest") == FORBIDDEN


def test_another_ones_announcement_is_of_no_use(
    scene: Scene, holder: Member, open_wallet: Callable[[Member], Wallet]
) -> None:
    announce(scene, holder)
    foreign = open_wallet(scene.two)
    code, _ = foreign.refusal("eth_sendRawTransaction", raw(scene, holder)[1])
    assert code == -32001
    assert foreign.refusal("eth_getBalance", holder.address, "latest") == FORBIDDEN
    assert foreign.refusal("eth_getTransactionCount", holder.address, "pending") == FORBIDDEN


def test_balance_and_nonce_are_told_only_while_something_is_announced(
    scene: Scene, holder: Member, wallet: Wallet
) -> None:
    assert wallet.refusal("eth_getBalance", holder.address, "latest") == FORBIDDEN
    assert wallet.refusal("eth_getTransactionCount", holder.address, "pending") == FORBIDDEN
    announce(scene, holder)
    assert wallet.result("eth_getBalance", holder.address, "latest") == "0x0"
    head = holder.rpc("eth_blockNumber")
    expected = holder.rpc("eth_getTransactionCount", holder.address, "latest")
    assert wallet.result("eth_getTransactionCount", holder.address, head) == expected
    assert wallet.refusal("eth_getTransactionCount", holder.address, "latest") == FORBIDDEN
    assert wallet.refusal("eth_getBalance", scene.two.address, "latest") == FORBIDDEN


def test_transactions_that_did_not_go_this_way_look_absent(scene: Scene, holder: Member, wallet: Wallet) -> None:
    announce(scene, holder)
    for method, of in itertools.product(
        ("eth_getTransactionReceipt", "eth_getTransactionByHash"), (scene.hashes["transfer"], ZERO_HASH)
    ):
        assert wallet.result(method, of) is None


def test_blocks_and_code_are_constant(scene: Scene, holder: Member, wallet: Wallet) -> None:
    block = wallet.result("eth_getBlockByNumber", "latest", False)
    assert isinstance(block, dict)
    assert block["number"] == holder.rpc("eth_blockNumber")
    assert (block["hash"], block["parentHash"], block["timestamp"]) == (ZERO_HASH, ZERO_HASH, "0x0")
    assert (block["transactions"], block["gasUsed"]) == ([], "0x0")
    assert wallet.result("eth_getBlockByNumber", "0xffffffff", False) is None
    for address in (scene.shares, scene.unregistered, "0x" + "12" * 20, scene.two.address):
        assert wallet.result("eth_getCode", address, "latest") == SOME_CODE
    assert wallet.result("eth_getCode", holder.address, "latest") == "0x"


def test_a_wallet_learns_which_chain_this_is(scene: Scene, wallet: Wallet) -> None:
    assert wallet.result("eth_chainId") == hex(scene.chain_id)
    assert wallet.result("net_version") == str(scene.chain_id)
    assert wallet.result("eth_gasPrice") == "0x0"
    assert str(wallet.result("web3_clientVersion")).startswith("Prividium/")
    assert int(str(wallet.result("eth_blockNumber")), 16) > 0


@pytest.mark.parametrize(
    "method",
    ["eth_call", "eth_estimateGas", "eth_getLogs", "eth_getBlockByHash", "eth_accounts", "debug_traceCall", "no_such"],
)
def test_every_other_method_is_forbidden(wallet: Wallet, method: str) -> None:
    assert method not in WALLET_METHODS
    code, message = wallet.refusal(method, {})
    assert (code, "forbidden" in message) == (-32001, True)


def test_one_request_at_a_time(wallet: Wallet) -> None:
    item: Json = {"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}
    assert wallet.post([item, item]).json()["error"]["data"] == "batch_unsupported"
    assert wallet.http.post(f"/rpc/wallet/{wallet.token}", content=b"{").json()["error"]["code"] == -32700
    assert wallet.http.get(f"/rpc/wallet/{wallet.token}").status_code == 405


def test_the_token_stays_until_it_is_invalidated_and_then_opens_nothing(
    scene: Scene, holder: Member, wallet: Wallet
) -> None:
    shown = holder.rest("GET", "/api/wallet/personal-rpc-token")["token"]
    assert shown == wallet.token
    announce(scene, holder)
    renewed = holder.rest("POST", "/api/wallet/invalidate")
    assert renewed["newWalletToken"] != wallet.token
    assert wallet.refusal("eth_chainId")[0] == -32090
    wallet.token = str(renewed["newWalletToken"])
    assert wallet.refusal("eth_getBalance", holder.address, "latest") == FORBIDDEN


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5000, "é" * 43, "%00" * 43])
def test_a_wrong_token_opens_nothing(scene: Scene, token: str) -> None:
    with httpx.Client(base_url=scene.live.url) as http:
        wrong = Wallet(http, token)
        assert wrong.refusal("eth_chainId")[0] == -32090


def test_a_disabled_persons_wallet_is_out_at_once(scene: Scene, open_wallet: Callable[[Member], Wallet]) -> None:
    wallet = open_wallet(scene.stranger)
    path = f"/api/users/{scene.stranger.rest('GET', '/api/profiles/me')['id']}"
    scene.administrator.rest("PATCH", path, {"disabled": True})
    try:
        assert wallet.refusal("eth_chainId")[0] == -32090
    finally:
        scene.administrator.rest("PATCH", path, {"disabled": False})
    assert wallet.result("eth_chainId") == hex(scene.chain_id)


def test_the_rules_still_decide_when_it_is_sent(scene: Scene, holder: Member, wallet: Wallet) -> None:
    announce(scene, holder)
    _, signed = raw(scene, holder)
    rules = scene.administrator.rest("GET", f"/api/contract-permissions?limit=100&contractAddress={scene.shares}")
    items = rules["items"]
    assert isinstance(items, list)
    rule = next(item for item in items if isinstance(item, dict) and "transfer(" in str(item["functionSignature"]))
    body: dict[str, Json] = {
        "contractAddress": scene.shares,
        "functionSignature": "transfer(address,uint256)",
        "accessType": "write",
        "roles": [],
        "argumentRestrictions": [],
    }
    path = f"/api/contract-permissions/{rule['id']}"
    scene.administrator.rest("PUT", path, {**body, "ruleType": "forbidden"})
    try:
        assert wallet.refusal("eth_sendRawTransaction", signed) == FORBIDDEN
        refused = holder.http.post("/api/wallet/transaction-authorization", json=announcement(scene, holder))
        assert (refused.status_code, refused.json()["error"]["reason"]) == (403, "transaction_not_allowed")
    finally:
        back = {name: rule[name] for name in ("ruleType", "argumentRestrictions")}
        roles: list[Json] = [{"id": role["id"]} for role in rule["roles"] if isinstance(role, dict)]  # type: ignore[union-attr]
        scene.administrator.rest("PUT", path, {**body, **back, "roles": roles})


@pytest.mark.parametrize(
    ("changed", "status", "reason"),
    [
        ({"toAddress": "0x" + "12" * 20, "calldata": "0x", "value": "1"}, 200, ""),
        ({"toAddress": "0x" + "12" * 20, "calldata": "0x", "value": "0"}, 400, "transaction_empty"),
        ({"toAddress": None, "calldata": "0x", "value": "1"}, 400, "transaction_empty"),
        ({"toAddress": None, "calldata": "0x6000"}, 403, "transaction_not_allowed"),
        ({"calldata": "0xa9059cb"}, 400, "request_invalid"),
        ({"value": "-1"}, 400, "request_invalid"),
        ({"value": str(2**256)}, 400, "value_invalid"),
        ({"nonce": -1}, 400, "request_invalid"),
        ({"walletAddress": "0x" + "12" * 20}, 403, "transaction_not_allowed"),
        ({"calldata": "0xdeadbeef"}, 403, "transaction_not_allowed"),
    ],
)
def test_only_what_the_rules_allow_can_be_announced(
    scene: Scene, holder: Member, changed: dict[str, Json], status: int, reason: str
) -> None:
    body = announcement(scene, holder, **changed)
    answer = holder.http.post("/api/wallet/transaction-authorization", json=body)
    assert (answer.status_code, answer.json().get("error", {}).get("reason", "")) == (status, reason)


def test_the_address_is_in_no_table_and_no_audit_entry(scene: Scene, holder: Member, wallet: Wallet) -> None:
    wallet.refusal("eth_call", {})
    wallet.result("eth_chainId")
    with scene.live.node.database.read() as session:
        row = session.scalars(select(WalletRpcToken).where(WalletRpcToken.token_hash == credential_hash(wallet.token)))
        assert len(row.all()) == 1
        entries = session.scalars(select(AuditEntry)).all()
        assert any(entry.action == "wallet.token.invalidate" for entry in entries)
        assert any(entry.action == "rpc.wallet.eth_call" and entry.outcome == "denied" for entry in entries)
        for table in session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")):
            rows = session.execute(text(f'SELECT * FROM "{table}"')).all()
            assert wallet.token not in json.dumps([list(map(repr, found)) for found in rows]), table


def test_any_page_may_use_the_address(wallet: Wallet) -> None:
    asked = {"Origin": "https://anything.example", "Access-Control-Request-Method": "POST"}
    preflight = wallet.http.options(f"/rpc/wallet/{wallet.token}", headers=asked)
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "*")
