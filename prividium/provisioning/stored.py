"""What people and groups have in common in storage: times, versions, and the limits of their texts."""

from datetime import UTC, datetime
from typing import Protocol

from scim2_models import InvalidValueException, Meta, PreconditionFailedException

TEXT_LENGTH_MAX = 255


class StoredResource(Protocol):
    id: str
    version: int
    created_at: int
    updated_at: int


def etag(row: StoredResource) -> str:
    return f'W/"{row.version}"'


def check_version(row: StoredResource, wanted: str | None) -> None:
    """`wanted`: the header If-Match. Raises PreconditionFailedException."""
    if wanted is not None and wanted.strip() != "*" and etag(row) not in [text.strip() for text in wanted.split(",")]:
        raise PreconditionFailedException(detail="the resource was changed meanwhile; read it again")


def meta(row: StoredResource, kind: str, base: str) -> Meta:
    return Meta(
        resource_type=kind,
        created=datetime.fromtimestamp(row.created_at, UTC),
        last_modified=datetime.fromtimestamp(row.updated_at, UTC),
        location=f"{base}/{kind}s/{row.id}",
        version=etag(row),
    )


def short(name: str, value: str | None) -> str | None:
    """Raises InvalidValueException for a text that is too long, None for an empty one."""
    if value is not None and len(value) > TEXT_LENGTH_MAX:
        raise InvalidValueException(detail=f"{name} is longer than {TEXT_LENGTH_MAX} characters")
    return value or None


def needed(name: str, value: str | None) -> str:
    text = short(name, value)
    if text is None:
        raise InvalidValueException(detail=f"{name} is required")
    return text
