"""GET /api/auth/login, /callback and /signed-in: a browser signs in at an identity provider."""

from collections.abc import Callable
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from prividium.identity import login
from prividium.identity.caller import (
    BrowserCaller,
    LoginAttempt,
    RequestId,
    TheIdentity,
    cookie_token,
    session_cookie,
)
from prividium.identity.credentials import origin_of
from prividium.identity.pages import SECURITY_HEADERS, page
from prividium.identity.secrecy import csrf_token
from prividium.identity.service import Identity
from prividium.issuer_settings import DEFAULT_ISSUER_ID

router = APIRouter(prefix="/auth", tags=["auth"])

LOGIN_COOKIE: Final = "prividium_login"
_COOKIE_PATH: Final = "/api/auth"
_ANSWER_VALUES_MAX: Final = 16


@router.get(
    "/login",
    response_class=HTMLResponse,
    dependencies=[LoginAttempt],
)
def start_login(
    request: Request, identity: TheIdentity, return_to: str | None = None, issuer: str | None = None
) -> Response:
    """Redirect to the identity provider. `issuer`: id of one of several; without it a page offers them.

    `return_to`: path of this node to open after the login.
    """
    target = login.local_path(return_to)
    if issuer is None and len(identity.issuers) > 1:
        return page("choose_issuer.html", issuers=list(identity.issuers), return_to=return_to)
    chosen = identity.issuers.named(issuer) if issuer is not None else next(iter(identity.issuers))
    started = login.start(chosen, identity, target, request.cookies.get(LOGIN_COOKIE))
    response = RedirectResponse(started.url, 303, SECURITY_HEADERS)
    response.set_cookie(
        LOGIN_COOKIE,
        started.browser_secret,
        max_age=identity.settings.login_ttl_seconds,
        path=_COOKIE_PATH,
        httponly=True,
        samesite="lax",
        secure=identity.secure,
    )
    return response


@router.get("/callback", response_class=RedirectResponse, status_code=303, dependencies=[LoginAttempt])
def finish_login(request: Request, identity: TheIdentity, request_id: RequestId) -> RedirectResponse:
    """Where the identity provider sends the browser back to; the session begins as an HttpOnly cookie."""
    return _finish(request, identity, DEFAULT_ISSUER_ID, request_id)


@router.get("/callback/{issuer_id}", response_class=RedirectResponse, status_code=303, dependencies=[LoginAttempt])
def finish_login_at(issuer_id: str, request: Request, identity: TheIdentity, request_id: RequestId) -> RedirectResponse:
    """As `/callback`, for each of several identity providers."""
    return _finish(request, identity, issuer_id, request_id)


def _finish(request: Request, identity: Identity, issuer_id: str, request_id: str) -> RedirectResponse:
    answer = dict(request.query_params.multi_items()[:_ANSWER_VALUES_MAX])
    issuer = identity.issuers.named(issuer_id)
    secret, origin = request.cookies.get(LOGIN_COOKIE), origin_of(request)
    finished = login.finish(issuer, identity, answer, secret, origin, request_id)
    policy_changed: Callable[[], None] | None = request.app.state.after_write
    if finished.roles_changed and policy_changed is not None:
        policy_changed()
    response = RedirectResponse(finished.return_to, 303, SECURITY_HEADERS)
    response.delete_cookie(LOGIN_COOKIE, path=_COOKIE_PATH, httponly=True, samesite="lax", secure=identity.secure)
    response.set_cookie(
        session_cookie(identity),
        finished.opened.token,
        max_age=identity.session_limits.absolute_seconds,
        httponly=True,
        samesite="lax",
        secure=identity.secure,
    )
    return response


@router.get("/signed-in", response_class=HTMLResponse)
def signed_in(request: Request, principal: BrowserCaller) -> HTMLResponse:
    session_token = cookie_token(request)
    if principal is None or session_token is None:
        return page("signed_in.html", 401, heading="Not signed in", message="Open /api/auth/login to sign in.")
    return page(
        "signed_in.html",
        heading=f"Signed in as {principal.display_name}",
        message="You may close this page.",
        csrf=csrf_token(session_token),
    )
