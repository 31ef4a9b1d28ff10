"""The REST API under /api: routers, the one map from errors to HTTP, request ids, and the audit of refusals."""

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from scim2_models import SCIMException
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from prividium import clock
from prividium._core import Ledger
from prividium.db.engine import Database
from prividium.errors import Forbidden, PrividiumError, RateLimited, Unauthorized
from prividium.identity.cross_origin import CrossOrigin
from prividium.identity.dev_idp import DevIdpConfig, dev_idp_application
from prividium.identity.issuers import BACKCHANNEL_LOGOUT_PATH, CALLBACK_PATH, DEV_IDP_PATH, SIGNED_OUT_PATH
from prividium.identity.pages import page
from prividium.identity.principal import Principal
from prividium.identity.routes import root_routers
from prividium.identity.routes import router as identity_router
from prividium.identity.routes.oauth import TOKEN_PATH, oauth_refusal
from prividium.identity.service import Identity
from prividium.identity.step_up import StepUpRequired
from prividium.issuer_settings import DEFAULT_ISSUER_ID
from prividium.permissions.decide import record_denial
from prividium.permissions.routes import router as administration_router
from prividium.permissions.routes.journal import ApprovalNeeded
from prividium.permissions.routes.proposals import answer_proposal
from prividium.provisioning.refusals import answer_scim, scim_error
from prividium.provisioning.resources import PATH as SCIM_PATH
from prividium.provisioning.routes import router as scim_router

BODY_BYTES_MAX: Final = 2 * 2**20
REQUEST_ID_HEADER: Final = "x-request-id"
RECURSION_LIMIT: Final = 1_000
"""Python's own. `py_ecc`, which comes with eth-account, raises it to 100 000 at import: nested JSON could then overflow
the C stack and end the process."""

_CODES: Final = {
    HTTPStatus.BAD_REQUEST: "INVALID_INPUT_ERROR",
    HTTPStatus.UNAUTHORIZED: "UNAUTHORIZED_ERROR",
    HTTPStatus.FORBIDDEN: "FORBIDDEN_ERROR",
    HTTPStatus.NOT_FOUND: "NOT_FOUND",
    HTTPStatus.CONFLICT: "CONFLICT",
    HTTPStatus.TOO_MANY_REQUESTS: "RATE_LIMIT_ERROR",
    HTTPStatus.SERVICE_UNAVAILABLE: "SERVICE_UNAVAILABLE",
}
_SPECIFIC_CODES: Final = {
    "wallet_not_linked": "WALLET_NOT_LINKED",
    "wallet_limit_exceeded": "WALLET_LIMIT_EXCEEDED",
    "role_exists": "ENTITY_ALREADY_EXISTS",
    "rule_exists": "ENTITY_ALREADY_EXISTS",
    "contract_exists": "ENTITY_ALREADY_EXISTS",
    "template_exists": "ENTITY_ALREADY_EXISTS",
}
"""Where Prividium has a code of its own for a case."""

_NOTHING: Final[Mapping[str, object]] = {}
_log = logging.getLogger(__name__)


def install_api(
    app: FastAPI,
    *,
    database: Database,
    identity: Identity,
    policy_changed: Callable[[], None] | None = None,
    ledger: Ledger | None = None,
) -> None:
    """Add everything under /api, and /dev-idp where no issuer is set.

    `policy_changed` is called after every committed change by REST and before its answer: new rules take effect then.
    `ledger` runs the calls that are explained.
    """
    sys.setrecursionlimit(RECURSION_LIMIT)
    app.state.database = database
    app.state.identity = identity
    app.state.after_write = policy_changed
    app.state.ledger = ledger
    app.include_router(identity_router)
    for root_router in root_routers:
        app.include_router(root_router)
    app.include_router(administration_router)
    app.include_router(scim_router)
    if identity.settings.uses_dev_idp:
        app.mount(DEV_IDP_PATH, dev_idp_application(_dev_idp_config(identity)))
    app.add_exception_handler(ApprovalNeeded, answer_proposal)
    app.add_exception_handler(PrividiumError, _answer_refusal)
    app.add_exception_handler(SCIMException, answer_scim)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_fault)
    app.add_middleware(CrossOrigin, identity=identity)
    app.add_middleware(_RequestFrame)


def _dev_idp_config(identity: Identity) -> DevIdpConfig:
    return DevIdpConfig(
        issuer=identity.public_url + DEV_IDP_PATH,
        client_id=identity.settings.oidc_client_id,
        redirect_uris=(identity.public_url + CALLBACK_PATH,),
        data_dir=identity.data_dir,
        post_logout_redirect_uris=(identity.public_url + SIGNED_OUT_PATH,),
        backchannel_logout_uri=f"{identity.public_url}{BACKCHANNEL_LOGOUT_PATH}/{DEFAULT_ISSUER_ID}",
    )


class _RequestFrame:
    """Gives every request an id, and refuses bodies that are too large before they are read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = clock.new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        received = 0

        async def bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > BODY_BYTES_MAX:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        async def labelled(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (REQUEST_ID_HEADER.encode(), request_id.encode())]
            await send(message)

        await self._app(scope, bounded, labelled)


async def _answer_refusal(request: Request, error: Exception) -> Response:
    if not isinstance(error, PrividiumError):
        raise TypeError("not a refusal")
    if isinstance(error, Unauthorized | Forbidden | RateLimited):
        await run_in_threadpool(_audit, request, error)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.error("request %s: %s", request.state.request_id, error.code)
    code = _SPECIFIC_CODES.get(error.code) or _CODES.get(HTTPStatus(error.status), "INTERNAL_SERVER_ERROR")
    if _wants_page(request):
        return page("signed_in.html", error.status, heading="That did not work", message=error.message)
    if request.url.path == TOKEN_PATH:
        return oauth_refusal(request, error)
    if _is_scim(request):
        return scim_error(error.status, error.message)
    headers = {"WWW-Authenticate": "Bearer"} if isinstance(error, Unauthorized) else {}
    beside = {"requiresStepUp": True, "action": error.action} if isinstance(error, StepUpRequired) else {}
    return _envelope(error.status, code, error.code, error.message, headers=headers, beside=beside)


async def _answer_invalid(request: Request, error: Exception) -> Response:
    """What the caller sent is not repeated: it may hold a secret."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    issues = [
        {
            "path": ".".join(str(part) for part in issue["loc"]),
            "message": str(issue["msg"]).removeprefix("Value error, "),
        }
        for issue in found
    ]
    message = "the request is not well-formed; see issues"
    return _envelope(HTTPStatus.BAD_REQUEST, "VALIDATION_ERROR", "request_invalid", message, issues)


async def _answer_http(request: Request, error: Exception) -> Response:
    status = HTTPStatus(error.status_code if isinstance(error, HTTPException) else 500)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    if _is_scim(request):
        return scim_error(status, status.phrase.lower())
    code = _CODES.get(status, status.phrase.upper().replace(" ", "_"))
    return _envelope(status, code, f"http_{status.value}", status.phrase.lower(), headers=headers)


async def _answer_fault(request: Request, _error: Exception) -> Response:
    request_id = getattr(request.state, "request_id", "")
    message = f"an unexpected fault; the log names it under request {request_id}"
    if _is_scim(request):
        return scim_error(HTTPStatus.INTERNAL_SERVER_ERROR, message)
    return _envelope(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", "internal_error", message)


def _envelope(
    status: int,
    code: str,
    reason: str,
    message: str,
    issues: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
    beside: Mapping[str, object] = _NOTHING,
) -> Response:
    """`beside`: members that Prividium's clients look for next to the error."""
    body: dict[str, object] = {"code": code, "reason": reason, "message": message}
    if issues:
        body["issues"] = list(issues)
    return JSONResponse({"error": body, **beside}, status, headers)


def _is_scim(request: Request) -> bool:
    return request.url.path.startswith(f"{SCIM_PATH}/")


def _wants_page(request: Request) -> bool:
    """A person looks at the answer: the login steps are opened by browsers."""
    return request.url.path.startswith(("/api/auth/", "/auth/")) and "text/html" in request.headers.get("accept", "")


def _audit(request: Request, error: PrividiumError) -> None:
    identity: Identity = request.app.state.identity
    principal = getattr(request.state, "principal", None)
    caller = principal if isinstance(principal, Principal) else None
    try:
        # Strangers cannot flood the trail: beyond the limit their refusals are only logged.
        if caller is None:
            identity.refusal_window.spend(request.client.host if request.client else "")
    except RateLimited:
        _log.warning("request %s refused: %s", request.state.request_id, error.code)
        return
    path = "".join(character if character.isprintable() else "?" for character in request.url.path)
    subject = f"{request.method} {path}"
    try:
        record_denial(request.app.state.database, caller, error.code, "rest", subject, request.state.request_id)
    except PrividiumError as fault:
        # The refusal stands; the answer must not turn into another one.
        _log.critical("the refusal of request %s is not in the audit trail: %s", request.state.request_id, fault.code)
