"""The composition root: the node's parts behind one HTTP application."""

import logging
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prividium import clock
from prividium.api import install_api
from prividium.audit import trail
from prividium.disclosure.routes import PERMISSION as DISCLOSURE_READ
from prividium.disclosure.routes import AnchorAddress, DisclosureSource
from prividium.disclosure.routes import router as disclosure_router
from prividium.errors import Conflict, Forbidden, PrividiumError
from prividium.identity.caller import AdminWriter, Caller, request_id_of
from prividium.ledger.reads import Reads
from prividium.node.discovery import PATH as DISCOVERY_PATH
from prividium.node.discovery import discovery_document
from prividium.node.parts import Node
from prividium.node.status import LISTED_MAX, batch_document, batches_document
from prividium.openapi import install_openapi
from prividium.permissions.visibility import FULL_READ
from prividium.rest import time_text
from prividium.rpc.chain import Chain, ChainLimits
from prividium.rpc.dispatch import Door, DoorLimits, Noted
from prividium.rpc.edge import RpcEdge
from prividium.rpc.envelope import EnvelopeLimits
from prividium.rpc.filters import Filters
from prividium.rpc.heights import Heights
from prividium.rpc.sockets import SocketLimits, Sockets
from prividium.rpc.wallet.door import WalletDoor
from prividium.rpc.wallet.routes import WalletSource
from prividium.rpc.wallet.routes import router as wallet_router
from prividium.types import Json

log = logging.getLogger(__name__)

SEAL_SECONDS_MAX = 60.0
BATCH_READERS = ("admin_read", FULL_READ, DISCLOSURE_READ)
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
"""Set where the answer does not set its own."""


def build_application(node: Node) -> ASGIApp:
    """The application of a started node."""
    app = FastAPI(title="Prividium", version=node.version, docs_url=None, redoc_url=None, openapi_url=None)
    app.state.disclosures = DisclosureSource(node.ledger, node.settings.chain_id, lambda: _anchor(node))
    install_api(
        app,
        database=node.database,
        identity=node.identity,
        policy_changed=node.policy_changed,
        ledger=node.ledger,
    )
    app.state.wallet_source = WalletSource(node.ledger, node.policy)
    app.include_router(disclosure_router)
    app.include_router(wallet_router)
    door = build_door(node)
    _add_rpc(app, node, door)
    _add_health(app, node)
    app.add_api_route(DISCOVERY_PATH, lambda: JSONResponse(discovery_document(node)), methods=["GET"])
    _add_batches(app, node)
    install_openapi(app, node.version)
    headers = _security_headers(https=node.settings.base_url.startswith("https://"))
    app.add_middleware(SecurityHeaders, headers=headers)
    return RpcEdge(app, door, headers)


def build_chain(node: Node) -> Chain:
    """What the RPC methods work with."""
    settings = node.settings
    heights = Heights(lambda: node.index.height)
    node.index.on_height(heights.notify)
    return Chain(
        ledger=node.ledger,
        index=node.index,
        reads=Reads(node.ledger, settings.rpc_threads_max),
        submit=node.sequencer.submit,
        sight=node.sight.current,
        chain_id=settings.chain_id,
        client_version=f"Prividium/v{node.version}",
        limits=ChainLimits(settings.rpc_logs_max, settings.rpc_block_range_max, settings.rpc_sync_ms_max),
        filters=Filters(settings.rpc_filters_per_person_max, settings.rpc_filter_ttl_seconds),
        heights=heights,
    )


def build_door(node: Node) -> Door:
    settings = node.settings
    limits = DoorLimits(
        envelope=EnvelopeLimits(settings.rpc_batch_items_max, settings.rpc_depth_max),
        body_bytes_max=settings.rpc_body_bytes_max,
        person_requests_per_minute_max=settings.rpc_requests_per_minute_max,
        anonymous_requests_per_minute_max=settings.rpc_anonymous_requests_per_minute_max,
        threads_max=settings.rpc_threads_max,
    )

    def record(notes: Sequence[Noted]) -> None:
        with node.database.write() as session:
            trail.record_all(session, [_event(node, note) for note in notes])

    return Door(
        build_chain(node), identify=node.identity.principal_for, known=node.identity.known, record=record, limits=limits
    )


def _event(node: Node, note: Noted) -> trail.Event:
    hasher, call = node.identity.request_hasher, note.call
    return trail.Event(
        actor=None if note.principal is None else note.principal.user_id,
        action=f"rpc.{note.method}",
        outcome=note.outcome,
        reason=note.reason,
        subject=note.subject,
        request_id=note.request_id,
        request_hash=None if call is None else hasher.of_call(call.method, call.params),
    )


def _add_rpc(app: FastAPI, node: Node, door: Door) -> None:
    settings = node.settings
    limits = SocketLimits(
        message_bytes_max=settings.rpc_body_bytes_max,
        per_person_max=settings.rpc_sockets_per_person_max,
        subscriptions_max=settings.rpc_socket_subscriptions_max,
        session_check_seconds=settings.rpc_socket_session_check_seconds,
    )
    sockets = Sockets(door, node.identity.principal_for, limits)
    app.router.routes.append(Route("/rpc", door.endpoint, methods=["POST"]))
    app.router.routes.append(Route("/rpc/wallet/{token}", WalletDoor(door, node.database).endpoint, methods=["POST"]))
    app.router.routes.append(WebSocketRoute("/rpc", sockets.endpoint))
    app.state.after_write = _RightsChanged(node, sockets)


class _RightsChanged:
    """After a change by REST: the ledger takes the newest rules, and nobody listens on who may not any more."""

    def __init__(self, node: Node, sockets: Sockets) -> None:
        self._node = node
        self._sockets = sockets
        self._version = node.policy.current_version()

    def __call__(self) -> None:
        try:
            self._node.policy_changed()
        finally:
            version = self._node.policy.current_version()
            if version != self._version:
                self._version = version
                self._sockets.doubt()


def _anchor(node: Node) -> AnchorAddress | None:
    deployment = None if node.settlement is None else node.settlement.deployment
    return None if deployment is None else AnchorAddress(deployment.l1_chain_id, deployment.settlement)


def _add_health(app: FastAPI, node: Node) -> None:
    @app.get("/health")
    def health() -> JSONResponse:
        """The process answers."""
        return JSONResponse({"ok": True, "version": node.version})

    @app.get("/readyz")
    def ready() -> JSONResponse:
        """The parts that users need are well; 503 with the code of what is not."""
        failures = {"database": _database_failure(node), "ledger": node.sequencer.failure, "index": node.index.failure}
        checks: Json = {name: {"ok": code is None, "code": code} for name, code in failures.items()}
        ok = not any(failures.values())
        document: Json = {"ok": ok, "checks": checks, "updatedAt": time_text(clock.now()), "version": node.version}
        return JSONResponse(document, 200 if ok else 503)


def _database_failure(node: Node) -> str | None:
    try:
        node.policy.current_version()
    except PrividiumError as error:
        return error.code
    return None


def _add_batches(app: FastAPI, node: Node) -> None:
    @app.get("/api/batches")
    def batches(
        caller: Caller,
        before: Annotated[int | None, Query(ge=1)] = None,
        limit: Annotated[int, Query(ge=1, le=LISTED_MAX)] = 20,
    ) -> JSONResponse:
        """Batches, newest first, each with how far it has come. For administrators and auditors."""
        if not any(caller.may(permission) for permission in BATCH_READERS):
            raise Forbidden("permission_missing", "batches are for administrators and auditors")
        return JSONResponse(batches_document(node, before, limit))

    @app.post("/api/batches", status_code=201)
    def seal(request: Request, writer: AdminWriter) -> JSONResponse:
        """Seal the open blocks now."""
        batch = node.sequencer.seal_now().result(SEAL_SECONDS_MAX)
        if batch is None:
            raise Conflict("nothing_to_seal", "every block is in a batch already")
        with node.database.write() as session:
            trail.record(
                session,
                actor=writer.user_id,
                action="batch.seal",
                outcome="allowed",
                subject=str(batch.number),
                request_id=request_id_of(request),
            )
        return JSONResponse(batch_document(node, batch), 201)


def _security_headers(*, https: bool) -> dict[str, str]:
    transport = {"strict-transport-security": "max-age=31536000; includeSubDomains"} if https else {}
    return SECURITY_HEADERS | transport


class SecurityHeaders:
    """Sets SECURITY_HEADERS on every HTTP answer."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
