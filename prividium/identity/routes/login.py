"""GET /api/auth/login, /callback and /signed-in: a browser signs in at the identity provider."""

from typing import Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from prividium.identity import login
from prividium.identity.caller import BrowserCaller, LoginAttempt, RequestId, TheIdentity, session_cookie
from prividium.identity.credentials import origin_of
from prividium.identity.pages import SECURITY_HEADERS, page

router = APIRouter(prefix="/auth", tags=["auth"])

LOGIN_COOKIE: Final = "prividium_login"
_COOKIE_PATH: Final = "/api/auth"
_ANSWER_VALUES_MAX: Final = 16


@router.get("/login", status_code=303, dependencies=[LoginAttempt])
def start_login(request: Request, identity: TheIdentity, return_to: str | None = None) -> RedirectResponse:
    """Redirect to the identity provider. `return_to`: path of this node to open after the login."""
    started = login.start(identity, return_to, request.cookies.get(LOGIN_COOKIE))
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


@router.get("/callback", status_code=303, dependencies=[LoginAttempt])
def finish_login(request: Request, identity: TheIdentity, request_id: RequestId) -> RedirectResponse:
    """Where the identity provider sends the browser back to; the session begins as an HttpOnly cookie."""
    answer = dict(request.query_params.multi_items()[:_ANSWER_VALUES_MAX])
    finished = login.finish(identity, answer, request.cookies.get(LOGIN_COOKIE), origin_of(request), request_id)
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
def signed_in(principal: BrowserCaller) -> HTMLResponse:
    if principal is None:
        return page("signed_in.html", 401, heading="Not signed in", message="Open /api/auth/login to sign in.")
    return page(
        "signed_in.html",
        heading=f"Signed in as {principal.display_name}",
        message="You may close this page.",
    )
