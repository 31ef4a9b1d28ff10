"""POST /api/auth/sign-out, GET /api/auth/signed-out, POST /api/auth/backchannel-logout: logout with the provider."""

from typing import Annotated, Final

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from prividium.audit import trail
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity import backchannel, sign_out
from prividium.identity.caller import (
    BrowserCaller,
    RequestId,
    TheIdentity,
    check_csrf,
    cookie_token,
    session_cookie,
    spend_login,
)
from prividium.identity.pages import forwarding_page, page
from prividium.identity.secrecy import same
from prividium.identity.service import Identity
from prividium.identity.tokens import TOKEN_LENGTH_MAX

router = APIRouter(prefix="/auth", tags=["auth"])

LOGOUT_COOKIE: Final = "prividium_logout"
_COOKIE_PATH: Final = "/api/auth"
_COOKIE_SECONDS: Final = 300


class SignOutForm(BaseModel):
    csrf: Annotated[str, Field(max_length=128)]


class LogoutForm(BaseModel):
    logout_token: Annotated[str, Field(max_length=TOKEN_LENGTH_MAX)]


@router.post("/sign-out", response_class=HTMLResponse)
def begin_sign_out(
    http: Request,
    principal: BrowserCaller,
    identity: TheIdentity,
    request_id: RequestId,
    form: Annotated[SignOutForm, Form()],
) -> HTMLResponse:
    """The session ends here; then the browser is sent to its identity provider to end the session there as well."""
    session_token = cookie_token(http)
    if principal is None or session_token is None:
        raise Unauthorized("not_signed_in", "sign in first")
    check_csrf(http, session_token, form.csrf)
    provider = sign_out.sign_out(identity, principal, session_token, request_id)
    if provider is None:
        answer = page("signed_in.html", heading="Signed out", message="You are signed out here.")
    else:
        answer = forwarding_page(
            "sign_out.html", issuer=provider.issuer_name, endpoint=provider.endpoint, fields=provider.fields
        )
        answer.set_cookie(
            LOGOUT_COOKIE,
            provider.state,
            max_age=_COOKIE_SECONDS,
            path=_COOKIE_PATH,
            httponly=True,
            samesite="lax",
            secure=identity.secure,
        )
    answer.delete_cookie(session_cookie(identity), httponly=True, samesite="lax", secure=identity.secure)
    return answer


@router.get("/signed-out", response_class=HTMLResponse)
def signed_out(http: Request, identity: TheIdentity, state: str = "") -> HTMLResponse:
    """Where the identity provider sends the browser back to after it ended its session."""
    expected = http.cookies.get(LOGOUT_COOKIE)
    if expected is None or not same(state, expected):
        raise Unauthorized("logout_state_invalid", "this sign-out did not begin here; close the browser to be sure")
    answer = page(
        "signed_in.html", heading="Signed out", message="You are signed out here and at the identity provider."
    )
    answer.delete_cookie(LOGOUT_COOKIE, path=_COOKIE_PATH, httponly=True, samesite="lax", secure=identity.secure)
    return answer


@router.post("/backchannel-logout/{issuer_id}", status_code=200)
def backchannel_logout(
    http: Request,
    response: Response,
    issuer_id: str,
    identity: TheIdentity,
    request_id: RequestId,
    form: Annotated[LogoutForm, Form()],
) -> None:
    """The identity provider ends sessions (OpenID Connect Back-Channel Logout 1.0 §2.5 to §2.8); 400 if refused."""
    response.headers["Cache-Control"] = "no-store"
    try:
        backchannel.end_sessions(identity, identity.issuers.named(issuer_id), form.logout_token, request_id)
    except InvalidInput as refusal:
        # Logouts are free, on a Monday morning there are many; guessing is not.
        spend_login(http)
        _record_refusal(identity, refusal, request_id)
        raise


def _record_refusal(identity: Identity, refusal: InvalidInput, request_id: str) -> None:
    with identity.database.write() as session:
        trail.record(
            session,
            actor=None,
            action="logout.provider",
            outcome="denied",
            reason=refusal.code,
            request_id=request_id,
        )
