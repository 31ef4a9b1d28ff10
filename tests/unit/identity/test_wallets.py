"""Wallets are linked, and sign in, by an EIP-4361 message that serves once."""

import string
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from prividium import clock
from prividium.identity import base64url
from prividium.identity.models import SpentNonce, Wallet
from prividium.identity.secrecy import credential_hash
from prividium.types import parse_address

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program


@pytest.fixture(scope="module")
def program(edge: "Edge") -> "Program":
    return edge.program("client")


@dataclass(frozen=True)
class Issued:
    text: str
    token: str

    def changed(self, old: str, new: str) -> "Issued":
        return Issued(self.text.replace(old, new, 1), self.token)


def sign(account: LocalAccount, message: str) -> str:
    return "0x" + bytes(account.sign_message(encode_defunct(text=message)).signature).hex()


def initiate(program: "Program", account: LocalAccount) -> Issued:
    answer = program.post("/api/user-wallets/initiate", {"walletAddress": account.address})
    assert answer.status_code == 200
    assert set(answer.json()) == {"message", "nonce", "nonceToken"}
    return Issued(answer.json()["message"], answer.json()["nonceToken"])


def associate(program: "Program", address: str, issued: Issued, signature: str) -> httpx.Response:
    body = {"walletAddress": address, "message": issued.text, "signature": signature, "nonceToken": issued.token}
    return program.post("/api/user-wallets/associate", body)


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def test_a_person_links_a_wallet(program: "Program", account: LocalAccount) -> None:
    assert program.link(account).json() == {"success": True}
    assert account.address in program.get("/api/user-wallets").json()["wallets"]


def test_the_message_follows_eip_4361(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    lines = initiate(program, account).text.split("\n")
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
    signature = sign(account, message.text)
    assert associate(program, account.address, message, signature).status_code == 200
    assert reason(associate(program, account.address, message, signature)) == "siwe_nonce_spent"


def test_a_failed_attempt_spends_the_message(program: "Program", account: LocalAccount) -> None:
    message = initiate(program, account)
    wrong = sign(Account.create(), message.text)
    assert reason(associate(program, account.address, message, wrong)) == "siwe_signature_invalid"
    assert reason(associate(program, account.address, message, sign(account, message.text))) == "siwe_nonce_spent"


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
    message = initiate(program, account).changed(*change)
    assert reason(associate(program, account.address, message, sign(account, message.text))) == expected


def test_a_message_of_another_person_is_refused(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    message = initiate(program, account)
    other = edge.program("client-two")
    assert reason(associate(other, account.address, message, sign(account, message.text))) == "siwe_nonce_invalid"


def test_an_expired_message_is_refused(
    program: "Program", account: LocalAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = initiate(program, account)
    later = clock.now() + 300
    monkeypatch.setattr(clock, "now", lambda: later)
    assert reason(associate(program, account.address, message, sign(account, message.text))) == "siwe_expired"


def test_only_the_hash_of_a_spent_nonce_is_kept(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    message = initiate(program, account)
    associate(program, account.address, message, sign(account, message.text))
    nonce = message.text.partition("Nonce: ")[2].split("\n")[0]
    with edge.database.read() as session:
        assert session.get(SpentNonce, credential_hash(nonce)) is not None


def test_a_token_of_another_message_is_refused(program: "Program", account: LocalAccount) -> None:
    first, second = initiate(program, account), initiate(program, account)
    mixed = Issued(first.text, second.token)
    assert reason(associate(program, account.address, mixed, sign(account, first.text))) == "siwe_nonce_invalid"


@pytest.mark.parametrize("position", [0, 40, 150, -1], ids=str)
def test_a_token_that_was_tampered_with_is_refused(program: "Program", account: LocalAccount, position: int) -> None:
    message = initiate(program, account)
    other = "B" if message.token[position] != "B" else "C"
    cut = position % len(message.token)
    forged = Issued(message.text, message.token[:cut] + other + message.token[cut + 1 :])
    assert reason(associate(program, account.address, forged, sign(account, message.text))) == "siwe_token_invalid"


def test_a_token_written_in_another_way_is_refused(program: "Program", account: LocalAccount) -> None:
    """The last two bits of its last letter mean nothing."""
    message = initiate(program, account)
    letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    last = letters[letters.index(message.token[-1]) + 1]
    forged = Issued(message.text, message.token[:-1] + last)
    assert reason(associate(program, account.address, forged, sign(account, message.text))) == "siwe_token_invalid"


@pytest.mark.parametrize(
    ("secrets", "expected"),
    [(["11" * 32], "siwe_domain_mismatch"), ([], "siwe_token_invalid")],
    ids=["configured", "of the process"],
)
def test_a_configured_secret_outlives_the_process(
    make_edge: Callable[..., "Edge"], account: LocalAccount, secrets: list[str], expected: str
) -> None:
    """Another node with the secret knows the token, and finds fault with the domain only."""
    before = login_body(make_edge(siwe_hmac_secrets=secrets), account)
    after = make_edge(siwe_hmac_secrets=secrets).client().post("/api/auth/login/crypto-native", json=before)
    assert reason(after) == expected


def test_a_message_without_its_token_is_refused(program: "Program", account: LocalAccount) -> None:
    message = initiate(program, account)
    body = {"walletAddress": account.address, "message": message.text, "signature": sign(account, message.text)}
    assert program.post("/api/user-wallets/associate", body).json()["error"]["code"] == "VALIDATION_ERROR"


def test_a_message_in_another_name_cannot_be_signed_into(program: "Program", account: LocalAccount) -> None:
    """The token names the address: a message for one wallet is not signed by another."""
    stranger = Account.create()
    message = initiate(program, account).changed(account.address, stranger.address)
    assert reason(associate(program, stranger.address, message, sign(stranger, message.text))) == "siwe_message_changed"


def test_the_address_must_be_the_one_of_the_message(program: "Program", account: LocalAccount) -> None:
    message = initiate(program, account)
    other = Account.create().address
    assert reason(associate(program, other, message, sign(account, message.text))) == "wallet_address_mismatch"


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
    body = {"message": message.text, "signature": sign(account, message.text), "nonceToken": message.token}
    assert reason(edge.client().post("/api/auth/login/crypto-native", json=body)) == "siwe_nonce_invalid"


def test_a_message_for_a_login_does_not_link(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    issued = edge.client().post("/api/siwe-messages", json={"address": account.address}).json()
    message = Issued(issued["msg"], issued["nonceToken"])
    assert reason(associate(program, account.address, message, sign(account, message.text))) == "siwe_nonce_invalid"


def test_a_login_serves_once(program: "Program", edge: "Edge", account: LocalAccount) -> None:
    program.link(account)
    body = login_body(edge, account)
    assert edge.client().post("/api/auth/login/crypto-native", json=body).status_code == 200
    assert reason(edge.client().post("/api/auth/login/crypto-native", json=body)) == "siwe_nonce_spent"


def test_the_token_of_a_login_does_not_say_who_linked_the_wallet(
    program: "Program", edge: "Edge", account: LocalAccount
) -> None:
    program.link(account)
    token = edge.client().post("/api/siwe-messages", json={"address": account.address}).json()["nonceToken"]
    assert program.user_id().encode() not in base64url.decode(token.partition(".")[0])


def login_body(edge: "Edge", account: LocalAccount) -> dict[str, str]:
    issued = edge.client().post("/api/siwe-messages", json={"address": account.address}).json()
    assert set(issued) == {"msg", "nonce", "nonceToken"}
    return {
        "message": issued["msg"],
        "signature": sign(account, issued["msg"]),
        "nonceToken": issued["nonceToken"],
    }


def log_in(edge: "Edge", account: LocalAccount) -> httpx.Response:
    return edge.client().post("/api/auth/login/crypto-native", json=login_body(edge, account))
