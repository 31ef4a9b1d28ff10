"""What a logout token must say before sessions are ended (OpenID Connect Back-Channel Logout 1.0 §2.4 and §2.6)."""

from dataclasses import dataclass
from typing import Final

from authlib.oauth2.claims import JWTClaims  # type: ignore[import-untyped]

from prividium import clock
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

EVENT: Final = "http://schemas.openid.net/event/backchannel-logout"


@dataclass(frozen=True)
class VerifiedLogout:
    """Sessions that the provider ended: those of `session_id`, or all of `subject`; made only by the check below."""

    issuer: str
    token_id: str
    subject: str | None
    session_id: str | None
    issued_at: int


def verify_logout_token(token: str, header: Header, key: PublicKey, issuer: str, client_id: str) -> VerifiedLogout:
    """Raises TokenFault. Whether the token was seen before is for the caller to find out."""
    claims = verify_signature(token, key, header.algorithm)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(EVENT), dict):
        raise TokenFault("events")
    # An ID token has a nonce: it must never pass for a logout token.
    if "nonce" in claims:
        raise TokenFault("nonce")
    subject, session_id, token_id = (text_claim(claims, name) for name in ("sub", "sid", "jti"))
    if token_id is None:
        raise TokenFault("jti")
    if subject is None and session_id is None:
        raise TokenFault("sub")
    now = clock.now()
    issued_at = check_times(claims, now)
    library = JWTClaims(
        dict(claims),
        {"alg": header.algorithm},
        options={"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": client_id}},
    )
    verify_claims(lambda: library.validate(now=now, leeway=LEEWAY_SECONDS))
    return VerifiedLogout(issuer, token_id, subject, session_id, issued_at)
