"""Wallets are linked, and sign in, by an EIP-4361 message that serves once."""

from typing import TYPE_CHECKING

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from prividium.identity.models import SiweChallenge, Wallet
from prividium.types import parse_address

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program


@pytest.fixture(scope="module")
def program(edge: "Edge") -> "Program":
    return edge.program("client")


def sign(account: LocalAccount, message: str) -> str:
    return "0x" + bytes(account.sign_message(encode_defunct(text=message)).signature).hex()


def initiate(program: "Program", account: LocalAccount) -> str:
    answer = program.post("/api/user-wallets/initiate", {"walletAddress": account.address})
    assert answer.status_code == 200
    return str(answer.json()["message"])


def associate(program: "Program", address: str, message: str, signature: str) -> httpx.Response:
    body = {"walletAddress": address, "message": message, "signature": signature}
    return program.post("/api/user-wallets/associate", body)


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def test_a_person_links_a_wallet(program: "Program", account: LocalAccount) -> None:
    assert program.link(account).json() == {"success": True}
    assert account.address in program.get("/api/user-wallets").json()["wallets"]


def test_the_message_follows_eip_4361(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    lines = initiate(program, account).split("\n")
    authority = edge.url.removeprefix("http://")
    assert lines[:2] == [f"{authority} wants you to sign in with your Ethereum account:", account.address]
    assert lines[2] == lines[4] == ""
    assert lines[5:8] == [f"URI: {edge.url}", "Version: 1", "Chain ID: 6565"]
    assert [line.partition(": ")[0] for line in lines[8:]] == ["Nonce", "Issued At", "Expiration Time"]


def test_linking_again_changes_nothing(program: "Program", account: LocalAccount) -> None:
    program.link(account)
    assert program.link(account).status_code == 200


def test_a_message_serves_once(program: "Program", account: LocalAccount) -> None:
    message = initiate(program, account)
    signature = sign(account, message)
    assert associate(program, account.address, message, signature).status_code == 200
    assert reason(associate(program, account.address, message, signature)) == "siwe_nonce_invalid"


def test_a_failed_attempt_spends_the_message(program: "Program", account: LocalAccount) -> None:
    message = initiate(program, account)
    wrong = sign(Account.create(), message)
    assert reason(associate(program, account.address, message, wrong)) == "siwe_signature_invalid"
    assert reason(associate(program, account.address, message, sign(account, message))) == "siwe_nonce_invalid"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("127.0.0.1", "evil.example"), "siwe_domain_mismatch"),
        (("URI: http", "URI: https"), "siwe_uri_mismatch"),
        (("Chain ID: 6565", "Chain ID: 1"), "siwe_chain_mismatch"),
        (("Version: 1", "Version: 2"), "siwe_chain_mismatch"),
        (("costs nothing", "costs something"), "siwe_message_changed"),
        (("Expiration Time: 2", "Expiration Time: 9"), "siwe_message_changed"),
    ],
    ids=str,
)
def test_a_changed_message_is_refused(
    program: "Program", account: LocalAccount, change: tuple[str, str], expected: str
) -> None:
    message = initiate(program, account).replace(*change, 1)
    assert reason(associate(program, account.address, message, sign(account, message))) == expected


def test_a_message_of_another_person_is_refused(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    message = initiate(program, account)
    other = edge.program("client-two")
    assert reason(associate(other, account.address, message, sign(account, message))) == "siwe_nonce_invalid"


def test_an_expired_message_is_refused(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    message = initiate(program, account)
    nonce = message.partition("Nonce: ")[2].split("\n")[0]
    with edge.database.write() as session:
        session.get_one(SiweChallenge, nonce).expires_at = 0
    assert reason(associate(program, account.address, message, sign(account, message))) == "siwe_expired"


def test_the_address_must_be_the_one_of_the_message(program: "Program", account: LocalAccount) -> None:
    message = initiate(program, account)
    other = Account.create().address
    assert reason(associate(program, other, message, sign(account, message))) == "wallet_address_mismatch"


@pytest.mark.parametrize("signature", ["0x" + "00" * 65, "0x" + "ff" * 65, "0x" + "11" * 64 + "05"])
def test_a_malformed_signature_is_refused(program: "Program", account: LocalAccount, signature: str) -> None:
    message = initiate(program, account)
    assert reason(associate(program, account.address, message, signature)) == "siwe_signature_invalid"


def test_a_strange_domain_gets_no_message(program: "Program", account: LocalAccount) -> None:
    body = {"walletAddress": account.address, "domain": "evil.example"}
    assert reason(program.post("/api/user-wallets/initiate", body)) == "siwe_domain_unknown"


def test_an_address_belongs_to_one_person(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    program.link(account)
    assert reason(edge.program("client-two").link(account)) == "wallet_linked_elsewhere"


def test_nobody_unlinks_the_wallet_of_another(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    program.link(account)
    foreign = edge.program("client-two").delete(f"/api/user-wallets/{account.address}")
    absent = edge.program("client-two").delete(f"/api/user-wallets/{Account.create().address}")
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json()) == (404, absent.json())
    with edge.database.read() as session:
        assert session.get(Wallet, parse_address(account.address)) is not None


def test_a_wallet_is_unlinked(program: "Program", account: LocalAccount) -> None:
    program.link(account)
    assert program.delete(f"/api/user-wallets/{account.address}").status_code == 204
    assert account.address not in program.get("/api/user-wallets").json()["wallets"]


def test_an_address_with_a_wrong_checksum_is_a_typing_error(program: "Program", account: LocalAccount) -> None:
    swapped = account.address[:2] + account.address[2:].swapcase()
    answer = program.post("/api/user-wallets/initiate", {"walletAddress": swapped})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_a_linked_wallet_signs_in(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    program.link(account)
    token = log_in(edge, account).json()["token"]
    profile = edge.client(headers={"Authorization": f"Bearer {token}"}).get("/api/profiles/me").json()
    assert profile["id"] == program.user_id()


def test_a_wallet_that_nobody_linked_cannot_sign_in(edge: "Edge", account: LocalAccount) -> None:
    answer = log_in(edge, account)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "WALLET_NOT_LINKED")


def test_a_message_for_linking_does_not_sign_in(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    program.link(account)
    message = initiate(program, account)
    body = {"message": message, "signature": sign(account, message)}
    assert reason(edge.client().post("/api/auth/login/crypto-native", json=body)) == "siwe_nonce_invalid"


def log_in(edge: "Edge", account: LocalAccount) -> httpx.Response:
    client = edge.client()
    message = client.post("/api/siwe-messages", json={"address": account.address}).json()["msg"]
    return client.post("/api/auth/login/crypto-native", json={"message": message, "signature": sign(account, message)})
