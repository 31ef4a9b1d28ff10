"""Sessions: an opaque bearer token of which the database keeps only the hash.

A session ends when it is idle (`expires_at`, moved on by `extend`), when it is too old (`renewable_until`), when it is
revoked, or when its user is disabled.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload, selectinload

from prividium import clock
from prividium.errors import Unauthorized
from prividium.identity.models import LoginSession, User
from prividium.identity.principal import Principal
from prividium.identity.secrecy import credential_hash, same
from prividium.types import Address, RoleId, UserId

SessionKind = Literal["browser", "cli", "siwe"]
TOKEN_LENGTH_MAX = 128
_REVOKED_KEPT_SECONDS = 86_400


@dataclass(frozen=True)
class SessionLimits:
    idle_seconds: int
    absolute_seconds: int


@dataclass(frozen=True)
class OpenedSession:
    """The token appears here once and nowhere else."""

    token: str
    expires_at: int
    renewable_until: int


def bearer_token(authorization: str | None) -> str | None:
    """The token of an `Authorization: Bearer …` header (RFC 6750), None without one."""
    if authorization is None:
        return None
    scheme, _, token = authorization.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def authenticate(session: Session, token: str) -> Principal:
    """Who holds the token; raises Unauthorized("session_invalid" or "session_expired")."""
    found = live_session(session, token)
    user = found.user
    return Principal(
        user_id=UserId(user.id),
        display_name=user.display_name,
        session_id=found.id,
        wallets=frozenset(Address(wallet.address) for wallet in user.wallets),
        roles=frozenset(RoleId(role.policy_id) for role in user.roles),
        system_permissions=frozenset(name for role in user.roles for name in role.system_permissions),
    )


def live_session(session: Session, token: str) -> LoginSession:
    """The session of a token, with its user; raises as `authenticate`."""
    wanted = credential_hash(token[:TOKEN_LENGTH_MAX])
    found = session.scalar(
        select(LoginSession)
        .where(LoginSession.token_hash == wanted)
        .options(
            joinedload(LoginSession.user).selectinload(User.roles),
            joinedload(LoginSession.user).selectinload(User.wallets),
        )
    )
    if found is None or not same(found.token_hash, wanted) or found.revoked_at is not None or found.user.disabled:
        raise Unauthorized("session_invalid", "the session does not exist or was ended; sign in again")
    if clock.now() >= found.expires_at:
        raise Unauthorized("session_expired", "the session has expired; sign in again")
    return found


def open_session(session: Session, user_id: str, kind: SessionKind, limits: SessionLimits) -> OpenedSession:
    now = clock.now()
    token = clock.new_token()
    renewable_until = now + limits.absolute_seconds
    expires_at = min(now + limits.idle_seconds, renewable_until)
    session.add(
        LoginSession(
            id=clock.new_id(),
            user_id=user_id,
            token_hash=credential_hash(token),
            kind=kind,
            created_at=now,
            expires_at=expires_at,
            renewable_until=renewable_until,
        )
    )
    session.execute(delete(LoginSession).where(LoginSession.renewable_until < now - _REVOKED_KEPT_SECONDS))
    return OpenedSession(token, expires_at, renewable_until)


def extend(session: Session, session_id: str, limits: SessionLimits) -> LoginSession:
    """Another idle period from now, never past `renewable_until`."""
    found = session.get_one(LoginSession, session_id, with_for_update=True)
    if found.revoked_at is not None:
        raise Unauthorized("session_invalid", "the session does not exist or was ended; sign in again")
    found.expires_at = max(found.expires_at, min(clock.now() + limits.idle_seconds, found.renewable_until))
    return found


def revoke(session: Session, session_id: str) -> None:
    found = session.get(LoginSession, session_id, with_for_update=True)
    if found is not None and found.revoked_at is None:
        found.revoked_at = clock.now()


def user_with_roles(session: Session, user_id: str) -> User | None:
    return session.scalar(
        select(User).where(User.id == user_id).options(selectinload(User.roles), selectinload(User.wallets))
    )
