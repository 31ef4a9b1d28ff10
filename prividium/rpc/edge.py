"""POST /rpc before everything else that the application does with a request.

Routing, validation and cross-origin rules are for REST; to a program that sends calls one by one they cost several
times what judging the call does. What a browser sends from a page (it has an Origin) goes the long way.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from prividium import clock
from prividium.rpc.dispatch import Door

PATH: Final = "/rpc"
_ORIGIN: Final = b"origin"
_REQUEST_ID: Final = b"x-request-id"


class RpcEdge:
    """Both ways lead to the same door. `headers` are set on every answer."""

    def __init__(self, app: ASGIApp, door: Door, headers: Mapping[str, str]) -> None:
        self._app = app
        self._door = door
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _is_program_call(scope):
            await self._app(scope, receive, send)
            return
        request_id = clock.new_id()
        scope["state"] = {**scope.get("state", {}), "request_id": request_id}
        answer = await self._door.endpoint(Request(scope, receive))
        answer.raw_headers += [*self._headers, (_REQUEST_ID, request_id.encode())]
        await answer(scope, receive, send)


def _is_program_call(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
        return False
    return not any(name == _ORIGIN for name, _ in scope["headers"])
