"""Linking proven addresses to users."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, NotFound
from prividium.identity.models import User, Wallet
from prividium.types import Address, UserId


def link(session: Session, user_id: UserId, address: Address, wallets_max: int) -> None:
    """Give a proven address to its user; nothing changes if they have it already.

    Raises Conflict("wallet_linked_elsewhere" or "wallet_limit_exceeded").
    """
    session.get_one(User, user_id, with_for_update=True)
    known = session.get(Wallet, address)
    if known is not None:
        if known.user_id == user_id:
            return
        raise Conflict("wallet_linked_elsewhere", "this wallet is linked to another user; unlink it there first")
    held = session.scalar(select(func.count()).select_from(Wallet).where(Wallet.user_id == user_id)) or 0
    if held >= wallets_max:
        raise Conflict("wallet_limit_exceeded", f"a user may link at most {wallets_max} wallets; unlink one first")
    session.add(Wallet(address=address, id=clock.new_id(), user_id=user_id, created_at=clock.now()))
    session.flush()


def unlink(session: Session, user_id: UserId, address: Address) -> None:
    """Raises NotFound("wallet_unknown"), also for the wallet of another user."""
    known = session.get(Wallet, address)
    if known is None or known.user_id != user_id:
        raise NotFound("wallet_unknown", "you have not linked this wallet")
    session.delete(known)
    session.flush()
