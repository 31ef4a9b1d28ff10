"""Who may provision: the holder of a token of its own, of which the settings hold the SHA-256."""

from typing import Annotated

from fastapi import Depends, Request

from prividium.errors import Unauthorized
from prividium.identity.caller import identity_of
from prividium.identity.credentials import address_of
from prividium.identity.secrecy import credential_hash, same
from prividium.identity.sessions import bearer_token

FINGERPRINT_LENGTH = 12


def _provisioner(request: Request) -> str:
    """Which token it is, for the audit trail. Raises Unauthorized("scim_token_invalid") and RateLimited."""
    identity = identity_of(request)
    presented = credential_hash(bearer_token(request.headers.get("authorization")) or "").hex()
    # Every hash is compared, so that the time does not tell which one it is.
    found = [known for known in identity.settings.scim_token_hashes if same(known, presented)]
    if not found:
        identity.login_window.spend(address_of(request))
        raise Unauthorized("scim_token_invalid", "this needs the token of the directory")
    identity.scim_window.spend(found[0])
    return found[0][:FINGERPRINT_LENGTH]


Provisioner = Annotated[str, Depends(_provisioner)]
