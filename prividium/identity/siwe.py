"""Sign-In with Ethereum (EIP-4361): a person proves to control a wallet by signing a message of ours, once."""

import hashlib
import re
from dataclasses import dataclass
from typing import Final, Literal

from eth_account import Account
from eth_account.messages import encode_defunct
from eth_utils.address import to_checksum_address
from sqlalchemy import delete
from sqlalchemy.orm import Session

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity.models import SiweChallenge
from prividium.identity.secrecy import same
from prividium.rest import time_text
from prividium.types import Address

Purpose = Literal["link", "login"]

MESSAGE_LENGTH_MAX: Final = 2_000
SIGNATURE_LENGTH: Final = 65
STATEMENTS: Final[dict[Purpose, str]] = {
    "link": "Link this wallet to your user on the private chain. This costs nothing and moves nothing.",
    "login": "Sign in to the private chain. This costs nothing and moves nothing.",
}
_MESSAGE = re.compile(
    r"(?P<domain>[^\s]+) wants you to sign in with your Ethereum account:\n(?P<address>0x[0-9a-fA-F]{40})\n\n"
    r"(?P<statement>[^\n]+)\n\nURI: (?P<uri>\S+)\nVersion: (?P<version>\d+)\nChain ID: (?P<chain_id>\d+)\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,64})\nIssued At: (?P<issued_at>\S+)\nExpiration Time: (?P<expires_at>\S+)"
)


@dataclass(frozen=True)
class SiweExpectation:
    """What a message must say besides address and nonce."""

    domains: tuple[str, ...]
    """Authorities (host or host:port) whose pages may ask; the first is our own."""
    uri: str
    chain_id: int
    ttl_seconds: int


@dataclass(frozen=True)
class IssuedMessage:
    text: str
    nonce: str


@dataclass(frozen=True)
class SignedMessage:
    text: str
    signature: bytes


def issue(
    session: Session,
    expected: SiweExpectation,
    purpose: Purpose,
    address: Address,
    domain: str | None = None,
    user_id: str | None = None,
) -> IssuedMessage:
    """A message to sign; raises InvalidInput("siwe_domain_unknown")."""
    domain = domain or expected.domains[0]
    if domain not in expected.domains:
        raise InvalidInput("siwe_domain_unknown", "this domain may not ask for a wallet's signature; see siwe_domains")
    now = clock.now()
    nonce = clock.new_id()
    text = (
        f"{domain} wants you to sign in with your Ethereum account:\n{to_checksum_address(address)}\n\n"
        f"{STATEMENTS[purpose]}\n\nURI: {expected.uri}\nVersion: 1\nChain ID: {expected.chain_id}\n"
        f"Nonce: {nonce}\nIssued At: {time_text(now)}\nExpiration Time: {time_text(now + expected.ttl_seconds)}"
    )
    session.execute(delete(SiweChallenge).where(SiweChallenge.expires_at < now))
    session.add(
        SiweChallenge(
            nonce=nonce,
            purpose=purpose,
            user_id=user_id,
            address=address,
            message_hash=_digest(text),
            expires_at=now + expected.ttl_seconds,
        )
    )
    return IssuedMessage(text, nonce)


def verify(
    database: Database,
    expected: SiweExpectation,
    purpose: Purpose,
    signed: SignedMessage,
    user_id: str | None = None,
) -> Address:
    """The address that signed; raises Unauthorized with the check that failed.

    The nonce is spent by the first attempt, in a transaction of its own: a failed attempt cannot be repeated.
    """
    fields = _MESSAGE.fullmatch(signed.text[: MESSAGE_LENGTH_MAX + 1])
    if fields is None:
        raise InvalidInput("siwe_message_invalid", "the message is not the one that was given out for signing")
    with database.write() as session:
        challenge = session.scalar(
            delete(SiweChallenge).where(SiweChallenge.nonce == fields["nonce"]).returning(SiweChallenge)
        )
    if challenge is None or challenge.purpose != purpose or challenge.user_id != user_id:
        raise Unauthorized("siwe_nonce_invalid", "the message was used already or never given out; ask for a new one")
    if clock.now() >= challenge.expires_at:
        raise Unauthorized("siwe_expired", "the message has expired; ask for a new one")
    _check_fields(fields, expected)
    if not same(challenge.message_hash, _digest(signed.text)):
        raise Unauthorized("siwe_message_changed", "the message was changed after it was given out")
    if not same(_signer(signed), challenge.address):
        raise Unauthorized("siwe_signature_invalid", "the signature is not by the wallet that the message names")
    return Address(challenge.address)


def _check_fields(fields: re.Match[str], expected: SiweExpectation) -> None:
    if fields["domain"] not in expected.domains:
        raise Unauthorized("siwe_domain_mismatch", "the message is meant for another domain")
    if fields["uri"] != expected.uri:
        raise Unauthorized("siwe_uri_mismatch", "the message is meant for another URI")
    if fields["version"] != "1" or int(fields["chain_id"]) != expected.chain_id:
        raise Unauthorized("siwe_chain_mismatch", "the message is meant for another chain")


def _signer(signed: SignedMessage) -> bytes:
    try:
        recovered = Account.recover_message(encode_defunct(text=signed.text), signature=signed.signature)
    # eth-account and its backends raise several unrelated types for a malformed signature.
    except Exception:  # noqa: BLE001
        return b""
    return bytes.fromhex(str(recovered)[2:])


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
