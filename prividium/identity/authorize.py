"""A person lets an application act for them: the popup of Prividium's SDK (OAuth 2.0 implicit grant, RFC 6749 §4.2).

The SDK knows no other grant. What makes it bearable: exact redirect URIs, a consent each time, a token that is opaque,
short-lived, listed with its application and revocable, and that cannot change the policy or the person's credentials.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from sqlalchemy.orm import Session

from prividium.audit import trail
from prividium.errors import InvalidInput, NotFound, Unauthorized
from prividium.identity.credentials import Origin
from prividium.identity.models import LoginSession
from prividium.identity.oauth_clients import OAuthClient
from prividium.identity.principal import Principal
from prividium.identity.service import Identity
from prividium.identity.sessions import OpenedSession, ProviderSession, open_session

WALLET_REQUIRED: Final = "wallet:required"
NETWORK_REQUIRED: Final = "network:required"
SCOPES: Final = frozenset({WALLET_REQUIRED, NETWORK_REQUIRED})
STATE_LENGTH_MAX: Final = 512


@dataclass(frozen=True)
class Asked:
    """What an application asks for, as it came."""

    client_id: str
    redirect_uri: str
    state: str
    response_type: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class AuthorizationRequest:
    """What an application asks for, checked; made only by `check`."""

    client: OAuthClient
    redirect_uri: str
    state: str
    scopes: tuple[str, ...]

    def answer(self, **values: str) -> str:
        """The address of the application with the answer in its fragment, which no server and no log sees."""
        return f"{self.redirect_uri}#{urlencode({**values, 'state': self.state})}"


def check(session: Session, identity: Identity, asked: Asked) -> AuthorizationRequest:
    """Nothing is ever sent to an address that is not registered, errors included.

    Raises InvalidInput("client_unknown", "redirect_uri_unknown", "response_type_unsupported", "scope_unknown",
    "state_invalid").
    """
    try:
        client = identity.oauth_clients.find(session, asked.client_id)
    except NotFound as error:
        raise InvalidInput(error.code, error.message) from None
    if asked.redirect_uri not in client.redirect_uris:
        text = f"{client.name} is not registered for this redirect URI; an administrator can add it"
        raise InvalidInput("redirect_uri_unknown", text)
    if asked.response_type != "token":
        raise InvalidInput("response_type_unsupported", "response_type must be token")
    scopes = _scopes(asked.scopes)
    if not 0 < len(asked.state) <= STATE_LENGTH_MAX or not asked.state.isprintable():
        raise InvalidInput("state_invalid", f"state is a text of 1 to {STATE_LENGTH_MAX} characters")
    return AuthorizationRequest(client, asked.redirect_uri, asked.state, scopes)


def missing(request: AuthorizationRequest, principal: Principal) -> str | None:
    """What the person lacks for this application, in words; None if nothing."""
    if WALLET_REQUIRED in request.scopes and not principal.wallets:
        return "It needs a linked wallet, and you have none yet. Link one, then try again."
    return None


def grant(
    session: Session,
    identity: Identity,
    request: AuthorizationRequest,
    principal: Principal,
    origin: Origin,
    request_id: str,
) -> OpenedSession:
    """A session for the application; it ends with the provider's session that the browser's came from.

    Raises InvalidInput("wallet_missing") and Unauthorized("session_invalid").
    """
    lacking = missing(request, principal)
    if lacking is not None:
        raise InvalidInput("wallet_missing", lacking)
    browser = session.get_one(LoginSession, principal.session_id, with_for_update=True)
    if browser.revoked_at is not None:
        raise Unauthorized("session_invalid", "the session does not exist or was ended; sign in again")
    provider = None if browser.issuer_id is None else ProviderSession(browser.issuer_id, browser.provider_sid, None)
    client_id = request.client.client_id
    opened = open_session(
        session,
        principal.user_id,
        "application",
        identity.session_limits,
        origin,
        provider=provider,
        client_id=client_id,
    )
    trail.record(
        session,
        actor=principal.user_id,
        action="login.application",
        outcome="allowed",
        subject=client_id,
        request_id=request_id,
    )
    return opened


def _scopes(given: Sequence[str]) -> tuple[str, ...]:
    """Prividium's SDK repeats the parameter, RFC 6749 §3.3 puts spaces between the names."""
    names = tuple(dict.fromkeys(name for text in given for name in text.split()))
    if not SCOPES.issuperset(names):
        raise InvalidInput("scope_unknown", f"the known scopes are {', '.join(sorted(SCOPES))}")
    return names
