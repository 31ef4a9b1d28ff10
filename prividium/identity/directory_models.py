"""Tables of the directory (SCIM): people that the identity provider announced, and their groups.

A person of the directory becomes a user at the first login; until then `user_id` is empty.
"""

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from prividium.db.metadata import SECONDS, Base


class DirectoryPerson(Base):
    __tablename__ = "directory_people"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"), unique=True)
    user_name: Mapped[str] = mapped_column(String(255))
    user_name_key: Mapped[str] = mapped_column(String(255), unique=True)
    """In the form that is compared: case does not count."""
    external_id: Mapped[str | None] = mapped_column(String(255), index=True)
    active: Mapped[bool | None]
    """None after it was taken away: no access."""
    attributes: Mapped[dict[str, object]] = mapped_column(JSON)
    """The rest of the resource, as SCIM writes it."""
    version: Mapped[int]
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)


class DirectoryGroup(Base):
    __tablename__ = "directory_groups"

    id: Mapped[str] = mapped_column(String(21), primary_key=True)
    display_name: Mapped[str] = mapped_column(String(255))
    display_name_key: Mapped[str] = mapped_column(String(255), index=True)
    external_id: Mapped[str | None] = mapped_column(String(255))
    version: Mapped[int]
    created_at: Mapped[int] = mapped_column(SECONDS)
    updated_at: Mapped[int] = mapped_column(SECONDS)


class DirectoryMember(Base):
    __tablename__ = "directory_members"

    group_id: Mapped[str] = mapped_column(ForeignKey("directory_groups.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[str] = mapped_column(
        ForeignKey("directory_people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
