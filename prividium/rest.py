"""Shapes that all REST routers share: camel case, addresses, times, pages."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Generic, TypeVar

from eth_utils.address import to_checksum_address
from fastapi import Query
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic.alias_generators import to_camel
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from prividium.errors import InvalidInput
from prividium.types import from_hex

Row = TypeVar("Row")
Item = TypeVar("Item")

PAGE_LIMIT_MAX = 100


class Body(BaseModel):
    """A request body: camel case names, nothing unknown."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class Answer(BaseModel):
    """A response body."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


def _hex_of(length: int) -> Callable[[object], bytes]:
    def parse(value: object) -> bytes:
        if not isinstance(value, str):
            raise ValueError("expected 0x-prefixed hexadecimal data")
        try:
            return from_hex(value, length)
        except InvalidInput as error:
            raise ValueError(error.message) from None

    return parse


def _checked_address(value: object) -> bytes:
    address = _hex_of(20)(value)
    text = str(value)
    mixed = text[2:] not in (text[2:].lower(), text[2:].upper())
    if mixed and to_checksum_address(address) != text:
        raise ValueError("the address has a wrong checksum (EIP-55); check that it was copied in full")
    return address


def _schema(length: int) -> dict[str, object]:
    return {"type": "string", "pattern": f"^0x[0-9a-fA-F]{{{2 * length}}}$"}


AddressIn = Annotated[bytes, BeforeValidator(_checked_address), WithJsonSchema(_schema(20))]
"""20 bytes from 0x-text; where letters are of mixed case, they must be the EIP-55 checksum."""
HashIn = Annotated[bytes, BeforeValidator(_hex_of(32)), WithJsonSchema(_schema(32))]
SelectorIn = Annotated[bytes, BeforeValidator(_hex_of(4)), WithJsonSchema(_schema(4))]


def address_text(address: bytes) -> str:
    """EIP-55."""
    return to_checksum_address(address)


def time_text(seconds: int) -> str:
    """RFC 3339 in UTC, as Prividium's clients expect it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Pagination(Answer):
    current_page: int
    total_pages: int
    total_items: int
    limit: int
    offset: int


class Page(Answer, Generic[Item]):
    items: list[Item]
    pagination: Pagination


class PageQuery(BaseModel):
    limit: int
    offset: int


def page_query(
    limit: Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)] = 10, offset: Annotated[int, Query(ge=0, le=2**31)] = 0
) -> PageQuery:
    return PageQuery(limit=limit, offset=offset)


def page_of(session: Session, statement: Select[Row], query: PageQuery, show: Callable[[Row], Item]) -> Page[Item]:
    """One page of an ordered statement over one entity."""
    total = session.scalar(select(func.count()).select_from(statement.order_by(None).subquery())) or 0
    rows = session.scalars(statement.limit(query.limit).offset(query.offset))
    return Page(
        items=[show(row) for row in rows],
        pagination=Pagination(
            current_page=query.offset // query.limit + 1,
            total_pages=-(-total // query.limit),
            total_items=total,
            limit=query.limit,
            offset=query.offset,
        ),
    )
