"""Signed tokens of an identity provider: which algorithms and keys count (RFC 7515, 7517, 7518, 8037).

The algorithm is fixed by us and must suit the kind of the key, so that neither `none` nor a public key misused as a
shared secret is ever accepted, whatever the token's header says.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from joserfc import jwt
from joserfc.errors import BadSignatureError, ClaimError, ExpiredTokenError, JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jws import JWSRegistry, extract_compact

if TYPE_CHECKING:
    from joserfc._rfc7515.model import JWSAlgModel

PublicKey = RSAKey | ECKey | OKPKey
ALGORITHMS: Final = ("RS256", "ES256", "EdDSA")
ID_TOKEN_KINDS: Final = ("jwt",)
LOGOUT_TOKEN_KINDS: Final = ("logout+jwt", "jwt")
TOKEN_LENGTH_MAX: Final = 2**16
HEADER_LENGTH_MAX: Final = 2**14
RSA_BITS_MIN: Final = 2048
LEEWAY_SECONDS: Final = 30
AGE_SECONDS_MAX: Final = 600
SUBJECT_LENGTH_MAX: Final = 255


class _Registry(JWSRegistry):
    """Takes headers with certificate chains, and EdDSA by the name that providers use (RFC 8037) without a warning."""

    max_header_length = HEADER_LENGTH_MAX

    def get_alg(self, name: str) -> "JWSAlgModel":
        if self.allowed is None or name not in self.allowed:
            raise UnsupportedAlgorithmError()
        return self.algorithms[name]


def _registry(algorithm: str | None = None) -> JWSRegistry:
    # Header fields that nobody marked as critical are to be ignored (RFC 7515 §4).
    return _Registry(algorithms=None if algorithm is None else [algorithm], strict_check_header=False)


class TokenFault(Exception):
    """The token does not hold; `reason` names the check that failed and never quotes the token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Header:
    """What the token says of its signature; believed only as far as our own list and the provider's keys allow."""

    algorithm: str
    key_id: str | None


def read_header(token: str, kinds: Collection[str]) -> Header:
    """`kinds`: what `typ` may be, in small letters; raises TokenFault("format", "algorithm" or "header")."""
    if len(token) > TOKEN_LENGTH_MAX:
        raise TokenFault("format")
    try:
        header = extract_compact(token.encode(), registry=_registry()).headers()
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenFault("format") from None
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise TokenFault("algorithm")
    kind = str(header.get("typ", "jwt")).lower().removeprefix("application/")
    if kind not in kinds or "crit" in header or not (key_id is None or isinstance(key_id, str)):
        raise TokenFault("header")
    return Header(str(algorithm), key_id)


def claimed_issuer(token: str) -> str:
    """`iss`, believed by nobody: it only says whose keys to check the token with.

    Raises TokenFault("format" or "iss").
    """
    try:
        claims = json.loads(extract_compact(token.encode(), registry=_registry()).payload)
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenFault("format") from None
    issuer = claims.get("iss") if isinstance(claims, dict) else None
    if not isinstance(issuer, str):
        raise TokenFault("iss")
    return issuer


def signed_part(token: str) -> str:
    """What the signature covers: the same for every spelling of one token."""
    return token.rpartition(".")[0]


def verify_signature(token: str, key: PublicKey, algorithm: str) -> dict[str, object]:
    """The claims of a token that `key` signed; raises TokenFault("signature" or "format")."""
    try:
        return dict(jwt.decode(token, key, registry=_registry(algorithm)).claims)
    except BadSignatureError:
        raise TokenFault("signature") from None
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenFault("format") from None


def verify_claims(check: Callable[[], None]) -> None:
    """Run the library's checks; its errors quote values, so only the name of the claim is kept."""
    try:
        check()
    except ExpiredTokenError:
        raise TokenFault("exp") from None
    except ClaimError as error:
        raise TokenFault(error.claim) from None
    except (JoseError, ValueError, TypeError):
        raise TokenFault("claims") from None


def check_times(claims: Mapping[str, object], now: int) -> int:
    """When the token was issued; raises TokenFault("iat", "exp" or "nbf") for what is no time or too old."""
    for name in ("iat", "exp", "nbf"):
        moment = claims.get(name, 0 if name == "nbf" else None)
        if isinstance(moment, bool) or not isinstance(moment, int | float):
            raise TokenFault(name)
    issued_at = claims["iat"]
    if not isinstance(issued_at, int | float) or issued_at < now - AGE_SECONDS_MAX:
        raise TokenFault("iat")
    return int(issued_at)


def text_claim(claims: Mapping[str, object], name: str) -> str | None:
    """A claim that is absent or a text of 1 to 255 characters; raises TokenFault(name)."""
    value = claims.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not 0 < len(value) <= SUBJECT_LENGTH_MAX:
        raise TokenFault(name)
    return value


def import_keys(listed: Iterable[object]) -> tuple[PublicKey, ...]:
    """The keys that may sign; what is not understood is left out (RFC 7517 §5)."""
    found: list[PublicKey] = []
    for entry in listed:
        if not isinstance(entry, dict) or entry.get("use") not in (None, "sig"):
            continue
        try:
            keys = KeySet.import_key_set({"keys": [entry]}).keys
        except (JoseError, ValueError, TypeError, KeyError):
            continue
        found += [key for key in keys if isinstance(key, PublicKey)]
    return tuple(found)


def suits(key: PublicKey, header: Header) -> bool:
    """May this key have made the signature that the header announces?"""
    if key.get("alg") not in (None, header.algorithm):
        return False
    if header.key_id is not None and key.kid != header.key_id:
        return False
    if isinstance(key, RSAKey):
        return header.algorithm == "RS256" and key.public_key.key_size >= RSA_BITS_MIN
    if isinstance(key, ECKey):
        return header.algorithm == "ES256" and key.curve_name == "P-256"
    return header.algorithm == "EdDSA" and key.curve_name == "Ed25519"
