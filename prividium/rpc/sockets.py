"""JSON-RPC over WebSocket (RFC 6455) at `/rpc`: the same door, and subscriptions.

Identity comes from a header of the handshake, or from the first message, never from the address. The socket ends with
its session or API key; a client that does not take what it is sent loses its socket.
"""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from prividium import clock
from prividium.errors import PrividiumError, RateLimited, Unauthorized
from prividium.identity.credentials import Credentials, credentials_of
from prividium.identity.principal import Principal
from prividium.rpc.chain import Caller
from prividium.rpc.dispatch import Door, Noted, Visit
from prividium.rpc.envelope import Call, RpcError, error_envelope, result_envelope
from prividium.rpc.heights import Heights
from prividium.rpc.refusals import refusal, unauthorized
from prividium.rpc.subscriptions import Subscriptions, next_notifications
from prividium.types import Json

log = logging.getLogger(__name__)

AUTHENTICATE: Final = "prividium_authenticate"
AUTHENTICATE_SECONDS_MAX: Final = 10.0
SEND_SECONDS_MAX: Final = 10.0
LAG_BLOCKS_MAX: Final = 10_000
STRANGERS_MAX: Final = 64
"""Sockets that have not said yet who they are."""

POLICY_VIOLATION: Final = 1008
UNSUPPORTED_DATA: Final = 1003
MESSAGE_TOO_BIG: Final = 1009
TRY_AGAIN_LATER: Final = 1013
SESSION_ENDED: Final = 3000
TIMED_OUT: Final = 3008
"""Close codes of RFC 6455 and of IANA's registry."""


@dataclass(frozen=True)
class SocketLimits:
    message_bytes_max: int
    per_person_max: int
    subscriptions_max: int
    session_check_seconds: float


class _Closing(Exception):
    """The socket must be closed, and why."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class _Session:
    """One socket of one person. `credentials` are presented anew with every message: rights and sessions change."""

    def __init__(self, socket: WebSocket, credentials: Credentials, subscriptions: Subscriptions) -> None:
        self.socket = socket
        self.credentials = credentials
        self.subscriptions = subscriptions
        self.delivering = asyncio.Lock()


class Sockets:
    def __init__(self, door: Door, identify: Callable[[Credentials], Principal | None], limits: SocketLimits) -> None:
        self._door = door
        self._chain = door.chain
        self._identify = identify
        self._limits = limits
        self._open: Counter[str] = Counter()
        self._strangers = 0
        self._doubts_count = 0
        self._doubts = Heights(lambda: self._doubts_count)

    def doubt(self) -> None:
        """Rights have changed: look now whether everybody may still listen. Any thread."""
        self._doubts_count += 1
        self._doubts.notify()

    async def endpoint(self, socket: WebSocket) -> None:
        credentials = credentials_of(socket)
        refused = await self._refused(socket, credentials)
        if refused is not None:
            await socket.send_denial_response(refused)
            return
        await socket.accept()
        try:
            if not credentials.present:
                credentials = await self._first_message(socket, credentials.address)
            await self._serve(socket, credentials)
        except _Closing as closing:
            await _close(socket, closing)
        except WebSocketDisconnect:
            return

    # who is it

    async def _refused(self, socket: WebSocket, credentials: Credentials) -> Response | None:
        """Why there will be no socket at all."""
        if socket.url.query:
            return Response("nothing is taken from the address; send the token in a header or a message", 400)
        if not credentials.present and self._strangers >= STRANGERS_MAX:
            return Response("too many sockets without a session", 503)
        try:
            await self._door.in_thread(self._door.who, credentials, 1)
            if credentials.present:
                await self._person(credentials)
        except RateLimited:
            return Response("too many requests", 429, {"retry-after": "60"})
        except Unauthorized as error:
            await self._record(None, error.code)
            return Response("the session does not hold", 401, {"www-authenticate": "Bearer"})
        return None

    async def _first_message(self, socket: WebSocket, address: str) -> Credentials:
        """The Authorization header that the first message stands for."""
        self._strangers += 1
        try:
            data = await asyncio.wait_for(self._receive(socket), AUTHENTICATE_SECONDS_MAX)
        except TimeoutError:
            raise _Closing(TIMED_OUT, "the first message must authenticate") from None
        finally:
            self._strangers -= 1
        call = self._only_call(data)
        if call is None or call.method != AUTHENTICATE or len(call.params) != 1:
            await self._send(socket, error_envelope(None if call is None else call.id, unauthorized()))
            raise _Closing(SESSION_ENDED, "the first message must authenticate")
        credentials = Credentials(f"Bearer {call.params[0]}", address=address)
        try:
            await self._person(credentials)
        except Unauthorized as error:
            await self._record(None, error.code)
            await self._send(socket, error_envelope(call.id, unauthorized()))
            raise _Closing(SESSION_ENDED, "the session does not hold") from None
        await self._send(socket, result_envelope(call.id, True))
        return credentials

    def _only_call(self, data: bytes) -> Call | None:
        try:
            body = self._door.parse(data)
        except RpcError:
            return None
        found = body.items[0]
        return found if isinstance(found, Call) and not body.batch else None

    async def _person(self, credentials: Credentials) -> Principal:
        """Raises Unauthorized."""
        principal = await self._door.in_thread(self._identify, credentials)
        if principal is None:
            raise Unauthorized("not_signed_in", "sign in and send the session token")
        return principal

    async def _still_there(self, session: _Session) -> Principal:
        try:
            return await self._person(session.credentials)
        except Unauthorized:
            raise _Closing(SESSION_ENDED, "the session has ended") from None
        except PrividiumError as error:
            log.warning("a socket is closed, its session cannot be checked: %s", error.message)
            raise _Closing(TRY_AGAIN_LATER, "the session cannot be checked now") from None

    async def _record(self, principal: Principal | None, reason: str) -> None:
        note = Noted(principal, AUTHENTICATE, reason, "", clock.new_id())
        await self._door.in_thread(self._door.record, [note])

    # serve

    async def _serve(self, socket: WebSocket, credentials: Credentials) -> None:
        subscriptions = Subscriptions(self._chain, self._limits.subscriptions_max)
        session = _Session(socket, credentials, subscriptions)
        person = (await self._still_there(session)).user_id
        if self._open[person] >= self._limits.per_person_max:
            raise _Closing(POLICY_VIOLATION, f"at most {self._limits.per_person_max} sockets for one person")
        self._open[person] += 1
        tasks = [asyncio.create_task(work(session)) for work in (self._read, self._watch, self._guard)]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._open[person] -= 1
            if not self._open[person]:
                del self._open[person]

    async def _read(self, session: _Session) -> None:
        """Answers one message after the other until the client goes."""
        while True:
            data = await self._receive(session.socket)
            answer = await self._answer(session, data)
            if answer is not None:
                await self._send(session.socket, answer)
            session.subscriptions.announce()
            await self._deliver(session)

    async def _answer(self, session: _Session, data: bytes) -> Json:
        malformed: RpcError | None = None
        count = 1
        try:
            body = self._door.parse(data)
            count = len(body.items)
        except RpcError as error:
            malformed = error
        try:
            principal = await self._door.in_thread(self._door.who, session.credentials, count)
        except RateLimited as error:
            return error_envelope(None, refusal(error))
        if principal is None:
            raise _Closing(SESSION_ENDED, "the session has ended")
        if malformed is not None:
            return error_envelope(None, malformed)
        return await self._door.answer(body, Visit(principal, clock.new_id(), session.subscriptions))

    async def _watch(self, session: _Session) -> None:
        """Tells of new blocks."""
        while True:
            height = self._chain.height
            await self._deliver(session)
            await self._chain.heights.beyond(height, self._limits.session_check_seconds)

    async def _guard(self, session: _Session) -> None:
        """Looks whether the session is still there: now and then, and whenever rights have changed."""
        while True:
            seen = self._doubts_count
            await self._still_there(session)
            await self._doubts.beyond(seen, self._limits.session_check_seconds)

    async def _deliver(self, session: _Session) -> None:
        """Everything up to now, with the rights of now."""
        async with session.delivering:
            height = self._chain.height
            due = session.subscriptions.due(height)
            if not due:
                return
            caller = Caller(await self._still_there(session))
            for subscription in due:
                if height - subscription.next_block > LAG_BLOCKS_MAX:
                    raise _Closing(TRY_AGAIN_LATER, "too far behind the chain")
                while subscription.next_block <= height and session.subscriptions.is_open(subscription):
                    messages = await self._door.in_thread(next_notifications, self._chain, caller, subscription, height)
                    for message in messages:
                        await self._send(session.socket, message)
                    if subscription.next_block <= height:
                        caller = Caller(await self._still_there(session))

    # the wire

    async def _receive(self, socket: WebSocket) -> bytes:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1006))
        text = message.get("text")
        if text is None:
            raise _Closing(UNSUPPORTED_DATA, "messages are text")
        data = str(text).encode()
        if len(data) > self._limits.message_bytes_max:
            raise _Closing(MESSAGE_TOO_BIG, "the message is too large")
        return data

    async def _send(self, socket: WebSocket, document: Json) -> None:
        try:
            await asyncio.wait_for(socket.send_text(json.dumps(document, separators=(",", ":"))), SEND_SECONDS_MAX)
        except TimeoutError:
            raise _Closing(TRY_AGAIN_LATER, "the client does not take its messages") from None


async def _close(socket: WebSocket, closing: _Closing) -> None:
    try:
        await asyncio.wait_for(socket.close(closing.code, closing.reason), 1.0)
    except (TimeoutError, WebSocketDisconnect, RuntimeError):
        # It is closed already, or does not read: the server drops the connection when this endpoint returns.
        return
