"""GET and POST /auth/authorize: a person is asked whether an application may act for them."""

from typing import Annotated, Literal
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel, Field

from prividium.client_settings import URI_LENGTH_MAX
from prividium.db.edge import ReadSession, WriteSession
from prividium.errors import Unauthorized
from prividium.identity import authorize
from prividium.identity.authorize import Asked, AuthorizationRequest
from prividium.identity.caller import (
    BrowserCaller,
    LoginAttempt,
    RequestId,
    TheIdentity,
    check_csrf,
    cookie_token,
)
from prividium.identity.credentials import origin_of
from prividium.identity.pages import SECURITY_HEADERS, page
from prividium.identity.principal import Principal
from prividium.identity.secrecy import csrf_token

router = APIRouter(prefix="/auth/authorize", tags=["auth"])

ClientId = Annotated[str, Field(min_length=1, max_length=64)]
RedirectUri = Annotated[str, Field(min_length=1, max_length=URI_LENGTH_MAX)]
State = Annotated[str, Field(min_length=1, max_length=authorize.STATE_LENGTH_MAX)]
Scopes = Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=8)]


class AuthorizeQuery(BaseModel):
    client_id: ClientId
    redirect_uri: RedirectUri
    state: State
    response_type: Annotated[str, Field(max_length=32)]
    scope: Scopes = []

    def asked(self) -> Asked:
        return Asked(self.client_id, self.redirect_uri, self.state, self.response_type, tuple(self.scope))


class ConsentForm(AuthorizeQuery):
    csrf: Annotated[str, Field(max_length=128)]
    decision: Literal["allow", "deny"]


@router.get("", response_class=HTMLResponse, dependencies=[LoginAttempt])
def ask(
    http: Request,
    principal: BrowserCaller,
    session: ReadSession,
    identity: TheIdentity,
    query: Annotated[AuthorizeQuery, Query()],
) -> Response:
    """The consent page; an unknown person signs in first. The answer goes to `redirect_uri` in the fragment."""
    request = authorize.check(session, identity, query.asked())
    session_token = cookie_token(http)
    if principal is None or session_token is None:
        here = quote(f"/auth/authorize?{urlencode(query.model_dump(), doseq=True)}", safe="")
        return RedirectResponse(f"/api/auth/login?return_to={here}", 303, SECURITY_HEADERS)
    return _consent_page(request, principal, csrf_token(session_token))


@router.post("", response_class=HTMLResponse, status_code=303, dependencies=[LoginAttempt])
def answer(
    http: Request,
    principal: BrowserCaller,
    session: WriteSession,
    identity: TheIdentity,
    request_id: RequestId,
    form: Annotated[ConsentForm, Form()],
) -> RedirectResponse:
    """The person decided: the browser goes back to the application, with a token or without."""
    session_token = cookie_token(http)
    if principal is None or session_token is None:
        raise Unauthorized("not_signed_in", "sign in first")
    check_csrf(http, session_token, form.csrf)
    request = authorize.check(session, identity, form.asked())
    if form.decision == "deny":
        return RedirectResponse(request.answer(error="access_denied"), 303, SECURITY_HEADERS)
    opened = authorize.grant(session, identity, request, principal, origin_of(http), request_id)
    return RedirectResponse(request.answer(token=opened.token), 303, SECURITY_HEADERS)


def _consent_page(request: AuthorizationRequest, principal: Principal, csrf: str) -> HTMLResponse:
    return page(
        "authorize.html",
        client=request.client,
        name=principal.display_name,
        redirect_uri=request.redirect_uri,
        state=request.state,
        scopes=request.scopes,
        missing=authorize.missing(request, principal),
        csrf=csrf,
    )
