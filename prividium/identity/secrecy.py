"""How credentials are kept and compared."""

import hashlib
import hmac
import re
from typing import Final

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from prividium.identity import base64url

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CSRF_LABEL = b"prividium csrf token\x00"
_SEAL_LABEL = b"prividium seal\x00"
_SEALED: Final = {"alg": "dir", "enc": "A256GCM"}


def credential_hash(credential: str) -> bytes:
    """SHA-256 of a credential of at least 128 random bits: what the database keeps instead of it."""
    return hashlib.sha256(credential.encode()).digest()


def same(left: bytes | str, right: bytes | str) -> bool:
    """Comparison in constant time."""
    first = left.encode() if isinstance(left, str) else left
    second = right.encode() if isinstance(right, str) else right
    return hmac.compare_digest(first, second)


def is_challenge(text: str) -> bool:
    """Is it a PKCE S256 challenge (RFC 7636)?"""
    return _CHALLENGE.fullmatch(text) is not None


def challenge_of(verifier: str) -> str:
    """PKCE S256 (RFC 7636)."""
    return base64url.encode(hashlib.sha256(verifier.encode()).digest())


def proves(verifier: str, challenge: str) -> bool:
    """Does the PKCE verifier match the challenge?"""
    return _VERIFIER.fullmatch(verifier) is not None and same(challenge_of(verifier), challenge)


def csrf_token(session_token: str) -> str:
    """Known only to pages of our own origin: it follows from the HttpOnly cookie and does not reveal it."""
    return hashlib.sha256(_CSRF_LABEL + session_token.encode()).hexdigest()


def seal(text: str, credential: str) -> str:
    """Encrypted so that only a holder of the credential (256 random bits) reads it (RFC 7516, AES-256-GCM)."""
    return jwe.encrypt_compact(_SEALED, text, _seal_key(credential))


def unseal(sealed: str, credential: str) -> str | None:
    """None if it was sealed with another credential or altered."""
    try:
        plaintext = jwe.decrypt_compact(sealed, _seal_key(credential)).plaintext
    except JoseError:
        return None
    return None if plaintext is None else plaintext.decode()


def _seal_key(credential: str) -> OctKey:
    return OctKey.import_key(hashlib.sha256(_SEAL_LABEL + credential.encode()).digest())
