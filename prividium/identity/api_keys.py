"""API keys of machines: `priv_sk_` and 64 letters or digits, of which the database keeps the SHA-256."""

import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import InvalidInput, NotFound, Unauthorized
from prividium.identity.machine_models import ApiKey
from prividium.identity.models import LoginSession, User, Wallet
from prividium.identity.principal import Principal
from prividium.identity.secrecy import credential_hash, same
from prividium.identity.subject import SUBJECT_COLUMNS, Bearer, principal_of

KEY_PREFIX: Final = "priv_sk_"
SECRET_LENGTH: Final = 64
SHOWN_LENGTH: Final = 12
LIFETIME_SECONDS_MAX: Final = 365 * 86_400
OVERLAP_SECONDS_MAX: Final = 30 * 86_400
_KEY = re.compile(rf"{KEY_PREFIX}[0-9A-Za-z]{{{SECRET_LENGTH}}}")
_HOLDER = (
    select(ApiKey.id.label("key_id"), ApiKey.key_hash, ApiKey.expires_at, ApiKey.revoked_at, *SUBJECT_COLUMNS)
    .join(User, User.id == ApiKey.user_id)
    .outerjoin(Wallet, Wallet.user_id == User.id)
    .where(ApiKey.key_hash == bindparam("key_hash"))
)


@dataclass(frozen=True)
class KeyHolder:
    principal: Principal
    key_id: str
    expires_at: int


@dataclass(frozen=True)
class MadeKey:
    row: ApiKey
    full_key: str
    """Appears here once and nowhere else."""


def authenticate(session: Session, key: str, address: str) -> KeyHolder:
    """Whose key it is; `address`: where the request came from.

    Raises Unauthorized("api_key_invalid"), the same for a key that is unknown, expired or revoked, whose machine is
    disabled, or that comes from a foreign network.
    """
    refused = Unauthorized("api_key_invalid", "the API key is not valid")
    wanted = credential_hash(key if _KEY.fullmatch(key) else "")
    connection = session.connection()
    rows = connection.execute(_HOLDER, {"key_hash": wanted}).all()
    found = rows[0] if rows else None
    if found is None or not same(found.key_hash, wanted):
        raise refused
    if found.revoked_at is not None or clock.now() >= found.expires_at:
        raise refused
    return KeyHolder(principal_of(connection, rows, Bearer(), address, refused), found.key_id, found.expires_at)


def create(session: Session, machine_id: str, name: str, expires_at: int) -> MadeKey:
    """Raises InvalidInput("expiry_invalid")."""
    now = clock.now()
    if not now < expires_at <= now + LIFETIME_SECONDS_MAX:
        raise InvalidInput("expiry_invalid", "an API key expires in the future and at most one year from now")
    full_key = KEY_PREFIX + clock.new_alphanumeric(SECRET_LENGTH)
    row = ApiKey(
        id=clock.new_id(),
        user_id=machine_id,
        name=name,
        key_hash=credential_hash(full_key),
        key_prefix=full_key[:SHOWN_LENGTH],
        created_at=now,
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return MadeKey(row, full_key)


def rotate(session: Session, old: ApiKey, expires_at: int, overlap_seconds: int) -> MadeKey:
    """A new key of the same name; the old one goes on for `overlap_seconds`, so that programs can change over.

    Raises InvalidInput("api_key_ended") besides what `create` raises.
    """
    now = clock.now()
    if old.revoked_at is not None or old.expires_at <= now:
        raise InvalidInput("api_key_ended", "this key has ended already; make a new one")
    made = create(session, old.user_id, old.name, expires_at)
    if overlap_seconds == 0:
        revoke(session, old)
    else:
        old.expires_at = min(old.expires_at, now + overlap_seconds)
        _end_tokens(session, old.id, old.expires_at)
    session.flush()
    return made


def revoke(session: Session, key: ApiKey) -> None:
    """The key and the tokens that were got for it end now."""
    if key.revoked_at is None:
        key.revoked_at = clock.now()
    live = (LoginSession.api_key_id == key.id, LoginSession.revoked_at.is_(None))
    session.execute(update(LoginSession).where(*live).values(revoked_at=clock.now()))
    session.flush()


def find(session: Session, machine_id: str, key_id: str) -> ApiKey:
    """Raises NotFound("api_key_unknown"), also for the key of another machine."""
    found = session.get(ApiKey, key_id, with_for_update=True)
    if found is None or found.user_id != machine_id:
        raise NotFound("api_key_unknown", "this machine has no such key")
    return found


def _end_tokens(session: Session, key_id: str, at: int) -> None:
    outliving = (LoginSession.api_key_id == key_id, LoginSession.expires_at > at)
    session.execute(update(LoginSession).where(*outliving).values(expires_at=at, renewable_until=at))
