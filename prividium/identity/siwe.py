"""Sign-In with Ethereum (EIP-4361): somebody proves to control a wallet by signing a message of ours, once.

An externally owned account signs with its key (EIP-191); a contract wallet is asked whether it accepts the signature
(ERC-1271).
"""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from eth_account import Account
from eth_account.messages import defunct_hash_message, encode_defunct
from eth_utils.address import to_checksum_address

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity import spent
from prividium.identity.nonce_token import NonceClaims, NonceTokens
from prividium.identity.secrecy import same
from prividium.rest import time_text
from prividium.types import Address, Hash32, parse_address

Purpose = Literal["link", "login"]

MESSAGE_LENGTH_MAX: Final = 2_000
SIGNATURE_BYTES_MAX: Final = 4_096
"""A contract wallet may want the signatures of many owners."""
EOA_SIGNATURE_BYTES: Final = 65
STATEMENTS: Final[dict[Purpose, str]] = {
    "link": "Link this wallet to your user on the private chain. This costs nothing and moves nothing.",
    "login": "Sign in to the private chain. This costs nothing and moves nothing.",
}
_MESSAGE = re.compile(
    r"(?P<domain>[^\s]+) wants you to sign in with your Ethereum account:\n(?P<address>0x[0-9a-fA-F]{40})\n\n"
    r"(?P<statement>[^\n]+)\n\nURI: (?P<uri>\S+)\nVersion: (?P<version>\d+)\nChain ID: (?P<chain_id>\d{1,20})\n"
    r"Nonce: (?P<nonce>[A-Za-z0-9]{8,64})\nIssued At: (?P<issued_at>\S+)\nExpiration Time: (?P<expires_at>\S+)"
)


class ContractWallets(Protocol):
    """The chain's answer about accounts with code."""

    def is_contract(self, address: Address) -> bool: ...
    def accepts(self, address: Address, digest: Hash32, signature: bytes) -> bool:
        """ERC-1271 at the head; False for a contract that reverts, runs out of gas or answers something else."""


class NoContractWallets:
    """Where there is no chain to ask, every address is an externally owned account."""

    def is_contract(self, address: Address) -> bool:
        return False

    def accepts(self, address: Address, digest: Hash32, signature: bytes) -> bool:
        return False


@dataclass(frozen=True)
class Siwe:
    """What a message must say besides address and nonce, and what checks its token and signature."""

    domains: tuple[str, ...]
    """Authorities (host or host:port) whose pages may ask; the first is our own."""
    uri: str
    chain_id: int
    ttl_seconds: int
    tokens: NonceTokens
    contracts: ContractWallets = field(default_factory=NoContractWallets)


@dataclass(frozen=True)
class IssuedMessage:
    text: str
    nonce: str
    nonce_token: str


@dataclass(frozen=True)
class SignedMessage:
    text: str
    signature: bytes
    nonce_token: str


def issue(
    siwe: Siwe, purpose: Purpose, address: Address, domain: str | None = None, user_id: str = ""
) -> IssuedMessage:
    """A message to sign; raises InvalidInput("siwe_domain_unknown")."""
    domain = domain or siwe.domains[0]
    if domain not in siwe.domains:
        raise InvalidInput("siwe_domain_unknown", "this domain may not ask for a wallet's signature; see siwe_domains")
    now = clock.now()
    nonce, account = clock.new_id(), to_checksum_address(address)
    text = (
        f"{domain} wants you to sign in with your Ethereum account:\n{account}\n\n"
        f"{STATEMENTS[purpose]}\n\nURI: {siwe.uri}\nVersion: 1\nChain ID: {siwe.chain_id}\n"
        f"Nonce: {nonce}\nIssued At: {time_text(now)}\nExpiration Time: {time_text(now + siwe.ttl_seconds)}"
    )
    claims = NonceClaims(account, nonce, user_id, now + siwe.ttl_seconds, now, _digest(text))
    return IssuedMessage(text, nonce, siwe.tokens.seal(claims))


def check(siwe: Siwe, signed: SignedMessage, user_id: str = "") -> NonceClaims:
    """The token is ours, in time and for this user (empty: a login), and belongs to the message.

    Raises InvalidInput("siwe_message_invalid") or Unauthorized with the check that failed. Whoever goes on spends the
    nonce first, then asks for the `signer`.
    """
    claims = siwe.tokens.open(signed.nonce_token)
    fields = _MESSAGE.fullmatch(signed.text[: MESSAGE_LENGTH_MAX + 1])
    if fields is None:
        raise InvalidInput("siwe_message_invalid", "the message is not the one that was given out for signing")
    if not same(claims.target_id, user_id) or not same(claims.nonce, fields["nonce"]):
        raise Unauthorized("siwe_nonce_invalid", "the message was given out for something else; ask for a new one")
    if clock.now() >= claims.expires_at:
        raise Unauthorized("siwe_expired", "the message has expired; ask for a new one")
    _check_fields(fields, siwe)
    if not same(claims.message_hash, _digest(signed.text)):
        raise Unauthorized("siwe_message_changed", "the message was changed after it was given out")
    return claims


def spend(database: Database, claims: NonceClaims) -> None:
    """Use the nonce up, in a transaction of its own: a failed attempt cannot be repeated.

    Raises Unauthorized("siwe_nonce_spent").
    """
    refused = Unauthorized("siwe_nonce_spent", "the message was used already; ask for a new one")
    spent.spend(database, claims.nonce, claims.expires_at, refused)


def signer(siwe: Siwe, signed: SignedMessage, claims: NonceClaims) -> Address:
    """The address that signed; raises Unauthorized("siwe_signature_invalid")."""
    address = parse_address(claims.address.lower())
    if siwe.contracts.is_contract(address):
        digest = Hash32(bytes(defunct_hash_message(text=signed.text)))
        genuine = siwe.contracts.accepts(address, digest, signed.signature)
    else:
        genuine = same(_recovered(signed), address)
    if not genuine:
        raise Unauthorized("siwe_signature_invalid", "the signature is not by the wallet that the message names")
    return address


def _check_fields(fields: re.Match[str], siwe: Siwe) -> None:
    if fields["domain"] not in siwe.domains:
        raise Unauthorized("siwe_domain_mismatch", "the message is meant for another domain")
    if fields["uri"] != siwe.uri:
        raise Unauthorized("siwe_uri_mismatch", "the message is meant for another URI")
    if fields["version"] != "1" or int(fields["chain_id"]) != siwe.chain_id:
        raise Unauthorized("siwe_chain_mismatch", "the message is meant for another chain")


def _recovered(signed: SignedMessage) -> bytes:
    if len(signed.signature) != EOA_SIGNATURE_BYTES:
        return b""
    try:
        recovered = Account.recover_message(encode_defunct(text=signed.text), signature=signed.signature)
    # eth-account and its backends raise several unrelated types for a malformed signature.
    except Exception:  # noqa: BLE001
        return b""
    return bytes.fromhex(str(recovered)[2:])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
