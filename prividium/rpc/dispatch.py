"""The door: parse, identify, permit, call, answer.

HTTP is always 200, but for 413 (body too large) and 429 (too many calls). Every denial is recorded in the audit trail
before its answer leaves.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from prividium._core import CoreError, DeniedError
from prividium.errors import PrividiumError, RateLimited, Unauthorized
from prividium.identity.principal import Principal
from prividium.identity.rate_limit import SlidingWindow
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    Body,
    Call,
    EnvelopeLimits,
    Malformed,
    RpcError,
    error_envelope,
    parse_body,
    result_envelope,
)
from prividium.rpc.methods import Answer, Treatment, find_method
from prividium.rpc.refusals import FORBIDDEN, UNAUTHORIZED, method_forbidden, method_not_found, refusal, unauthorized
from prividium.types import Json, to_hex

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Denial:
    """What the audit trail keeps: no arguments, no amounts, no tokens."""

    principal: Principal | None
    method: str
    reason: str
    subject: str
    request_id: str


@dataclass(frozen=True)
class DoorLimits:
    envelope: EnvelopeLimits
    body_bytes_max: int
    person_requests_per_minute_max: int
    anonymous_requests_per_minute_max: int
    threads_max: int


@dataclass(frozen=True)
class _Visit:
    """One HTTP request once it is known who makes it."""

    principal: Principal | None
    request_id: str
    denials: list[Denial]


@dataclass(frozen=True)
class _Waiting:
    """One item whose answer comes later."""

    call: Call
    answer: Future[bytes]


Envelope = dict[str, Json]


class Door:
    """POST /rpc. The application around it gives each request its id (`request.state.request_id`).

    `identify` turns the Authorization header into a person: None without one, Unauthorized for a bad token.
    `record` writes denials to the audit trail in one transaction.
    """

    def __init__(
        self,
        chain: Chain,
        *,
        identify: Callable[[str | None], Principal | None],
        record: Callable[[Sequence[Denial]], None],
        limits: DoorLimits,
    ) -> None:
        self._chain = chain
        self._identify = identify
        self._record = record
        self._limits = limits
        self._persons = SlidingWindow(limits.person_requests_per_minute_max)
        self._strangers = SlidingWindow(limits.anonymous_requests_per_minute_max)
        self._threads = CapacityLimiter(limits.threads_max)

    async def endpoint(self, request: Request) -> Response:
        request_id = str(request.state.request_id)
        try:
            body = parse_body(await self._read(request), self._limits.envelope)
            address = request.client.host if request.client else ""
            header = request.headers.get("authorization")
            principal = await self._in_thread(self._who, header, address, len(body.items))
        except RpcError as error:
            status = 413 if error.reason == "body_too_large" else 200
            return _response(error_envelope(None, error), status)
        except RateLimited as error:
            return _response(error_envelope(None, refusal(error)), 429)
        except Exception as error:
            if not isinstance(error, PrividiumError):
                log.error("request %s: nobody could be identified", request_id, exc_info=error)
            return _response(error_envelope(None, refusal(error)), 200)
        return await self._answer(body, _Visit(principal, request_id, []))

    # parse and identify

    async def _read(self, request: Request) -> bytes:
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._limits.body_bytes_max:
                message = f"the body is larger than {self._limits.body_bytes_max} bytes"
                raise RpcError(INVALID_REQUEST, message, "body_too_large")
        return bytes(body)

    def _who(self, header: str | None, address: str, count: int) -> Principal | None:
        """Nobody, for a bad token too: public methods work with it, all others say that it is bad."""
        try:
            principal = self._identify(header)
        except Unauthorized:
            principal = None
        window, key = (self._strangers, address) if principal is None else (self._persons, principal.user_id)
        for _ in range(count):
            window.spend(key)
        return principal

    # permit, call, answer

    async def _answer(self, body: Body, visit: _Visit) -> Response:
        started = await self._in_thread(self._start_all, body, visit)
        answers = [await self._finish(item, visit) if isinstance(item, _Waiting) else item for item in started]
        if visit.denials:
            await self._in_thread(self._record_all, visit.denials)
        envelopes: list[Json] = [answer for answer in answers if answer is not None]
        if not envelopes:
            return Response(status_code=200)
        return _response(envelopes if body.batch else envelopes[0], 200)

    def _start_all(self, body: Body, visit: _Visit) -> list[_Waiting | Envelope | None]:
        return [self._start(item, visit) for item in body.items]

    def _start(self, item: Call | Malformed, visit: _Visit) -> _Waiting | Envelope | None:
        if isinstance(item, Malformed):
            return error_envelope(item.id, item.error)
        try:
            answer = self._call(item, visit.principal)
        except Exception as error:  # noqa: BLE001 (the edge: whatever happens becomes an answer, never a stack trace)
            return self._refuse(item, error, visit)
        return _Waiting(item, answer) if isinstance(answer, Future) else _result(item, answer)

    def _call(self, call: Call, principal: Principal | None) -> Answer:
        method = find_method(call.method)
        if principal is None and (method is None or method.treatment is not Treatment.PUBLIC):
            raise unauthorized()
        if method is None:
            raise method_not_found(call.method)
        if method.run is None:
            raise method_forbidden(call.method)
        return method.run(self._chain, Caller(principal), call.params)

    async def _finish(self, item: _Waiting, visit: _Visit) -> Envelope | None:
        try:
            return _result(item.call, to_hex(await asyncio.wrap_future(item.answer)))
        except (CoreError, PrividiumError) as error:
            return self._refuse(item.call, error, visit)

    def _refuse(self, call: Call, error: Exception, visit: _Visit) -> Envelope | None:
        shown = refusal(error)
        if shown.code in (FORBIDDEN, UNAUTHORIZED):
            reason = error.code if isinstance(error, (CoreError, PrividiumError)) else shown.reason
            visit.denials.append(Denial(visit.principal, call.method[:64], reason, _subject(error), visit.request_id))
        elif shown.code == INTERNAL_ERROR:
            log.error("request %s: %s failed", visit.request_id, call.method[:64], exc_info=error)
        return None if call.notification else error_envelope(call.id, shown)

    def _record_all(self, denials: Sequence[Denial]) -> None:
        try:
            self._record(denials)
        except PrividiumError as error:
            log.error("%d denials are missing in the audit trail: %s", len(denials), error.message)

    async def _in_thread(
        self, work: Callable[Arguments, Result], *given: Arguments.args, **_: Arguments.kwargs
    ) -> Result:
        return await run_sync(work, *given, limiter=self._threads)


def _result(call: Call, answer: Json) -> Envelope | None:
    return None if call.notification else result_envelope(call.id, answer)


def _subject(error: Exception) -> str:
    """Contract and function of a call that a rule denied."""
    if not isinstance(error, DeniedError):
        return ""
    target = "creation" if error.target is None else to_hex(error.target)
    return f"{target} {to_hex(error.selector)}"


def _response(document: Json, status: int) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    headers = {"retry-after": "60"} if status == 429 else {}
    return Response(body, status, headers, "application/json")
