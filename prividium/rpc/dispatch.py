"""The door: parse, identify, permit, call, answer.

HTTP is always 200, but for 413 (body too large) and 429 (too many calls). Every denial, and every read by the
right to read everything, is recorded in the audit trail before its answer leaves. Where the trail takes no entry, a
denial is answered all the same, since it tells nothing; what was read by the right to read everything is withheld.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, ParamSpec, TypeAlias, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from prividium._core import CoreError, DeniedError
from prividium.audit.trail import Outcome
from prividium.errors import PrividiumError, RateLimited, Unauthorized, Unavailable
from prividium.identity.credentials import Credentials, credentials_of
from prividium.identity.principal import Principal
from prividium.identity.rate_limit import SlidingWindow
from prividium.permissions.visibility import FULL_READ
from prividium.rpc.chain import Caller, Chain, Connection
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
from prividium.rpc.methods import Answer, Treatment, find_method, reads_others
from prividium.rpc.refusals import FORBIDDEN, UNAUTHORIZED, method_forbidden, method_not_found, refusal, unauthorized
from prividium.types import Json, to_hex

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")
log = logging.getLogger(__name__)

SOON_BYTES_MAX: Final = 4_096
"""Bodies that are read on the event loop."""


@dataclass(frozen=True)
class Noted:
    """What the audit trail keeps: no arguments, no amounts, no tokens."""

    principal: Principal | None
    method: str
    reason: str
    subject: str
    request_id: str
    outcome: Outcome = "denied"
    call: Call | None = None
    """What was asked, to be hashed; None where no request could be read."""


@dataclass(frozen=True)
class DoorLimits:
    envelope: EnvelopeLimits
    body_bytes_max: int
    person_requests_per_minute_max: int
    anonymous_requests_per_minute_max: int
    threads_max: int


@dataclass(frozen=True)
class Visit:
    """One request, or one message of a WebSocket, once it is known who makes it."""

    principal: Principal | None
    request_id: str
    connection: Connection | None = None
    notes: list[Noted] = field(default_factory=list)


@dataclass(frozen=True)
class _Waiting:
    """One item whose answer comes later."""

    call: Call
    answer: "Future[bytes] | Coroutine[None, None, Json]"


Envelope = dict[str, Json]
_Item: TypeAlias = _Waiting | Envelope | None
_Parsed: TypeAlias = tuple[Body | None, RpcError | None]
"""The body, or why there is none."""


@dataclass(frozen=True)
class _Begun:
    """A body of which every item was started."""

    body: Body
    visit: Visit
    items: Sequence[_Item]

    @property
    def waits(self) -> bool:
        return any(isinstance(item, _Waiting) for item in self.items)

    @property
    def settled(self) -> list[Envelope | None]:
        return [item for item in self.items if not isinstance(item, _Waiting)]


class Door:
    """POST /rpc. The application around it gives each request its id (`request.state.request_id`).

    `identify` turns credentials into a person or machine: None without any, Unauthorized for bad ones. `known` does so
    without waiting: None for whom it would have to look up.
    `record` writes entries to the audit trail in one transaction.
    """

    def __init__(
        self,
        chain: Chain,
        *,
        identify: Callable[[Credentials], Principal | None],
        known: Callable[[Credentials], Principal | None],
        record: Callable[[Sequence[Noted]], None],
        limits: DoorLimits,
    ) -> None:
        self.chain = chain
        self._identify = identify
        self._known = known
        self._write_notes = record
        self._limits = limits
        self._persons = SlidingWindow(limits.person_requests_per_minute_max)
        self._strangers = SlidingWindow(limits.anonymous_requests_per_minute_max)
        self._threads = ThreadPoolExecutor(limits.threads_max, thread_name_prefix="rpc")

    async def endpoint(self, request: Request) -> Response:
        request_id = str(request.state.request_id)
        given: bytes | _Parsed
        try:
            given = await self.read(request)
            if len(given) <= SOON_BYTES_MAX:
                given = self._parsed(given)
        except RpcError as error:
            given = (None, error)
        credentials = credentials_of(request)
        begun = None if isinstance(given, bytes) else self._begin_soon(given[0], credentials, request_id)
        if begun is None:
            begun = await self.in_thread(self._begin_body, given, credentials, request_id)
        if isinstance(begun, Response):
            return begun
        return _whole_response(await self._complete(begun))

    def _begin_soon(self, body: Body | None, credentials: Credentials, request_id: str) -> "Response | _Begun | None":
        """A call of a method that does not wait, by nobody or by somebody who is known. None for all else: that needs a
        thread, and to change between threads costs more than most calls.
        """
        if body is None or body.batch or not _is_soon(body.items[0]):
            return None
        principal = self._known(credentials) if credentials.present else None
        if principal is None and credentials.present:
            return None
        try:
            self._spend(principal, credentials, 1)
        except RateLimited as error:
            return too_many(error)
        visit = Visit(principal, request_id)
        return _Begun(body, visit, [self._start(body.items[0], visit, self.chain, soon=True)])

    def _begin_body(self, given: bytes | _Parsed, credentials: Credentials, request_id: str) -> "Response | _Begun":
        """Everything up to the answer in one go on one thread, unless something in it has to be waited for."""
        body, malformed = self._parsed(given) if isinstance(given, bytes) else given
        try:
            principal = self.who(credentials, 1 if body is None else len(body.items))
        except RateLimited as error:
            return too_many(error)
        except Exception as error:
            if not isinstance(error, PrividiumError):
                log.error("request %s: nobody could be identified", request_id, exc_info=error)
            return response(error_envelope(None, refusal(error)), 200)
        if malformed is not None or body is None:
            return _unusable(malformed)
        begun = self._begin(body, Visit(principal, request_id))
        return begun if begun.waits else _whole_response(self._ended(begun, begun.settled))

    def _parsed(self, raw: bytes) -> _Parsed:
        try:
            return self.parse(raw), None
        except RpcError as error:
            return None, error

    def parse(self, body: bytes) -> Body:
        """Raises RpcError for a body that is unusable as a whole."""
        return parse_body(body, self._limits.envelope)

    # parse and identify

    async def read(self, request: Request) -> bytes:
        """The body; raises RpcError("body_too_large")."""
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > self._limits.body_bytes_max:
                message = f"the body is larger than {self._limits.body_bytes_max} bytes"
                raise RpcError(INVALID_REQUEST, message, "body_too_large")
        return bytes(body)

    def who(self, credentials: Credentials, count: int) -> Principal | None:
        """Who makes `count` calls; raises RateLimited. Nobody, for a bad token too: public methods work with it, all
        others say that it is bad.
        """
        try:
            principal = self._identify(credentials)
        except Unauthorized:
            principal = None
        self._spend(principal, credentials, count)
        return principal

    def _spend(self, principal: Principal | None, credentials: Credentials, count: int) -> None:
        window, key = (
            (self._strangers, credentials.address) if principal is None else (self._persons, principal.user_id)
        )
        for _ in range(count):
            window.spend(key)

    def spend_person(self, principal: Principal) -> None:
        """Count one call by another way than this door's; raises RateLimited."""
        self._persons.spend(principal.user_id)

    def spend_stranger(self, address: str) -> None:
        """As `spend_person`, for nobody in particular."""
        self._strangers.spend(address)

    # permit, call, answer

    async def answer(self, body: Body, visit: Visit) -> Json:
        """The answer to the whole body; None if nothing in it is answered."""
        begun = await self.in_thread(self._begin, body, visit)
        return await self._complete(begun) if begun.waits else self._ended(begun, begun.settled)

    def _begin(self, body: Body, visit: Visit) -> "_Begun":
        chain = self.chain.now if body.batch else self.chain
        begun = _Begun(body, visit, [self._start(item, visit, chain) for item in body.items])
        if begun.waits or not visit.notes:
            return begun
        return replace(begun, items=self._recorded(begun, begun.settled))

    async def _complete(self, begun: "_Begun") -> Json:
        answers: Sequence[Envelope | None] = (
            await asyncio.gather(*(self._settle(item, begun.visit) for item in begun.items))
            if len(begun.items) > 1
            else [await self._settle(begun.items[0], begun.visit)]
        )
        if begun.visit.notes:
            answers = await self.in_thread(self._recorded, begun, answers)
        return self._ended(begun, answers)

    def _recorded(self, begun: "_Begun", answers: Sequence[Envelope | None]) -> Sequence[Envelope | None]:
        """The answers as they may leave, once the audit trail has what it must have before that."""
        visit = begun.visit
        if self.record(visit.notes):
            return answers
        withheld = {id(note.call) for note in visit.notes if note.outcome == "allowed"}
        if withheld and visit.connection is not None:
            visit.connection.abandon()
        return [
            _withheld(item) if isinstance(item, Call) and id(item) in withheld else answer
            for item, answer in zip(begun.body.items, answers, strict=True)
        ]

    def _ended(self, begun: "_Begun", answers: Sequence[Envelope | None]) -> Json:
        envelopes: list[Json] = [answer for answer in answers if answer is not None]
        if not envelopes:
            return None
        return envelopes if begun.body.batch else envelopes[0]

    async def _settle(self, item: "_Item", visit: Visit) -> Envelope | None:
        return await self._finish(item, visit) if isinstance(item, _Waiting) else item

    def _start(self, item: Call | Malformed, visit: Visit, chain: Chain, *, soon: bool = False) -> _Item:
        if isinstance(item, Malformed):
            return error_envelope(item.id, item.error)
        try:
            answer = self._call(item, Caller(visit.principal, visit.connection), chain, soon=soon)
        except Exception as error:  # noqa: BLE001 (the edge: whatever happens becomes an answer, never a stack trace)
            return self._refuse(item, error, visit)
        self._note_privileged(item, visit)
        return _Waiting(item, answer) if isinstance(answer, Future | Coroutine) else _result(item, answer)

    def _note_privileged(self, call: Call, visit: Visit) -> None:
        """Who may read everything leaves an entry; everybody else's reads cost no write."""
        if visit.principal is not None and visit.principal.may(FULL_READ) and reads_others(call.method):
            visit.notes.append(
                Noted(visit.principal, call.method, FULL_READ, "", visit.request_id, outcome="allowed", call=call)
            )

    def _call(self, call: Call, caller: Caller, chain: Chain, *, soon: bool) -> Answer:
        method = find_method(call.method)
        if caller.principal is None and (method is None or method.treatment is not Treatment.PUBLIC):
            raise unauthorized()
        if method is None:
            raise method_not_found(call.method)
        run = method.soon if soon else method.run
        if run is None:
            raise method_forbidden(call.method)
        return run(chain, caller, call.params)

    async def _finish(self, item: _Waiting, visit: Visit) -> Envelope | None:
        try:
            if isinstance(item.answer, Future):
                return _result(item.call, to_hex(await asyncio.wrap_future(item.answer)))
            return _result(item.call, await item.answer)
        except Exception as error:  # noqa: BLE001 (the edge, as in `_start`)
            return self._refuse(item.call, error, visit)

    def _refuse(self, call: Call, error: Exception, visit: Visit) -> Envelope | None:
        shown = refusal(error)
        if shown.code in (FORBIDDEN, UNAUTHORIZED):
            reason = error.code if isinstance(error, (CoreError, PrividiumError)) else shown.reason
            label, subject = method_label(call.method), _subject(error)
            visit.notes.append(Noted(visit.principal, label, reason, subject, visit.request_id, call=call))
        elif shown.code == INTERNAL_ERROR:
            log.error("request %s: %s failed", visit.request_id, method_label(call.method), exc_info=error)
        return None if call.notification else error_envelope(call.id, shown)

    def record(self, notes: Sequence[Noted]) -> bool:
        """Write them to the audit trail, all or none; False if it does not take them."""
        try:
            self._write_notes(notes)
        except Exception as error:
            unforeseen = None if isinstance(error, PrividiumError) else error
            log.error("%d entries are missing in the audit trail: %s", len(notes), error, exc_info=unforeseen)
            return False
        return True

    async def in_thread(
        self, work: Callable[Arguments, Result], *given: Arguments.args, **_: Arguments.kwargs
    ) -> Result:
        """Runs `work` on one of the door's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given))


def _is_soon(item: Call | Malformed) -> bool:
    method = find_method(item.method) if isinstance(item, Call) else None
    return method is not None and method.soon is not None


def _result(call: Call, answer: Json) -> Envelope | None:
    return None if call.notification else result_envelope(call.id, answer)


def _withheld(call: Call) -> Envelope | None:
    """In place of an answer that the audit trail does not know of."""
    error = Unavailable(
        "audit_unavailable", "the audit trail takes no entries now, and this answer needs one; try again"
    )
    return None if call.notification else error_envelope(call.id, refusal(error))


def method_label(method: str) -> str:
    """A method's name for log and audit trail: callers make names up."""
    return "".join(character if character.isascii() and character.isprintable() else "?" for character in method[:64])


def _subject(error: Exception) -> str:
    """Contract and function of a call that a rule denied."""
    if not isinstance(error, DeniedError):
        return ""
    target = "creation" if error.target is None else to_hex(error.target)
    return f"{target} {to_hex(error.selector)}"


def _whole_response(answer: Json) -> Response:
    return Response(status_code=200) if answer is None else response(answer, 200)


def _unusable(error: RpcError | None) -> Response:
    shown = error or RpcError(INVALID_REQUEST, "the body is not usable", "body_invalid")
    return response(error_envelope(None, shown), 413 if shown.reason == "body_too_large" else 200)


def too_many(error: RateLimited) -> Response:
    return response(error_envelope(None, refusal(error)), 429)


def response(document: Json, status: int) -> Response:
    body = json.dumps(document, separators=(",", ":")).encode()
    headers = {"retry-after": "60"} if status == 429 else {}
    return Response(body, status, headers, "application/json")
