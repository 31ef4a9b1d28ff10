"""OAuth 2.0 client credentials (RFC 6749 §4.4): a machine trades an API key for a short-lived access token.

`client_id` is the machine's id, `client_secret` any of its API keys, so that rotating keys rotates client secrets.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_plus

from prividium import clock
from prividium.audit import trail
from prividium.errors import InvalidInput, Unauthorized
from prividium.identity.api_keys import KeyHolder
from prividium.identity.credentials import Credentials, Origin
from prividium.identity.secrecy import same
from prividium.identity.service import Identity
from prividium.identity.sessions import OpenedSession, SessionLimits, open_session

GRANT_TYPE: Final = "client_credentials"
Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class ClientSecret:
    client_id: str
    secret: str


def check_request(parameters: Parameters) -> dict[str, str]:
    """The parameters of a token request; raises InvalidInput with a code of RFC 6749 §5.2."""
    given = {name: value for name, value in parameters if value}
    if len({name for name, _ in parameters}) != len(parameters):
        raise InvalidInput("invalid_request", "a parameter was sent more than once")
    grant = given.get("grant_type")
    if grant is None:
        raise InvalidInput("invalid_request", "grant_type is missing")
    if grant != GRANT_TYPE:
        raise InvalidInput("unsupported_grant_type", f"the only grant here is {GRANT_TYPE}")
    if "scope" in given:
        raise InvalidInput("invalid_scope", "there are no scopes: a machine's roles say what it may do")
    return given


def client_secret(authorization: str | None, given: dict[str, str]) -> ClientSecret:
    """From the header (client_secret_basic) or the body (client_secret_post), RFC 6749 §2.3.1.

    Raises InvalidInput("invalid_request") where both are used and Unauthorized("invalid_client").
    """
    if authorization is None:
        return ClientSecret(given.get("client_id", ""), given.get("client_secret", ""))
    if "client_secret" in given:
        raise InvalidInput("invalid_request", "authenticate with the header or with the body, not with both")
    scheme, _, encoded = authorization.partition(" ")
    try:
        pair = base64.b64decode(encoded.strip(), validate=True).decode()
    except ValueError:
        pair = ""
    name, separator, secret = pair.partition(":")
    client_id = unquote_plus(name)
    if scheme.lower() != "basic" or not separator or given.get("client_id", client_id) != client_id:
        raise invalid_client()
    return ClientSecret(client_id, unquote_plus(secret))


def issue_token(identity: Identity, client: ClientSecret, origin: Origin, request_id: str) -> OpenedSession:
    """A token that ends with the key at the latest; raises Unauthorized("invalid_client")."""
    holder = _authenticated(identity, client, origin)
    lifetime = min(identity.settings.machine_token_ttl_seconds, holder.expires_at - clock.now())
    with identity.database.write() as session:
        limits = SessionLimits(lifetime, lifetime)
        opened = open_session(session, holder.principal.user_id, "machine", limits, origin, api_key_id=holder.key_id)
        trail.record(
            session,
            actor=holder.principal.user_id,
            action="login.client_credentials",
            outcome="allowed",
            subject=holder.key_id,
            request_id=request_id,
        )
    return opened


def invalid_client() -> Unauthorized:
    return Unauthorized("invalid_client", "client_id and client_secret do not belong to a machine that may call")


def _authenticated(identity: Identity, client: ClientSecret, origin: Origin) -> KeyHolder:
    """The same work and the same answer whether the client, its secret or the network is wrong."""
    try:
        holder = identity.key_holder(Credentials(api_keys=(client.secret,), address=origin.address))
    except Unauthorized:
        raise invalid_client() from None
    if not same(holder.principal.user_id, client.client_id):
        raise invalid_client()
    return holder
