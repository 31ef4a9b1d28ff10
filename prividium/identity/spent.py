"""What counts once: the nonces of messages that a wallet signed, and ID tokens."""

from sqlalchemy import delete

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import Conflict, Unauthorized
from prividium.identity.models import SpentNonce
from prividium.identity.secrecy import credential_hash


def spend(database: Database, credential: str, expires_at: int, refused: Unauthorized) -> None:
    """Use it up, in a transaction of its own: a failed attempt cannot be repeated. Raises `refused` the second time."""
    try:
        with database.write() as session:
            session.execute(delete(SpentNonce).where(SpentNonce.expires_at < clock.now()))
            session.add(SpentNonce(nonce_hash=credential_hash(credential), expires_at=expires_at))
    except Conflict:
        raise refused from None
