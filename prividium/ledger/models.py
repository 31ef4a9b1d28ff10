"""Tables of the ledger's read model. The store of the core is the truth; these rows can be dropped and rebuilt."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from prividium.db.changes import RECORDS_ONLY
from prividium.db.metadata import ADDRESS, HASH, SECONDS, Base


class IndexedBlock(Base):
    __tablename__ = "ledger_blocks"
    __table_args__ = ({"info": RECORDS_ONLY},)

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(HASH, unique=True)
    timestamp: Mapped[int] = mapped_column(SECONDS)
    """Seconds since the epoch, or blocks since genesis with the stepping clock."""
    gas_used: Mapped[int] = mapped_column(BigInteger)
    transaction_count: Mapped[int] = mapped_column(Integer)


class IndexedTransaction(Base):
    __tablename__ = "ledger_transactions"
    __table_args__ = (
        Index("ix_ledger_transactions_sender", "sender", "block_number"),
        Index("ix_ledger_transactions_recipient", "recipient", "block_number"),
        {"info": RECORDS_ONLY},
    )

    block_number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ledger_blocks.number"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(HASH, unique=True)
    sender: Mapped[bytes] = mapped_column(ADDRESS)
    recipient: Mapped[bytes | None] = mapped_column(ADDRESS)
    """The address called, or the contract created; None if the creation failed."""
    creates: Mapped[bool]
    status: Mapped[int] = mapped_column(Integer)
    gas_used: Mapped[int] = mapped_column(BigInteger)


class IndexedLog(Base):
    __tablename__ = "ledger_logs"
    __table_args__ = (
        Index("ix_ledger_logs_address", "address", "block_number"),
        Index("ix_ledger_logs_topic0", "topic0", "block_number"),
        Index("ix_ledger_logs_topic1", "topic1", "block_number"),
        Index("ix_ledger_logs_topic2", "topic2", "block_number"),
        Index("ix_ledger_logs_topic3", "topic3", "block_number"),
        Index("ix_ledger_logs_sender", "sender", "block_number"),
        {"info": RECORDS_ONLY},
    )

    block_number: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("ledger_blocks.number"), primary_key=True, autoincrement=False
    )
    transaction_position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    """Number of the log in its transaction."""
    sender: Mapped[bytes] = mapped_column(ADDRESS)
    """Sender of the transaction: whoever sent it sees the log."""
    address: Mapped[bytes] = mapped_column(ADDRESS)
    topic0: Mapped[bytes | None] = mapped_column(HASH)
    topic1: Mapped[bytes | None] = mapped_column(HASH)
    topic2: Mapped[bytes | None] = mapped_column(HASH)
    topic3: Mapped[bytes | None] = mapped_column(HASH)
