"""Transactions that a person announced: which one, for how long, and what was sent for it."""

import hashlib
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, delete, exists, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.identity.wallet_rpc_models import TransactionAllowance
from prividium.types import Address, Hash32

ACTIVE_SECONDS: Final = 3600
NONCE_MAX: Final = 2**53 - 1
VALUE_MAX: Final = 2**256 - 1


@dataclass(frozen=True)
class Announced:
    wallet: Address
    nonce: int
    to: Address | None
    """None creates a contract."""
    data: bytes
    value: int

    def call_hash(self) -> bytes:
        """Differs for any other recipient, value or call data."""
        to = b"" if self.to is None else self.to
        return hashlib.sha256(bytes([len(to)]) + to + self.value.to_bytes(32, "big") + self.data).digest()


def announce(session: Session, user_id: str, call: Announced) -> int:
    """In place of what was announced for the same nonce; until when it holds."""
    now = clock.now()
    same_nonce = (TransactionAllowance.wallet == call.wallet, TransactionAllowance.nonce == call.nonce)
    session.execute(delete(TransactionAllowance).where(TransactionAllowance.active_until <= now))
    session.execute(delete(TransactionAllowance).where(TransactionAllowance.user_id == user_id, *same_nonce))
    row = TransactionAllowance(
        id=clock.new_id(),
        user_id=user_id,
        wallet=call.wallet,
        nonce=call.nonce,
        call_hash=call.call_hash(),
        active_until=now + ACTIVE_SECONDS,
    )
    session.add(row)
    session.flush()
    return row.active_until


def use(session: Session, user_id: str, call: Announced, transaction_hash: Hash32) -> bool:
    """Was this transaction announced, and does that still hold? Remembers its hash if so."""
    found = session.scalar(
        select(TransactionAllowance)
        .where(
            *_live(user_id),
            TransactionAllowance.wallet == call.wallet,
            TransactionAllowance.nonce == call.nonce,
            TransactionAllowance.call_hash == call.call_hash(),
        )
        .with_for_update()
    )
    if found is None:
        return False
    found.transaction_hash = transaction_hash
    return True


def covers_wallet(session: Session, user_id: str, wallet: Address) -> bool:
    """Does anything that was announced for this wallet still hold?"""
    return bool(session.scalar(select(exists().where(*_live(user_id), TransactionAllowance.wallet == wallet))))


def covers_transaction(session: Session, user_id: str, transaction_hash: Hash32) -> bool:
    """Was this transaction sent for something that still holds?"""
    sent = TransactionAllowance.transaction_hash == transaction_hash
    return bool(session.scalar(select(exists().where(*_live(user_id), sent))))


def _live(user_id: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return TransactionAllowance.user_id == user_id, TransactionAllowance.active_until > clock.now()
