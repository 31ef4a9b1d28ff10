"""The development provider's side of a logout: what it ends, and how it tells the client."""

import logging
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from prividium import clock
from prividium.identity.logout_token import EVENT

NOTIFY_SECONDS_MAX: Final = 10.0
TOKEN_TTL_SECONDS: Final = 120

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class EndedSession:
    issuer: str
    client_id: str
    subject: str
    session_id: str


def read_hint(id_token: str, key: RSAKey, issuer: str, client_id: str) -> EndedSession | None:
    """The session of an ID token that this provider issued, expired or not; None for anything else."""
    try:
        claims = jwt.decode(id_token, key, algorithms=["RS256"]).claims
    except (JoseError, ValueError, RecursionError):
        return None
    if claims.get("iss") != issuer or claims.get("aud") != client_id:
        return None
    return EndedSession(issuer, client_id, str(claims["sub"]), str(claims["sid"]))


async def notify(uri: str, ended: EndedSession, key: RSAKey) -> None:
    """Send the logout token (OpenID Connect Back-Channel Logout 1.0 §2.5)."""
    now = clock.now()
    claims = {
        "iss": ended.issuer,
        "aud": ended.client_id,
        "sub": ended.subject,
        "sid": ended.session_id,
        "iat": now,
        "exp": now + TOKEN_TTL_SECONDS,
        "jti": clock.new_id(),
        "events": {EVENT: {}},
    }
    token = jwt.encode({"alg": "RS256", "kid": key.thumbprint(), "typ": "logout+jwt"}, claims, key)
    try:
        async with httpx.AsyncClient(timeout=NOTIFY_SECONDS_MAX, trust_env=False) as client:
            answer = await client.post(uri, data={"logout_token": token})
    except httpx.HTTPError:
        _log.warning("the client does not answer to the logout")
        return
    if answer.status_code != HTTPStatus.OK:
        _log.warning("the client refused the logout with HTTP %s", answer.status_code)
