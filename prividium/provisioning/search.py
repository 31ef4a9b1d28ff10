"""Queries of RFC 7644 §3.4.2: filter, page and the attributes that are wanted."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from fastapi import Request
from pydantic import ValidationError
from scim2_models import (
    Context,
    InvalidFilterException,
    InvalidValueException,
    ListResponse,
    Resource,
    ResponseParameters,
    ScimFilter,
)
from scim2_models.path import CompareOperator, Comparison, FilterNode, LogicalExpr, LogicalOperator
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from prividium.provisioning.refusals import of_validation
from prividium.provisioning.resources import PAGE_ROWS_MAX

FILTER_LENGTH_MAX: Final = 2_048
_SCAN_ROWS: Final = 500
Row = TypeVar("Row")
Shown = TypeVar("Shown", bound=Resource[Any])


@dataclass(frozen=True)
class Kind(Generic[Row, Shown]):
    """A type of resource: its rows in a fixed order, how they are shown, and the columns that a filter may use."""

    model: type[Shown]
    rows: Select[Row]
    show: Callable[[Session, Sequence[Row], str], list[Shown]]
    columns: dict[str, Callable[[str], ColumnElement[bool]]]
    """By attribute in small letters: the condition that it equals a text."""


@dataclass(frozen=True)
class Query:
    filter: str | None
    start: int
    """From 1."""
    count: int


def query_of(request: Request) -> Query:
    """Raises InvalidValueException and InvalidFilterException."""
    text = request.query_params.get("filter")
    if text is not None and len(text) > FILTER_LENGTH_MAX:
        raise InvalidFilterException(detail=f"the filter is longer than {FILTER_LENGTH_MAX} characters")
    start, count = _number(request, "startIndex", 1), _number(request, "count", PAGE_ROWS_MAX)
    return Query(text, max(start, 1), min(max(count, 0), PAGE_ROWS_MAX))


def response_parameters(model: type[Resource[Any]], request: Request) -> ResponseParameters[Any]:
    """Raises SCIMException."""
    given = {
        name: request.query_params[name]
        for name in ("attributes", "excludedAttributes")
        if request.query_params.get(name)
    }
    parameters: type[ResponseParameters[Any]] = ResponseParameters[model]  # type: ignore[valid-type]
    try:
        return parameters.model_validate(given)
    except ValidationError as error:
        raise of_validation(error) from None


def listed(session: Session, kind: Kind[Row, Shown], request: Request, base: str) -> dict[str, Any]:
    """One page, as `ListResponse`."""
    query, wanted = query_of(request), response_parameters(kind.model, request)
    total, page = _page(session, kind, query, base)
    response: type[ListResponse[Any]] = ListResponse[kind.model]  # type: ignore[name-defined]
    answer = response(total_results=total, start_index=query.start, items_per_page=len(page), resources=page)
    body: dict[str, Any] = answer.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=wanted)
    return body


def _page(session: Session, kind: Kind[Row, Shown], query: Query, base: str) -> tuple[int, list[Shown]]:
    if query.filter is None:
        total = session.scalar(select(func.count()).select_from(kind.rows.order_by(None).subquery())) or 0
        rows = session.scalars(kind.rows.offset(query.start - 1).limit(query.count)).all()
        return total, kind.show(session, rows, base)
    matching = list(_matching(session, kind, query.filter, base))
    return len(matching), matching[query.start - 1 : query.start - 1 + query.count]


def _matching(session: Session, kind: Kind[Row, Shown], text: str, base: str) -> Iterator[Shown]:
    condition: ScimFilter[Any] = ScimFilter[kind.model](text)  # type: ignore[name-defined]
    rows = kind.rows.where(*_narrowed(kind, condition.ast))
    for chunk in session.scalars(rows).partitions(_SCAN_ROWS):
        yield from (shown for shown in kind.show(session, chunk, base) if condition.match(shown))


def _narrowed(kind: Kind[Row, Shown], node: FilterNode) -> Iterator[ColumnElement[bool]]:
    """What every match fulfils and the database can look up: what identity providers ask before each change."""
    if isinstance(node, LogicalExpr) and node.op is LogicalOperator.and_:
        for term in node.terms:
            yield from _narrowed(kind, term)
    elif isinstance(node, Comparison) and node.op is CompareOperator.eq and isinstance(node.value, str):
        column = kind.columns.get(str(node.attr_path).lower())
        if column is not None:
            yield column(node.value)


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 9):
        raise InvalidValueException(detail=f"{name} is not an integer")
    return int(text)
