"""Tables of the audit trail."""

from sqlalchemy import BigInteger, CheckConstraint, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from prividium.db.changes import RECORDS_ONLY
from prividium.db.metadata import HASH, SECONDS, Base


class AuditEntry(Base):
    """One decision or change. Each row holds the hash of the one before; triggers refuse changes and deletions."""

    __tablename__ = "audit_entries"
    __table_args__ = ({"info": RECORDS_ONLY},)

    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """From 1, without gaps."""
    time: Mapped[int] = mapped_column(SECONDS, index=True)
    actor: Mapped[str | None] = mapped_column(String(21), index=True)
    """User id; None where nobody is signed in."""
    action: Mapped[str] = mapped_column(String(64), index=True)
    outcome: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str] = mapped_column(String(128))
    subject: Mapped[str] = mapped_column(Text)
    request_id: Mapped[str] = mapped_column(String(64))
    details: Mapped[dict[str, str]]
    request_hash: Mapped[bytes | None] = mapped_column(HASH)
    """Of what was asked, keyed (`request_hash`); None where there was no request."""
    policy_version: Mapped[int | None] = mapped_column(BigInteger)
    """Version of the policy when the entry was written; None in entries of before this column."""
    previous_hash: Mapped[bytes] = mapped_column(HASH)
    entry_hash: Mapped[bytes] = mapped_column(HASH, unique=True)


class AuditHead(Base):
    """One row: the newest entry. Writers queue on it; a shortened trail no longer matches it."""

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single_row"), {"info": RECORDS_ONLY})

    id: Mapped[int] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    entry_hash: Mapped[bytes] = mapped_column(HASH)
