"""The token beside an EIP-4361 message: what was given out, to whom and until when, without a row in the database.

Wire format of Prividium: `base64url(payload) "." base64url(HMAC-SHA256(key, payload))`, unpadded, where the payload is
`v1|address|nonce|targetType|targetId|exp|iat|hex(SHA-256(message))` and the key comes from a secret by HKDF (RFC 5869).
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from prividium.errors import Unauthorized
from prividium.identity import base64url
from prividium.identity.secrecy import same

VERSION: Final = "v1"
TARGET_TYPE: Final = "user"
TOKEN_LENGTH_MAX: Final = 1_024
SECRET_BYTES_MIN: Final = 32
_HKDF_SALT: Final = b"prividium-siwe-hmac-v1"
_HKDF_INFO: Final = b"siwe-nonce-token"
_TOKEN = re.compile(r"(?P<payload>[A-Za-z0-9_-]+)\.(?P<mac>[A-Za-z0-9_-]{43})")
_PAYLOAD = re.compile(
    r"v1\|(?P<address>0x[0-9a-fA-F]{40})\|(?P<nonce>[A-Za-z0-9]{8,64})\|user\|(?P<target>[A-Za-z0-9_-]{0,64})"
    r"\|(?P<expires_at>\d{1,12})\|(?P<issued_at>\d{1,12})\|(?P<message_hash>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class NonceClaims:
    address: str
    """EIP-55."""
    nonce: str
    target_id: str
    """The user who links the wallet; empty for a login: who linked a wallet is nobody's business."""
    expires_at: int
    issued_at: int
    message_hash: str
    """Hexadecimal SHA-256 of the message."""


class NonceTokens:
    """The first secret makes tokens, all of them are honoured: that is how a secret is rotated."""

    def __init__(self, secrets: Sequence[bytes]) -> None:
        self._keys = [_derived(secret) for secret in secrets]

    def seal(self, claims: NonceClaims) -> str:
        fields = (
            VERSION,
            claims.address,
            claims.nonce,
            TARGET_TYPE,
            claims.target_id,
            str(claims.expires_at),
            str(claims.issued_at),
            claims.message_hash,
        )
        payload = "|".join(fields).encode()
        return f"{base64url.encode(payload)}.{base64url.encode(_mac(self._keys[0], payload))}"

    def open(self, token: str) -> NonceClaims:
        """What a token says that we made; raises Unauthorized("siwe_token_invalid"). The caller checks the rest."""
        parts = _TOKEN.fullmatch(token[: TOKEN_LENGTH_MAX + 1])
        payload = b"" if parts is None else base64url.decode(parts["payload"])
        presented = b"" if parts is None else base64url.decode(parts["mac"])
        # Every key is tried: how long it takes must not tell which one fits.
        genuine = [same(_mac(key, payload), presented) for key in self._keys]
        fields = _PAYLOAD.fullmatch(payload.decode(errors="replace"))
        if not any(genuine) or fields is None:
            raise Unauthorized("siwe_token_invalid", "nonceToken is not the one that came with a message of this node")
        return NonceClaims(
            address=fields["address"],
            nonce=fields["nonce"],
            target_id=fields["target"],
            expires_at=int(fields["expires_at"]),
            issued_at=int(fields["issued_at"]),
            message_hash=fields["message_hash"],
        )


def _derived(secret: bytes) -> bytes:
    """HKDF-SHA256 with one block of output (RFC 5869 §2)."""
    pseudorandom = hmac.digest(_HKDF_SALT, secret, hashlib.sha256)
    return hmac.digest(pseudorandom, _HKDF_INFO + b"\x01", hashlib.sha256)


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.digest(key, payload, hashlib.sha256)
