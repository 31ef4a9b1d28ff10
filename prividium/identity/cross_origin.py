"""Pages of registered applications may call this node from their own origin (Fetch standard, CORS protocol).

Only by credentials that a page holds itself: `Access-Control-Allow-Credentials` is never sent, so no cookie of ours
takes part. `/rpc/wallet/` is open to every origin, since its credential is in the address.
"""

from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prividium.identity.service import Identity

OPEN_PREFIX: Final = "/rpc/wallet/"
ALLOWED_METHODS: Final = "GET, POST, PUT, PATCH, DELETE"
ALLOWED_HEADERS: Final = "authorization, content-type, x-api-key, x-step-up-proof"
EXPOSED_HEADERS: Final = "x-request-id, retry-after"
PREFLIGHT_SECONDS: Final = "600"


class CrossOrigin:
    def __init__(self, app: ASGIApp, identity: Identity) -> None:
        self._app = app
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        allowed = None if origin is None else await self._allowed(origin, str(scope["path"]))
        if allowed is None:
            await self._app(scope, receive, send)
        elif scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            await _preflight(allowed)(scope, receive, send)
        else:
            await self._app(scope, receive, _sharing(send, allowed))

    async def _allowed(self, origin: str, path: str) -> str | None:
        """The value of Access-Control-Allow-Origin; None for pages that may not read the answer."""
        if path.startswith(OPEN_PREFIX):
            return "*"
        known = await run_in_threadpool(self._known, origin)
        return origin if known else None

    def _known(self, origin: str) -> bool:
        with self._identity.database.read() as session:
            return self._identity.oauth_clients.serves(session, origin)


def _preflight(allowed: str) -> Response:
    headers = {
        "access-control-allow-origin": allowed,
        "access-control-allow-methods": ALLOWED_METHODS,
        "access-control-allow-headers": ALLOWED_HEADERS,
        "access-control-max-age": PREFLIGHT_SECONDS,
        "vary": "Origin",
    }
    return Response(status_code=204, headers=headers)


def _sharing(send: Send, allowed: str) -> Send:
    async def shared(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers["access-control-allow-origin"] = allowed
            headers["access-control-expose-headers"] = EXPOSED_HEADERS
            headers.add_vary_header("Origin")
        await send(message)

    return shared
