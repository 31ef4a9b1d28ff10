"""An identity provider ends sessions by itself (OpenID Connect Back-Channel Logout 1.0).

`sid` ends the sessions that came from that session of the provider, programs that were confirmed in it included; `sub`
alone ends every session of the person, however it began. A login that was under way is refused when it finishes.
"""

import hashlib
from typing import Final

from sqlalchemy import ScalarResult, delete, exists, or_, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.audit import trail
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity.claims import VerifiedClaims
from prividium.identity.issuers import Issuer
from prividium.identity.logout_token import VerifiedLogout
from prividium.identity.models import LoginSession, ProviderLogout, User
from prividium.identity.service import Identity
from prividium.identity.tokens import AGE_SECONDS_MAX, TokenFault

KEPT_SECONDS: Final = 2 * AGE_SECONDS_MAX
"""Longer than a logout token, or an ID token that was issued before it, is accepted."""


def end_sessions(identity: Identity, issuer: Issuer, logout_token: str, request_id: str) -> int:
    """How many sessions were ended; raises InvalidInput("logout_token_…_invalid")."""
    try:
        logout = issuer.client.verify_logout(logout_token)
        with identity.database.write() as session:
            return _end(session, logout, issuer, request_id)
    except TokenFault as fault:
        raise InvalidInput(
            f"logout_token_{fault.reason}_invalid", f"the logout token was refused ({fault.reason})"
        ) from None


def refuse_ended(session: Session, claims: VerifiedClaims) -> None:
    """Raises Unauthorized("login_ended") where the provider ended what the ID token tells of.

    To be asked after the login's entry in the trail, which makes it wait for a logout under way.
    """
    by_session = ProviderLogout.provider_sid == claims.session_id
    by_person = (
        ProviderLogout.provider_sid.is_(None)
        & (ProviderLogout.subject == claims.subject)
        & (ProviderLogout.issued_at >= claims.issued_at)
    )
    ended = or_(by_session, by_person) if claims.session_id is not None else by_person
    if session.scalar(select(exists().where(ProviderLogout.issuer == claims.issuer, ended))):
        raise Unauthorized("login_ended", "the identity provider has ended this login; sign in again")


def _end(session: Session, logout: VerifiedLogout, issuer: Issuer, request_id: str) -> int:
    _remember(session, logout)
    # The trail has one writer at a time: a login that finishes meanwhile sees this logout, or this sees its session.
    trail.record(
        session,
        actor=None,
        action="logout.provider",
        outcome="allowed",
        subject=logout.issuer,
        request_id=request_id,
        details={"issuer": issuer.id},
    )
    now, sessions = clock.now(), _sessions_of(session, logout).all()
    for found in sessions:
        found.revoked_at, found.id_token_sealed = now, None
        trail.record(
            session,
            actor=found.user_id,
            action="session.end",
            outcome="allowed",
            reason="logout.provider",
            subject=found.id,
            request_id=request_id,
        )
    return len(sessions)


def _sessions_of(session: Session, logout: VerifiedLogout) -> ScalarResult[LoginSession]:
    statement = (
        select(LoginSession)
        .join(User, User.id == LoginSession.user_id)
        .where(User.issuer == logout.issuer, LoginSession.revoked_at.is_(None))
        .with_for_update(of=LoginSession)
    )
    if logout.subject is not None:
        statement = statement.where(User.subject == logout.subject)
    if logout.session_id is not None:
        statement = statement.where(LoginSession.provider_sid == logout.session_id)
    return session.scalars(statement)


def _remember(session: Session, logout: VerifiedLogout) -> None:
    """Raises TokenFault("jti") for a token that counted before."""
    now = clock.now()
    session.execute(delete(ProviderLogout).where(ProviderLogout.kept_until < now))
    identifier = hashlib.sha256(f"{logout.issuer}\x00{logout.token_id}".encode()).digest()
    if session.get(ProviderLogout, identifier) is not None:
        raise TokenFault("jti")
    session.add(
        ProviderLogout(
            id=identifier,
            issuer=logout.issuer,
            subject=logout.subject,
            provider_sid=logout.session_id,
            issued_at=logout.issued_at,
            kept_until=now + KEPT_SECONDS,
        )
    )
    session.flush()
