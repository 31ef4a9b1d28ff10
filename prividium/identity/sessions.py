"""Sessions: an opaque bearer token of which the database keeps only the hash.

A session ends when it is idle (`expires_at`, moved on by `extend`), when it is too old (`renewable_until`), when it is
revoked, or when its user is disabled.
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, selectinload

from prividium import clock
from prividium.errors import Unauthorized
from prividium.identity.models import LoginSession, Role, User, UserRole, Wallet
from prividium.identity.principal import Principal
from prividium.identity.secrecy import credential_hash, same, seal
from prividium.types import Address, RoleId, UserId

SessionKind = Literal["browser", "cli", "siwe"]
TOKEN_LENGTH_MAX = 128
_REVOKED_KEPT_SECONDS = 86_400


@dataclass(frozen=True)
class SessionLimits:
    idle_seconds: int
    absolute_seconds: int


@dataclass(frozen=True)
class ProviderSession:
    """Where a session comes from: issuer of the settings, its `sid`, and the ID token as a hint for the logout."""

    issuer_id: str
    sid: str | None
    id_token: str | None


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


# Asked with every request: plain rows, since building mapped objects takes several times longer than the database.
_HOLDER = (
    select(
        LoginSession.id.label("session_id"),
        LoginSession.token_hash,
        LoginSession.expires_at,
        LoginSession.revoked_at,
        User.id.label("user_id"),
        User.display_name,
        User.disabled,
        Wallet.address,
    )
    .join(User, User.id == LoginSession.user_id)
    .outerjoin(Wallet, Wallet.user_id == User.id)
    .where(LoginSession.token_hash == bindparam("token_hash"))
)
_ROLES = (
    select(Role.policy_id, Role.system_permissions)
    .join(UserRole, UserRole.role_id == Role.id)
    .where(UserRole.user_id == bindparam("user_id"))
)


def authenticate(session: Session, token: str) -> Principal:
    """Who holds the token; raises Unauthorized("session_invalid" or "session_expired")."""
    wanted = credential_hash(token[:TOKEN_LENGTH_MAX])
    connection = session.connection()
    rows = connection.execute(_HOLDER, {"token_hash": wanted}).all()
    found = rows[0] if rows else None
    if found is None or not same(found.token_hash, wanted) or found.revoked_at is not None or found.disabled:
        raise Unauthorized("session_invalid", "the session does not exist or was ended; sign in again")
    if clock.now() >= found.expires_at:
        raise Unauthorized("session_expired", "the session has expired; sign in again")
    roles = connection.execute(_ROLES, {"user_id": found.user_id}).all()
    return Principal(
        user_id=UserId(found.user_id),
        display_name=found.display_name,
        session_id=found.session_id,
        wallets=frozenset(Address(row.address) for row in rows if row.address is not None),
        roles=frozenset(RoleId(role.policy_id) for role in roles),
        system_permissions=frozenset(name for role in roles for name in role.system_permissions),
    )


def open_session(
    session: Session,
    user_id: str,
    kind: SessionKind,
    limits: SessionLimits,
    origin: ProviderSession | None = None,
) -> OpenedSession:
    now = clock.now()
    id_token = None if origin is None else origin.id_token
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
            issuer_id=None if origin is None else origin.issuer_id,
            provider_sid=None if origin is None else origin.sid,
            id_token_sealed=None if id_token is None else seal(id_token, token),
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
        found.revoked_at, found.id_token_sealed = clock.now(), None


def user_with_roles(session: Session, user_id: str) -> User | None:
    loaded = (selectinload(User.roles), selectinload(User.role_links), selectinload(User.wallets))
    return session.scalar(select(User).where(User.id == user_id).options(*loaded))
