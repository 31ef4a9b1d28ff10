"""The table of applications: programs of others that people let act for them (OAuth clients)."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from prividium.db.metadata import SECONDS, Base


class Application(Base):
    __tablename__ = "applications"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    oauth_client_id: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(String(200))
    image_url: Mapped[str | None] = mapped_column(String(512))
    origin: Mapped[str] = mapped_column(String(512), index=True)
    """Where its pages are served: they may call this node from there (CORS)."""
    oauth_redirect_uris: Mapped[list[str]]
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)
