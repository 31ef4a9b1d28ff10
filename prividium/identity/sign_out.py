"""A person signs out here and at the identity provider (OpenID Connect RP-Initiated Logout 1.0).

The ID token goes to the provider as a form field, never in a URL.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from prividium import clock
from prividium.audit import trail
from prividium.errors import InvalidInput, Unavailable
from prividium.identity.issuers import SIGNED_OUT_PATH, Issuer
from prividium.identity.models import LoginSession
from prividium.identity.principal import Principal
from prividium.identity.secrecy import unseal
from prividium.identity.service import Identity
from prividium.identity.sessions import revoke

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ProviderSignOut:
    """The form that goes to the provider; it answers at our signed-out page with `state`."""

    issuer_name: str
    endpoint: str
    fields: Mapping[str, str]
    state: str


def sign_out(identity: Identity, principal: Principal, session_token: str, request_id: str) -> ProviderSignOut | None:
    """End the session; None where its provider offers no logout. The session has ended whatever the provider does."""
    with identity.database.write() as session:
        found = session.get_one(LoginSession, principal.session_id)
        issuer_id, sealed = found.issuer_id, found.id_token_sealed
        revoke(session, principal.session_id)
        trail.record(session, actor=principal.user_id, action="logout", outcome="allowed", request_id=request_id)
    hint = None if sealed is None else unseal(sealed, session_token)
    if issuer_id is None or hint is None:
        return None
    try:
        return _at_provider(identity, identity.issuers.named(issuer_id), hint)
    except (InvalidInput, Unavailable) as error:
        _log.warning("issuer %s: no logout there: %s", issuer_id, error.code)
        return None


def _at_provider(identity: Identity, issuer: Issuer, id_token: str) -> ProviderSignOut | None:
    endpoint, state = issuer.client.provider.metadata().end_session_endpoint, clock.new_token()
    if endpoint is None:
        return None
    fields = {
        "id_token_hint": id_token,
        "client_id": issuer.client.client_id,
        "post_logout_redirect_uri": identity.public_url + SIGNED_OUT_PATH,
        "state": state,
    }
    return ProviderSignOut(issuer.name, endpoint, fields, state)
