"""Who sent a REST request, as FastAPI dependencies: the one place that turns credentials into a Principal.

Programs send `Authorization: Bearer`, machines `X-Api-Key` or a bearer token, browsers the HttpOnly cookie. A cookie is
sent along with requests that other sites cause, so with a cookie every changing request must come from our origin and
carry the token that only our pages know (OWASP: synchroniser token and origin check).
"""

from typing import Annotated, Final

from fastapi import Depends, Request

from prividium.audit import trail
from prividium.client_settings import ADMIN_PANEL
from prividium.errors import Forbidden, Unauthorized
from prividium.identity.credentials import address_of, credentials_of
from prividium.identity.principal import Principal
from prividium.identity.secrecy import csrf_token, same
from prividium.identity.service import Identity
from prividium.identity.step_up import STEP_UP_HEADER, action_of, demand

CSRF_HEADER: Final = "x-csrf-token"
PRIVILEGED_READ: Final = "rest.read"
"""The action of an administrator's read in the audit trail."""
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
    identity_of(request).login_window.spend(address_of(request))


def maybe_caller(request: Request) -> Principal | None:
    """Raises Unauthorized for credentials that do not hold."""
    identity = identity_of(request)
    principal = identity.principal_for(credentials_of(request))
    if principal is None:
        token = cookie_token(request)
        if token is None:
            return None
        if request.method not in _SAFE_METHODS:
            check_csrf(request, token, request.headers.get(CSRF_HEADER))
        principal = identity.session_holder(token, address_of(request))
    request.state.principal = principal
    identity.rest_window.spend(principal.user_id)
    return principal


def browser_caller(request: Request) -> Principal | None:
    """For pages: the signed-in person, if any. A form checks its token itself."""
    token = cookie_token(request)
    if token is None:
        return None
    try:
        principal = identity_of(request).session_holder(token, address_of(request))
    except Unauthorized:
        return None
    request.state.principal = principal
    return principal


MaybeCaller = Annotated[Principal | None, Depends(maybe_caller)]
BrowserCaller = Annotated[Principal | None, Depends(browser_caller)]
RequestId = Annotated[str, Depends(request_id_of)]
TheIdentity = Annotated[Identity, Depends(identity_of)]
LoginAttempt = Depends(spend_login)


def _caller(principal: MaybeCaller) -> Principal:
    if principal is None:
        raise Unauthorized("not_signed_in", "sign in first")
    return principal


Caller = Annotated[Principal, Depends(_caller)]


def _person(principal: Caller) -> Principal:
    if principal.kind != "user":
        raise Forbidden("session_required", "this is for people who signed in, not for machines")
    return _not_application(principal)


def _not_application(principal: Principal) -> Principal:
    """What outlives a session, as a wallet or a passkey does, is not an application's to change."""
    if principal.client_id not in (None, ADMIN_PANEL):
        raise Forbidden("person_required", "an application cannot do this for a person; sign in at the node itself")
    return principal


def _session_caller(principal: Caller) -> Principal:
    if not principal.session_id:
        raise Forbidden("session_required", "an API key has no session: this needs a token from a login")
    return principal


Person = Annotated[Principal, Depends(_person)]
SessionCaller = Annotated[Principal, Depends(_session_caller)]


async def _action(request: Request) -> str:
    return action_of(request.method, request.url.path, request.url.query, await request.body())


Action = Annotated[str, Depends(_action)]


def _confirmed_person(request: Request, principal: Person, action: Action) -> Principal:
    """Who has a passkey has confirmed this very request with it."""
    demand(identity_of(request).database, principal, action, request.headers.get(STEP_UP_HEADER))
    return principal


ConfirmedPerson = Annotated[Principal, Depends(_confirmed_person)]


def _wallet_owner(request: Request, principal: Caller, action: Action) -> Principal:
    """The wallets of an administrator act with an administrator's roles: changing them is confirmed like a change of
    roles."""
    owner = _not_application(principal)
    if owner.may("admin_write"):
        demand(identity_of(request).database, owner, action, request.headers.get(STEP_UP_HEADER))
    return owner


WalletOwner = Annotated[Principal, Depends(_wallet_owner)]


def _admin_reader(request: Request, principal: Caller) -> Principal:
    reader = _holding(principal, "admin_read")
    _record_read(request, reader, "admin_read")
    return reader


def _record_read(request: Request, reader: Principal, permission: str) -> None:
    """Who reads about others leaves an entry, before the answer: without it there is none."""
    identity, path = identity_of(request), request.url.path
    with identity.database.write() as session:
        trail.record(
            session,
            actor=reader.user_id,
            action=PRIVILEGED_READ,
            outcome="allowed",
            reason=permission,
            subject=f"{request.method} {path if path.isprintable() else ascii(path)}",
            request_id=request_id_of(request),
            request_hash=identity.request_hasher.of_text(f"{request.method} {path}?{request.url.query}"),
        )


def _admin_writer(request: Request, principal: Caller, action: Action) -> Principal:
    writer, identity = _holding(principal, "admin_write"), identity_of(request)
    required = identity.settings.admin_passkey_required
    demand(identity.database, writer, action, request.headers.get(STEP_UP_HEADER), passkey_required=required)
    return writer


def _holding(principal: Principal, permission: str) -> Principal:
    # Checked before anything is looked up: without the right, what exists and what does not look alike.
    if not principal.may(permission):
        raise Forbidden("permission_missing", f"this needs the permission {permission}")
    return principal


AdminReader = Annotated[Principal, Depends(_admin_reader)]
AdminWriter = Annotated[Principal, Depends(_admin_writer)]
"""An administrator who confirmed the request with a passkey, if they have one."""
