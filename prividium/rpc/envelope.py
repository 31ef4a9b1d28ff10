"""JSON-RPC 2.0 envelopes: what a body asks, and how it is answered (https://www.jsonrpc.org/specification)."""

import json
import re
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from prividium.types import Json

RequestId: TypeAlias = str | int | None

PARSE_ERROR: Final = -32700
INVALID_REQUEST: Final = -32600
METHOD_NOT_FOUND: Final = -32601
INVALID_PARAMS: Final = -32602
INTERNAL_ERROR: Final = -32603


class RpcError(Exception):
    """An error as the caller sees it. `reason`, a stable code, is its `data`, unless there is revert data to show.

    Not an object: web3.py takes an object for the sign of a revert.
    """

    def __init__(self, code: int, message: str, reason: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.data = data


# A string without end matches too, so that no byte is looked at twice.
_STRING_OR_BRACKET = re.compile(rb'"[^"\\]*(?:\\(?:.|\Z)[^"\\]*)*(?:"|\Z)|[\[\]{}]', re.DOTALL)


@dataclass(frozen=True)
class Call:
    """One well-formed request. `params` are positional: no Ethereum method takes them by name."""

    id: RequestId
    method: str
    params: tuple[Json, ...]
    notification: bool = False


@dataclass(frozen=True)
class Malformed:
    """One item that is not a request, with the error that answers it."""

    id: RequestId
    error: RpcError


@dataclass(frozen=True)
class Body:
    items: tuple[Call | Malformed, ...]
    batch: bool


@dataclass(frozen=True)
class EnvelopeLimits:
    batch_items_max: int
    depth_max: int


def parse_body(body: bytes, limits: EnvelopeLimits) -> Body:
    """Raises RpcError where the whole body is unusable; a bad item of a batch is answered by itself."""
    _check_depth(body, limits.depth_max)
    document = _parse_json(body)
    if not isinstance(document, list):
        return Body((_parse_item(document),), batch=False)
    if not document:
        raise RpcError(INVALID_REQUEST, "a batch needs at least one request", "batch_empty")
    if len(document) > limits.batch_items_max:
        message = f"batch too large: {len(document)} requests, at most {limits.batch_items_max} are accepted"
        raise RpcError(INVALID_REQUEST, message, "batch_too_large")
    return Body(tuple(_parse_item(item) for item in document), batch=True)


def result_envelope(request_id: RequestId, result: Json) -> dict[str, Json]:
    return {"jsonrpc": "2.0", "id": request_id, "result": result}


def error_envelope(request_id: RequestId, error: RpcError) -> dict[str, Json]:
    data = error.reason if error.data is None else error.data
    return {"jsonrpc": "2.0", "id": request_id, "error": {"code": error.code, "message": error.message, "data": data}}


def _check_depth(body: bytes, depth_max: int) -> None:
    """Before parsing: the parser recurses, and how deep it may go is not ours to say in a process of many libraries."""
    if body.count(b"[") + body.count(b"{") <= depth_max:
        return
    depth = 0
    for found in _STRING_OR_BRACKET.finditer(body):
        match found.group()[:1]:
            case b"[" | b"{":
                depth += 1
                if depth > depth_max:
                    raise RpcError(INVALID_REQUEST, f"the request nests deeper than {depth_max} levels", "too_deep")
            case b"]" | b"}":
                depth -= 1


def _parse_json(body: bytes) -> Json:
    try:
        document: Json = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object_of_different_keys
        )
    except ValueError:
        raise RpcError(PARSE_ERROR, "the body is not JSON in UTF-8", "json_invalid") from None
    return document


def _object_of_different_keys(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """Which of two equal keys counts, parsers disagree about (RFC 8259 section 4)."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise RpcError(INVALID_REQUEST, "an object has the same key twice", "duplicate_key")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _parse_item(item: Json) -> Call | Malformed:
    if not isinstance(item, dict):
        return _malformed(None, "a request is an object")
    request_id = item.get("id")
    if isinstance(request_id, bool) or not (request_id is None or isinstance(request_id, (str, int))):
        return _malformed(None, "id is a string, a whole number or null")
    if item.get("jsonrpc") != "2.0":
        return _malformed(request_id, 'jsonrpc must be "2.0"')
    method, params = item.get("method"), item.get("params", [])
    if not isinstance(method, str):
        return _malformed(request_id, "method is a string")
    if isinstance(params, dict):
        message = "params are given by position, in an array"
        return Malformed(request_id, RpcError(INVALID_PARAMS, message, "params_by_name"))
    if not isinstance(params, list):
        return _malformed(request_id, "params is an array")
    return Call(request_id, method, tuple(params), notification="id" not in item)


def _malformed(request_id: RequestId, problem: str) -> Malformed:
    return Malformed(request_id, RpcError(INVALID_REQUEST, f"invalid request: {problem}", "request_invalid"))
