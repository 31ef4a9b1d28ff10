"""/api/auth/cli: a program signs in with the help of a browser."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from prividium.db.edge import WriteSession
from prividium.errors import Unauthorized
from prividium.identity import cli_login
from prividium.identity.caller import (
    BrowserCaller,
    LoginAttempt,
    RequestId,
    TheIdentity,
    check_csrf,
    cookie_token,
    spend_login,
)
from prividium.identity.credentials import origin_of
from prividium.identity.pages import SECURITY_HEADERS, page
from prividium.identity.secrecy import csrf_token
from prividium.rest import Answer, Body, time_text

router = APIRouter(prefix="/auth/cli", tags=["auth"])

Code = Annotated[str, Field(min_length=1, max_length=128)]


class StartBody(Body):
    code_challenge: Annotated[str, Field(max_length=64)]


class StartAnswer(Answer):
    request_id: str
    login_url: str
    user_code: str
    poll_code: str
    expires_at: str
    interval_seconds: int


class TokenBody(Body):
    request_id: Code
    poll_code: Code
    code_verifier: Code


class TokenAnswer(Answer):
    token: str
    expires_at: str
    renewable_until: str


class ConfirmForm(BaseModel):
    request: Code
    csrf: Code
    code: Code


class PendingAnswer(Answer):
    status: str = "pending"


@router.post("/start", dependencies=[LoginAttempt])
def start(body: StartBody, session: WriteSession, identity: TheIdentity) -> StartAnswer:
    """Begin: show `userCode`, have the person open `loginUrl`, then poll with `pollCode` and the PKCE verifier."""
    started = cli_login.start(session, body.code_challenge, identity.settings.login_ttl_seconds)
    return StartAnswer(
        request_id=started.request_id,
        login_url=f"{identity.public_url}/api/auth/cli/confirm?request={started.request_id}",
        user_code=started.user_code,
        poll_code=started.poll_code,
        expires_at=time_text(started.expires_at),
        interval_seconds=cli_login.POLL_INTERVAL_SECONDS,
    )


@router.post("/token", responses={202: {"model": PendingAnswer}})
def token(
    request: Request,
    response: Response,
    body: TokenBody,
    session: WriteSession,
    identity: TheIdentity,
    request_id: RequestId,
) -> TokenAnswer | PendingAnswer:
    """202 until the person confirmed, then the token, once."""
    proof = cli_login.PollProof(body.request_id, body.poll_code, body.code_verifier)
    try:
        opened = cli_login.poll(session, proof, identity.session_limits, origin_of(request), request_id)
    except Unauthorized:
        # Patient polling is free; guessing is not.
        spend_login(request)
        raise
    response.headers["Cache-Control"] = "no-store"
    if opened is None:
        response.status_code = 202
        return PendingAnswer()
    return TokenAnswer(
        token=opened.token,
        expires_at=time_text(opened.expires_at),
        renewable_until=time_text(opened.renewable_until),
    )


@router.get("/confirm", response_class=HTMLResponse)
def ask(
    http: Request, principal: BrowserCaller, request: Annotated[str, Query(pattern=r"^[0-9A-Za-z]{21}$")]
) -> Response:
    """The page that asks for the code; an unknown person signs in first. `request`: the `requestId`."""
    session_token = cookie_token(http)
    if principal is None or session_token is None:
        here = quote(f"/api/auth/cli/confirm?request={request}", safe="")
        return RedirectResponse(f"/api/auth/login?return_to={here}", 303, SECURITY_HEADERS)
    return page("confirm.html", name=principal.display_name, request_id=request, csrf=csrf_token(session_token))


@router.post("/confirm", response_class=HTMLResponse, dependencies=[LoginAttempt])
def confirm(
    http: Request,
    principal: BrowserCaller,
    identity: TheIdentity,
    request_id: RequestId,
    form: Annotated[ConfirmForm, Form()],
) -> HTMLResponse:
    """The person typed the code: the program's next poll gets a session of this person."""
    session_token = cookie_token(http)
    if principal is None or session_token is None:
        raise Unauthorized("not_signed_in", "sign in first")
    check_csrf(http, session_token, form.csrf)
    cli_login.confirm(identity.database, form.request, form.code, principal, request_id)
    return page("signed_in.html", heading="The program is signed in", message="You may close this page.")
