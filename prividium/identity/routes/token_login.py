"""POST /api/auth/login/oidc: a program that ran the login at the identity provider itself brings the ID token."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import Field

from prividium.identity import login
from prividium.identity.caller import LoginAttempt, RequestId, TheIdentity
from prividium.identity.credentials import origin_of
from prividium.identity.routes.wallet_login import LoginAnswer
from prividium.identity.tokens import TOKEN_LENGTH_MAX
from prividium.rest import Body, time_text

router = APIRouter(tags=["auth"])


class TokenLoginBody(Body):
    jwt: Annotated[str, Field(min_length=1, max_length=TOKEN_LENGTH_MAX)]


@router.post("/auth/login/oidc", dependencies=[LoginAttempt])
def login_with_token(
    request: Request, response: Response, body: TokenLoginBody, identity: TheIdentity, request_id: RequestId
) -> LoginAnswer:
    """Sign in with an ID token for our client id, at most ten minutes old; it counts once."""
    response.headers["Cache-Control"] = "no-store"
    finished = login.present(identity, body.jwt, origin_of(request), request_id)
    policy_changed: Callable[[], None] | None = request.app.state.after_write
    if finished.roles_changed and policy_changed is not None:
        policy_changed()
    return LoginAnswer(
        token=finished.opened.token,
        expires_at=time_text(finished.opened.expires_at),
        renewable_until=time_text(finished.opened.renewable_until),
    )
