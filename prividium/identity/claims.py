"""What an ID token must say before anybody is signed in (OpenID Connect Core 1.0 §3.1.3.7)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]

from prividium import clock
from prividium.errors import Unauthorized
from prividium.identity.role_claim import ClaimPath, RoleClaim, claim_at
from prividium.identity.tokens import (
    LEEWAY_SECONDS,
    Header,
    PublicKey,
    TokenFault,
    check_times,
    text_claim,
    verify_claims,
    verify_signature,
)

DISPLAY_NAME_LENGTH_MAX: Final = 128

CHECKED: Final = frozenset({"iss", "sub", "aud", "azp", "exp", "iat", "nbf", "nonce", "at_hash"})
READ: Final = frozenset({"preferred_username", "name", "email", "sid"})
IGNORED: Final = frozenset(
    {
        *("acr", "amr", "auth_time", "jti", "session_state", "typ", "c_hash", "s_hash", "locale", "zoneinfo"),
        *("email_verified", "given_name", "family_name", "middle_name", "nickname", "profile", "picture", "website"),
        *("gender", "birthdate", "phone_number", "phone_number_verified", "address", "updated_at"),
        *("realm_access", "resource_access", "groups", "roles", "scope", "tid", "oid", "ver", "uti", "rh", "hd"),
    }
)
"""Known and without influence, unless the settings name one as the role claim."""


@dataclass(frozen=True)
class VerifiedClaims:
    """An identity that was checked; made only by `verify_id_token`."""

    issuer: str
    subject: str
    display_name: str
    issued_at: int
    session_id: str | None
    """`sid`: what the provider calls the session it began."""
    roles: frozenset[str]
    """Names of our roles that the role claim gives."""
    directory_key: str | None
    """By what the directory knows the person, where the issuer has one."""
    unknown_claims: frozenset[str]


@dataclass(frozen=True)
class Expectation:
    issuer: str
    client_id: str
    nonce: str | None
    """Of the login that we began; None for a token that a program got by a login of its own."""
    access_token: str | None
    """What came with the ID token; None if nothing did."""
    role_claim: RoleClaim = field(default_factory=RoleClaim)
    directory_claim: ClaimPath = ()


def verify_id_token(id_token: str, header: Header, key: PublicKey, expected: Expectation) -> VerifiedClaims:
    """Checks signature, issuer, audience, times, nonce and access token hash; raises TokenFault.

    A token that comes alone must be for us and for nobody else: it counts as a credential by itself.
    """
    claims = verify_signature(id_token, key, header.algorithm)
    subject = text_claim(claims, "sub")
    if subject is None:
        raise TokenFault("sub")
    # The library takes an empty value for an absent one.
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise TokenFault("azp")
    if expected.nonce is None:
        _check_alone(claims)
    at_hash = claims.get("at_hash", "absent")
    if not isinstance(at_hash, str) or not at_hash:
        raise TokenFault("at_hash")
    now = clock.now()
    issued_at = check_times(claims, now)
    options: dict[str, dict[str, object]] = {
        "iss": {"essential": True, "value": expected.issuer},
        "aud": {"essential": True, "value": expected.client_id},
    }
    if expected.nonce is not None:
        options["nonce"] = {"essential": True, "value": expected.nonce}
    library = CodeIDToken(
        dict(claims),
        {"alg": header.algorithm},
        options=options,
        params={
            "nonce": expected.nonce,
            "client_id": expected.client_id,
            "access_token": expected.access_token,
        },
    )
    verify_claims(lambda: library.validate(now=now, leeway=LEEWAY_SECONDS))
    return VerifiedClaims(
        issuer=expected.issuer,
        subject=subject,
        display_name=_display_name(claims, subject),
        issued_at=issued_at,
        session_id=text_claim(claims, "sid"),
        roles=expected.role_claim.granted(claims),
        directory_key=_text_at(expected.directory_claim, claims),
        unknown_claims=frozenset(claims) - CHECKED - READ - IGNORED - _configured(expected),
    )


def _configured(expected: Expectation) -> set[str]:
    return {*expected.role_claim.path[:1], *expected.directory_claim[:1]}


def _text_at(path: ClaimPath, claims: Mapping[str, object]) -> str | None:
    value = claim_at(path, claims) if path else None
    return value if isinstance(value, str) and value else None


def _check_alone(claims: Mapping[str, object]) -> None:
    audience = claims.get("aud")
    if isinstance(audience, list) and len(audience) > 1:
        raise TokenFault("aud")
    text_claim(claims, "nonce")


def refused(reason: str) -> Unauthorized:
    """`reason`: the check that failed, as `exp`, `aud`, `signature`, `algorithm` or `key`."""
    return Unauthorized(
        f"id_token_{reason}_invalid", f"the identity provider's answer was refused ({reason}); sign in again"
    )


def _display_name(claims: Mapping[str, object], subject: str) -> str:
    for name in ("preferred_username", "name", "email"):
        value = claims.get(name)
        printable = "".join(filter(str.isprintable, value)).strip() if isinstance(value, str) else ""
        if printable:
            return printable[:DISPLAY_NAME_LENGTH_MAX]
    return subject[:DISPLAY_NAME_LENGTH_MAX]
