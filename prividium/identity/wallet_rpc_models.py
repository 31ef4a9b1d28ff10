"""Tables for wallets that cannot send headers: a secret address for each person, and what was announced for it."""

from sqlalchemy import BigInteger, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from prividium.db.metadata import ADDRESS, HASH, SECONDS, Base


class WalletRpcToken(Base):
    """The token follows from `generation` and a key that is not in the database; only its SHA-256 is kept."""

    __tablename__ = "wallet_rpc_tokens"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    generation: Mapped[str] = mapped_column(String(21))
    token_hash: Mapped[bytes] = mapped_column(HASH, unique=True)
    created_at: Mapped[int] = mapped_column(SECONDS)


class TransactionAllowance(Base):
    """One transaction that a person announced: for a while their wallet may send it by the secret address."""

    __tablename__ = "transaction_allowances"
    __table_args__ = (
        UniqueConstraint("user_id", "wallet", "nonce"),
        Index("ix_transaction_allowances_active_until", "active_until"),
    )

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    wallet: Mapped[bytes] = mapped_column(ADDRESS)
    nonce: Mapped[int] = mapped_column(BigInteger)
    call_hash: Mapped[bytes] = mapped_column(HASH)
    """Of recipient, value and call data, which themselves are not kept."""
    transaction_hash: Mapped[bytes | None] = mapped_column(HASH)
    """What the wallet sent for it."""
    active_until: Mapped[int] = mapped_column(SECONDS)
