"""POST /oauth/token (RFC 6749)."""

from typing import Annotated, Final
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse

from prividium import clock
from prividium.errors import InvalidInput, PrividiumError, RateLimited, Unauthorized
from prividium.identity import client_credentials
from prividium.identity.caller import LoginAttempt, RequestId, TheIdentity
from prividium.identity.client_credentials import Parameters
from prividium.identity.credentials import origin_of

router = APIRouter(tags=["oauth"])

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 (a path)
FORM_TYPE: Final = "application/x-www-form-urlencoded"
PARAMETERS_MAX: Final = 16
_NO_STORE: Final = {"Cache-Control": "no-store", "Pragma": "no-cache"}
_ERRORS: Final = frozenset({"invalid_request", "invalid_client", "invalid_scope", "unsupported_grant_type"})


async def _parameters(request: Request) -> Parameters:
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM_TYPE:
        raise InvalidInput("invalid_request", f"send the parameters as {FORM_TYPE}")
    try:
        body = (await request.body()).decode()
        return parse_qsl(body, keep_blank_values=True, strict_parsing=bool(body), max_num_fields=PARAMETERS_MAX)
    except ValueError:
        raise InvalidInput("invalid_request", "the parameters cannot be read") from None


@router.post(TOKEN_PATH, dependencies=[LoginAttempt])
def token(
    request: Request,
    parameters: Annotated[Parameters, Depends(_parameters)],
    identity: TheIdentity,
    request_id: RequestId,
) -> JSONResponse:
    """An access token for a machine: client credentials, by HTTP Basic or in the body."""
    given = client_credentials.check_request(parameters)
    client = client_credentials.client_secret(request.headers.get("authorization"), given)
    opened = client_credentials.issue_token(identity, client, origin_of(request), request_id)
    answer = {
        "access_token": opened.token,
        "token_type": "Bearer",
        "expires_in": opened.expires_at - clock.now(),
    }
    return JSONResponse(answer, headers=_NO_STORE)


def oauth_refusal(request: Request, error: PrividiumError) -> JSONResponse:
    """A refusal in the words of RFC 6749 §5.2."""
    code = error.code if error.code in _ERRORS else "invalid_request"
    headers = dict(_NO_STORE)
    if isinstance(error, Unauthorized) and "authorization" in request.headers:
        headers["WWW-Authenticate"] = 'Basic realm="prividium"'
    if isinstance(error, RateLimited):
        headers["Retry-After"] = "60"
    return JSONResponse({"error": code, "error_description": error.message}, error.status, headers)
