"""Sessions: an opaque bearer token of which the database keeps only the hash.

A session ends when it is idle (`expires_at`, moved on by `extend`), when it is too old (`renewable_until`), when it is
revoked, or when its user is disabled.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Session, selectinload

from prividium import clock
from prividium.errors import NotFound, Unauthorized
from prividium.identity.credentials import Origin
from prividium.identity.models import LoginSession, User, Wallet
from prividium.identity.principal import Principal
from prividium.identity.secrecy import credential_hash, same, seal
from prividium.identity.subject import SUBJECT_COLUMNS, Bearer, principal_of

SessionKind = Literal["browser", "cli", "siwe", "machine", "application", "oidc"]
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
    """The token of an `Authorization: Bearer …` header (RFC 6750), None without one.

    npm `prividium` over viem 2.57 sets the header twice, which browsers join with a comma: the same twice is the same.
    """
    if authorization is None:
        return None
    first, *others = (part.strip() for part in authorization.split(","))
    scheme, _, token = (authorization if any(other != first for other in others) else first).partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


# Asked with every request: plain rows, since building mapped objects takes several times longer than the database.
_HOLDER = (
    select(
        LoginSession.id.label("session_id"),
        LoginSession.token_hash,
        LoginSession.expires_at,
        LoginSession.revoked_at,
        LoginSession.client_id,
        *SUBJECT_COLUMNS,
    )
    .join(User, User.id == LoginSession.user_id)
    .outerjoin(Wallet, Wallet.user_id == User.id)
    .where(LoginSession.token_hash == bindparam("token_hash"))
)


@dataclass(frozen=True)
class SessionHolder:
    principal: Principal
    expires_at: int


def authenticate(session: Session, token: str, address: str = "") -> Principal:
    """Who holds the token; as `session_holder`."""
    return session_holder(session, token, address).principal


def session_holder(session: Session, token: str, address: str = "") -> SessionHolder:
    """Who holds the token, and until when; `address`: where the request came from, which matters for machines.

    Raises Unauthorized("session_invalid" or "session_expired").
    """
    refused = Unauthorized("session_invalid", "the session does not exist or was ended; sign in again")
    wanted = credential_hash(token[:TOKEN_LENGTH_MAX])
    connection = session.connection()
    rows = connection.execute(_HOLDER, {"token_hash": wanted}).all()
    found = rows[0] if rows else None
    if found is None or not same(found.token_hash, wanted) or found.revoked_at is not None or found.disabled:
        raise refused
    if clock.now() >= found.expires_at:
        raise Unauthorized("session_expired", "the session has expired; sign in again")
    bearer = Bearer(found.session_id, found.client_id)
    return SessionHolder(principal_of(connection, rows, bearer, address, refused), found.expires_at)


def open_session(
    session: Session,
    user_id: str,
    kind: SessionKind,
    limits: SessionLimits,
    origin: Origin,
    *,
    provider: ProviderSession | None = None,
    api_key_id: str | None = None,
    client_id: str | None = None,
) -> OpenedSession:
    """`provider`: where the person was signed in; `api_key_id`: the key of a machine with which the session ends;
    `client_id`: the application that the person gives the session to.
    """
    now = clock.now()
    id_token = None if provider is None else provider.id_token
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
            issuer_id=None if provider is None else provider.issuer_id,
            provider_sid=None if provider is None else provider.sid,
            id_token_sealed=None if id_token is None else seal(id_token, token),
            network_address=origin.address,
            user_agent=origin.user_agent,
            api_key_id=api_key_id,
            client_id=client_id,
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


def live_sessions(session: Session, user_id: str, client_id: str | None = None) -> Sequence[LoginSession]:
    """Those that still open the door, newest first; `client_id`: only those of an application."""
    live = [LoginSession.revoked_at.is_(None), LoginSession.expires_at > clock.now()]
    if client_id is not None:
        live.append(LoginSession.client_id == client_id)
    ordered = (LoginSession.created_at.desc(), LoginSession.id)
    return session.scalars(select(LoginSession).where(LoginSession.user_id == user_id, *live).order_by(*ordered)).all()


def unknown() -> NotFound:
    """The same for the session of another and for none."""
    return NotFound("session_unknown", "there is no such session")


def find_session(session: Session, session_id: str, user_id: str | None = None) -> LoginSession:
    """Raises NotFound("session_unknown"), also for the session of another user than `user_id`."""
    found = session.get(LoginSession, session_id)
    if found is None or (user_id is not None and found.user_id != user_id):
        raise unknown()
    return found


def revoke_all(session: Session, user_id: str, keep: str = "", client_id: str | None = None) -> int:
    """End every session of the user but `keep`, or of an application of theirs; how many there were."""
    chosen = [found for found in live_sessions(session, user_id, client_id) if found.id != keep]
    for found in chosen:
        revoke(session, found.id)
    return len(chosen)


def user_with_roles(session: Session, user_id: str) -> User | None:
    loaded = (selectinload(User.roles), selectinload(User.role_links), selectinload(User.wallets))
    return session.scalar(select(User).where(User.id == user_id).options(*loaded))
