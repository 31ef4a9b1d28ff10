"""What an ID token must say before anybody is signed in (OpenID Connect Core 1.0 §3.1.3.7)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from prividium import clock
from prividium.errors import Unauthorized

ALGORITHMS: Final = ("RS256", "ES256")
"""Pinned: neither `none` nor a shared-secret algorithm is ever accepted, whatever the token's header says."""
LEEWAY_SECONDS: Final = 30
AGE_SECONDS_MAX: Final = 600
SUBJECT_LENGTH_MAX: Final = 255
DISPLAY_NAME_LENGTH_MAX: Final = 128

CHECKED: Final = frozenset({"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash"})
READ: Final = frozenset({"preferred_username", "name", "email"})
IGNORED: Final = frozenset(
    {
        *("acr", "amr", "auth_time", "jti", "sid", "session_state", "typ", "c_hash", "s_hash", "locale", "zoneinfo"),
        *("email_verified", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website"),
        *("gender", "birthdate", "phone_number", "phone_number_verified", "address", "updated_at"),
        *("realm_access", "resource_access", "groups", "roles", "scope", "tid", "oid", "ver", "uti", "rh", "hd"),
    }
)
"""Known and without influence: what somebody may do is decided here, not at the provider."""


@dataclass(frozen=True)
class VerifiedClaims:
    """An identity that was checked; made only by `verify_id_token`."""

    issuer: str
    subject: str
    display_name: str
    unknown_claims: frozenset[str]


@dataclass(frozen=True)
class Expectation:
    issuer: str
    client_id: str
    nonce: str
    access_token: str


def verify_id_token(id_token: str, keys: KeySet, expected: Expectation) -> VerifiedClaims:
    """Checks signature, algorithm, issuer, audience, times, nonce and access token hash.

    Raises Unauthorized("id_token_invalid").
    """
    try:
        token = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
        claims: Mapping[str, object] = dict(token.claims)
        _check_types(claims)
        CodeIDToken(
            dict(claims),
            token.header,
            options={
                "iss": {"essential": True, "value": expected.issuer},
                "aud": {"essential": True, "value": expected.client_id},
                "nonce": {"essential": True, "value": expected.nonce},
            },
            params={
                "nonce": expected.nonce,
                "client_id": expected.client_id,
                "access_token": expected.access_token,
            },
        ).validate(now=clock.now(), leeway=LEEWAY_SECONDS)
    except (JoseError, ValueError, TypeError) as error:
        # The library's text may quote the token; only its class is safe to keep.
        raise refused(type(error).__name__) from None
    return VerifiedClaims(
        issuer=expected.issuer,
        subject=str(claims["sub"]),
        display_name=_display_name(claims),
        unknown_claims=frozenset(claims) - CHECKED - READ - IGNORED,
    )


def refused(cause: str) -> Unauthorized:
    return Unauthorized("id_token_invalid", f"the identity provider's answer was refused ({cause}); sign in again")


def _check_types(claims: Mapping[str, object]) -> None:
    subject, issued_at, expires_at = claims.get("sub"), claims.get("iat"), claims.get("exp")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_LENGTH_MAX:
        raise ValueError("sub")
    for moment in (issued_at, expires_at, claims.get("nbf", 0)):
        if isinstance(moment, bool) or not isinstance(moment, int | float):
            raise ValueError("time")
    if isinstance(issued_at, int | float) and issued_at < clock.now() - AGE_SECONDS_MAX:
        raise ValueError("iat")


def _display_name(claims: Mapping[str, object]) -> str:
    for name in ("preferred_username", "name", "email", "sub"):
        value = claims.get(name)
        if isinstance(value, str) and value.strip():
            printable = "".join(character for character in value.strip() if character.isprintable())
            return printable[:DISPLAY_NAME_LENGTH_MAX]
    raise ValueError("sub")
