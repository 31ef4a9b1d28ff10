"""The browser's way to the identity provider and back.

Every step is a transaction of its own: a state is spent before the provider is asked, so it cannot be tried twice, and
no database lock is held while the provider answers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete

from prividium import clock
from prividium.audit import trail
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity.credentials import Origin
from prividium.identity.models import LoginFlow
from prividium.identity.secrecy import credential_hash, same
from prividium.identity.service import Identity
from prividium.identity.sessions import OpenedSession, SessionKind, open_session
from prividium.identity.users import user_for

SIGNED_IN_PATH: Final = "/api/auth/signed-in"
RETURN_TO_LENGTH_MAX: Final = 512


@dataclass(frozen=True)
class StartedLogin:
    url: str
    browser_secret: str


@dataclass(frozen=True)
class FinishedLogin:
    opened: OpenedSession
    return_to: str


def start(identity: Identity, return_to: str | None, browser_secret: str | None) -> StartedLogin:
    """Remember state, nonce and verifier, and say where to send the browser; raises InvalidInput("return_to_invalid").

    `browser_secret`: of a login that this browser has under way in another tab.
    """
    now = clock.now()
    state, nonce, verifier = clock.new_token(), clock.new_token(), clock.new_token()
    secret = browser_secret or clock.new_token()
    url = identity.oidc.authorization_url(state, nonce, verifier)
    with identity.database.write() as session:
        session.execute(delete(LoginFlow).where(LoginFlow.expires_at < now))
        session.add(
            LoginFlow(
                state_hash=credential_hash(state),
                browser_hash=credential_hash(secret),
                nonce=nonce,
                code_verifier=verifier,
                return_to=local_path(return_to),
                expires_at=now + identity.settings.login_ttl_seconds,
            )
        )
    return StartedLogin(url, secret)


def finish(
    identity: Identity, answer: Mapping[str, str], browser_secret: str | None, origin: Origin, request_id: str
) -> FinishedLogin:
    """Check the provider's answer and open a session; raises Unauthorized with the check that failed."""
    flow = _spend(identity, answer.get("state", ""), browser_secret or "")
    code = identity.oidc.check_answer(answer)
    claims = identity.oidc.claims(code, flow.code_verifier, flow.nonce)
    kind: SessionKind = "browser"
    with identity.database.write() as session:
        user = user_for(session, claims, identity.admin_subjects)
        opened = open_session(session, user.id, kind, identity.session_limits, origin)
        trail.record(
            session,
            actor=user.id,
            action="login.oidc",
            outcome="allowed",
            subject=claims.issuer,
            request_id=request_id,
        )
    return FinishedLogin(opened, flow.return_to)


def local_path(return_to: str | None) -> str:
    """A path on this node: an open redirect would lend our name to somebody else's page."""
    if return_to is None:
        return SIGNED_IN_PATH
    parts = urlsplit(return_to)
    plain = return_to.isprintable() and "\\" not in return_to and len(return_to) <= RETURN_TO_LENGTH_MAX
    if parts.scheme or parts.netloc or not return_to.startswith("/") or return_to.startswith("//") or not plain:
        raise InvalidInput("return_to_invalid", "after the login only a path of this node can be opened")
    return return_to


def _spend(identity: Identity, state: str, browser_secret: str) -> LoginFlow:
    with identity.database.write() as session:
        flow: LoginFlow | None = session.scalar(
            delete(LoginFlow).where(LoginFlow.state_hash == credential_hash(state)).returning(LoginFlow)
        )
    if flow is None:
        raise Unauthorized("login_state_invalid", "this login was finished already or never started; sign in again")
    if not same(flow.browser_hash, credential_hash(browser_secret)):
        raise Unauthorized(
            "login_browser_mismatch",
            f"this login began in another browser or under another address; sign in again at {identity.public_url}",
        )
    if clock.now() >= flow.expires_at:
        raise Unauthorized("login_expired", "this login took too long; sign in again")
    return flow
