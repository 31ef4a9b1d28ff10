"""Who sent a REST request, as FastAPI dependencies: the one place that turns credentials into a Principal.

Programs send `Authorization: Bearer`, browsers the HttpOnly cookie. A cookie is sent along with requests that other
sites cause, so with a cookie every changing request must come from our origin and carry the token that only our pages
know (OWASP: synchroniser token and origin check).
"""

from typing import Annotated, Final

from fastapi import Depends, Request

from prividium.errors import Forbidden, Unauthorized
from prividium.identity.principal import Principal
from prividium.identity.secrecy import csrf_token, same
from prividium.identity.service import Identity
from prividium.identity.sessions import authenticate, bearer_token

CSRF_HEADER: Final = "x-csrf-token"
_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def identity_of(request: Request) -> Identity:
    identity = request.app.state.identity
    if not isinstance(identity, Identity):
        raise TypeError("app.state.identity is not set")
    return identity


def request_id_of(request: Request) -> str:
    return str(request.state.request_id)


def session_cookie(identity: Identity) -> str:
    """The prefix makes browsers refuse the cookie from another path, domain or without TLS (RFC 6265bis)."""
    return "__Host-prividium_session" if identity.secure else "prividium_session"


def cookie_token(request: Request) -> str | None:
    return request.cookies.get(session_cookie(identity_of(request)))


def check_csrf(request: Request, token: str, presented: str | None) -> None:
    """Raises Forbidden("csrf_origin_invalid" or "csrf_token_invalid")."""
    if request.headers.get("origin") != identity_of(request).origin:
        raise Forbidden("csrf_origin_invalid", "the request does not come from this node's own pages")
    if presented is None or not same(presented, csrf_token(token)):
        raise Forbidden("csrf_token_invalid", "the request lacks the page's token; reload the page and try again")


def spend_login(request: Request) -> None:
    """Count an attempt of this network address; raises RateLimited."""
    identity_of(request).login_window.spend(request.client.host if request.client else "")


def _maybe_caller(request: Request) -> Principal | None:
    identity = identity_of(request)
    token = bearer_token(request.headers.get("authorization"))
    if token is None:
        token = cookie_token(request)
        if token is None:
            return None
        if request.method not in _SAFE_METHODS:
            check_csrf(request, token, request.headers.get(CSRF_HEADER))
    with identity.database.read() as session:
        principal = authenticate(session, token)
    request.state.principal = principal
    identity.rest_window.spend(principal.user_id)
    return principal


def _browser_caller(request: Request) -> Principal | None:
    """For pages: the signed-in person, if any. A form checks its token itself."""
    token = cookie_token(request)
    if token is None:
        return None
    try:
        with identity_of(request).database.read() as session:
            principal = authenticate(session, token)
    except Unauthorized:
        return None
    request.state.principal = principal
    return principal


MaybeCaller = Annotated[Principal | None, Depends(_maybe_caller)]
BrowserCaller = Annotated[Principal | None, Depends(_browser_caller)]
RequestId = Annotated[str, Depends(request_id_of)]
TheIdentity = Annotated[Identity, Depends(identity_of)]
LoginAttempt = Depends(spend_login)


def _caller(principal: MaybeCaller) -> Principal:
    if principal is None:
        raise Unauthorized("not_signed_in", "sign in first")
    return principal


Caller = Annotated[Principal, Depends(_caller)]


def _admin_reader(principal: Caller) -> Principal:
    return _holding(principal, "admin_read")


def _admin_writer(principal: Caller) -> Principal:
    return _holding(principal, "admin_write")


def _holding(principal: Principal, permission: str) -> Principal:
    # Checked before anything is looked up: without the right, what exists and what does not look alike.
    if not principal.may(permission):
        raise Forbidden("permission_missing", f"this needs the permission {permission}")
    return principal


AdminReader = Annotated[Principal, Depends(_admin_reader)]
AdminWriter = Annotated[Principal, Depends(_admin_writer)]
