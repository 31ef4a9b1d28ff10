"""Tables of the four-eyes rule: what it covers, and the changes that wait for a second administrator."""

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from prividium.db.metadata import SECONDS, Base


class FourEyesMark(Base):
    """Changes of the subject take effect when a second administrator approves them."""

    __tablename__ = "four_eyes_marks"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    subject: Mapped[str] = mapped_column(String(128), unique=True)
    """As `four_eyes` writes it: `contract:0x…`, `function:0x…:0x…`, `template:…`, `role:…`."""
    created_by: Mapped[str] = mapped_column(String(21))
    created_at: Mapped[int] = mapped_column(SECONDS)


class PolicyProposal(Base):
    """A request that was made, tried and undone, kept until somebody decides."""

    __tablename__ = "policy_proposals"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    method: Mapped[str] = mapped_column(String(8))
    path: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    """JSON as it was sent; empty if there was none."""
    subjects: Mapped[list[str]]
    """The marks that it touches."""
    status: Mapped[str] = mapped_column(String(8), index=True)
    """pending, applied, rejected or expired."""
    requested_by: Mapped[str] = mapped_column(String(21))
    requested_at: Mapped[int] = mapped_column(SECONDS)
    expires_at: Mapped[int] = mapped_column(SECONDS)
    decided_by: Mapped[str | None] = mapped_column(String(21))
    decided_at: Mapped[int | None] = mapped_column(SECONDS)
