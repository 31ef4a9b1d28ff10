"""Tables of programs that call by themselves: machines, their API keys and the networks they may call from.

A machine is a row of `users` with source `MACHINE_SOURCE`: roles, wallets, sessions and the policy treat it like any
other subject. What only machines have is here.
"""

from typing import Final

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from prividium.db.metadata import HASH, SECONDS, Base
from prividium.identity.models import User

MACHINE_SOURCE: Final = "m2m_app"
"""The word of Prividium's API for the source of such a user."""
MACHINE_ISSUER: Final = "urn:prividium:machine"
"""No identity provider has this name: its issuer is an http(s) URL."""


class Machine(Base):
    __tablename__ = "machines"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    description: Mapped[str] = mapped_column(String(512))

    user: Mapped[User] = relationship(lazy="joined", innerjoin=True)


class ApiKey(Base):
    """A secret of a machine, of which only the SHA-256 is kept. It ends by expiry or revocation."""

    __tablename__ = "api_keys"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(100))
    key_hash: Mapped[bytes] = mapped_column(HASH, unique=True)
    key_prefix: Mapped[str] = mapped_column(String(12))
    created_at: Mapped[int] = mapped_column(SECONDS)
    expires_at: Mapped[int] = mapped_column(SECONDS)
    revoked_at: Mapped[int | None] = mapped_column(SECONDS)
    last_used_at: Mapped[int | None] = mapped_column(SECONDS)
    last_used_address: Mapped[str | None] = mapped_column(String(45))


class AllowedNetwork(Base):
    """Where a machine may call from; a machine without a row may call from nowhere."""

    __tablename__ = "machine_networks"
    __table_args__ = (UniqueConstraint("user_id", "network"),)

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    network: Mapped[str] = mapped_column(String(64))
    """Canonical CIDR notation."""
    description: Mapped[str] = mapped_column(String(256))
    created_at: Mapped[int] = mapped_column(SECONDS)
