"""The browser's way to the identity provider and back.

Every step is a transaction of its own: a state is spent before the provider is asked, so it cannot be tried twice, and
no database lock is held while the provider answers.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import delete
from sqlalchemy.orm import Session

from prividium import clock
from prividium.audit import trail
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity.backchannel import refuse_ended
from prividium.identity.claims import refused
from prividium.identity.credentials import Origin
from prividium.identity.given_roles import RoleChange, apply_given_roles
from prividium.identity.issuers import Issuer
from prividium.identity.models import FROM_CLAIM, LoginFlow
from prividium.identity.oidc import SignedIn
from prividium.identity.secrecy import credential_hash, same
from prividium.identity.service import Identity
from prividium.identity.sessions import OpenedSession, ProviderSession, SessionKind, open_session
from prividium.identity.spent import spend
from prividium.identity.tokens import AGE_SECONDS_MAX, LEEWAY_SECONDS, signed_part
from prividium.identity.users import refuse_disabled, user_for

SIGNED_IN_PATH: Final = "/api/auth/signed-in"
RETURN_TO_LENGTH_MAX: Final = 4096

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class StartedLogin:
    url: str
    browser_secret: str


@dataclass(frozen=True)
class FinishedLogin:
    opened: OpenedSession
    return_to: str
    roles_changed: bool
    """The policy follows from roles: it must be compiled again before the answer."""


def start(issuer: Issuer, identity: Identity, return_to: str, browser_secret: str | None) -> StartedLogin:
    """Remember state, nonce and verifier, and say where to send the browser.

    `return_to`: of `local_path`. `browser_secret`: of a login that this browser has under way in another tab.
    """
    now = clock.now()
    state, nonce, verifier = clock.new_token(), clock.new_token(), clock.new_token()
    secret = browser_secret or clock.new_token()
    url = issuer.client.authorization_url(state, nonce, verifier)
    with identity.database.write() as session:
        session.execute(delete(LoginFlow).where(LoginFlow.expires_at < now))
        session.add(
            LoginFlow(
                state_hash=credential_hash(state),
                browser_hash=credential_hash(secret),
                issuer_id=issuer.id,
                nonce=nonce,
                code_verifier=verifier,
                return_to=return_to,
                expires_at=now + identity.settings.login_ttl_seconds,
            )
        )
    return StartedLogin(url, secret)


def finish(
    issuer: Issuer,
    identity: Identity,
    answer: Mapping[str, str],
    browser_secret: str | None,
    origin: Origin,
    request_id: str,
) -> FinishedLogin:
    """Check the provider's answer and open a session; raises Unauthorized with the check that failed."""
    flow = _spend(identity, answer.get("state", ""), browser_secret or "")
    if flow.issuer_id != issuer.id:
        raise Unauthorized("issuer_mismatch", "the answer comes from another identity provider; sign in again")
    code = issuer.client.check_answer(answer)
    signed_in = issuer.client.sign_in(code, flow.code_verifier, flow.nonce)
    _spend_token(identity, signed_in)
    return _open(issuer, identity, signed_in, "browser", flow.return_to, origin, request_id)


def present(identity: Identity, id_token: str, origin: Origin, request_id: str) -> FinishedLogin:
    """Sign in with an ID token that a program got by a login of its own with our client id. Each counts once, those of
    our own logins included. Raises Unauthorized with the check that failed.
    """
    issuer = identity.issuers.of_token(id_token)
    signed_in = SignedIn(issuer.client.verify(id_token, None, None), id_token)
    _spend_token(identity, signed_in)
    return _open(issuer, identity, signed_in, "oidc", SIGNED_IN_PATH, origin, request_id)


def _open(
    issuer: Issuer,
    identity: Identity,
    signed_in: SignedIn,
    kind: SessionKind,
    return_to: str,
    origin: Origin,
    request_id: str,
) -> FinishedLogin:
    claims = signed_in.claims
    provider = ProviderSession(issuer.id, claims.session_id, signed_in.id_token)
    with identity.database.write() as session:
        user = user_for(session, claims, issuer.admin_subjects)
        admitted = identity.directory.admit(session, issuer.id, user, claims, request_id)
        refuse_disabled(user)
        change = apply_given_roles(session, user.id, claims.roles, FROM_CLAIM)
        opened = open_session(session, user.id, kind, identity.session_limits, origin, provider=provider)
        trail.record(
            session,
            actor=user.id,
            action="login.oidc",
            outcome="allowed",
            subject=claims.issuer,
            request_id=request_id,
        )
        _record_roles(session, user.id, change, request_id)
        refuse_ended(session, claims)
    if change.unknown:
        _log.warning("issuer %s: role_mapping names roles that do not exist: %s", issuer.id, ", ".join(change.unknown))
    return FinishedLogin(opened, return_to, roles_changed=admitted or bool(change.gained or change.lost))


def _spend_token(identity: Identity, signed_in: SignedIn) -> None:
    """A token is too old to count long before it is forgotten that it was used."""
    kept_until = signed_in.claims.issued_at + AGE_SECONDS_MAX + 2 * LEEWAY_SECONDS
    spend(identity.database, signed_part(signed_in.id_token), kept_until, refused("replay"))


def _record_roles(session: Session, user_id: str, change: RoleChange, request_id: str) -> None:
    if not change.gained and not change.lost:
        return
    trail.record(
        session,
        actor=user_id,
        action="user.roles.claim",
        outcome="allowed",
        subject=user_id,
        request_id=request_id,
        details={"gained": " ".join(change.gained), "lost": " ".join(change.lost)},
    )


def local_path(return_to: str | None) -> str:
    """A path on this node: an open redirect would lend our name to somebody else's page.

    Raises InvalidInput("return_to_invalid").
    """
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
