"""Errors in the words of RFC 7644 §3.12, and the one place that reads a request's body."""

import json
from http import HTTPStatus

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from scim2_models import Error, InvalidSyntaxException, SCIMException

from prividium.types import Json

MEDIA_TYPE = "application/scim+json"
_ACCEPTED = (MEDIA_TYPE, "application/json")


class ScimResponse(JSONResponse):
    media_type = MEDIA_TYPE


def scim_error(status: int, detail: str, scim_type: str | None = None) -> ScimResponse:
    error = Error(status=status, detail=detail, scim_type=scim_type)
    headers = {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        headers["Retry-After"] = "60"
    return ScimResponse(error.model_dump(), status, headers)


async def answer_scim(_request: Request, error: Exception) -> ScimResponse:
    """What the library refused: syntax, filters, values, paths."""
    if not isinstance(error, SCIMException):
        raise TypeError("not a refusal of SCIM")
    shown = error.to_error()
    return scim_error(shown.status or 400, shown.detail or "the request was refused", shown.scim_type)


def of_validation(error: ValidationError) -> SCIMException:
    return SCIMException.from_error(Error.from_validation_errors(error)[0])


async def scim_body(request: Request) -> dict[str, Json]:
    """Raises InvalidSyntaxException."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in _ACCEPTED:
        raise InvalidSyntaxException(detail=f"send the body as {MEDIA_TYPE}")
    try:
        document = json.loads(await request.body(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise InvalidSyntaxException(detail="the body is not JSON, or repeats a name") from None
    if not isinstance(document, dict):
        raise InvalidSyntaxException(detail="the body is not an object")
    return document


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
