"""Passkeys (WebAuthn Level 3): registering an authenticator, and letting it confirm something.

The library verifies; what it is told to demand is here: our challenge, our origin, our rpId, user verification, and a
counter that rises.
"""

import json
import logging
from dataclasses import dataclass
from typing import Final

import webauthn
from sqlalchemy import exists, select
from sqlalchemy.orm import Session
from webauthn.helpers import decode_credential_public_key
from webauthn.helpers.cose import COSEAlgorithmIdentifier
from webauthn.helpers.decoded_public_key_to_cryptography import decoded_public_key_to_cryptography
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import Conflict, NotFound, Unauthorized
from prividium.identity import base64url
from prividium.identity.models import User
from prividium.identity.passkey_challenges import Ceremony, RelyingParty, challenge_invalid, new_challenge, spend
from prividium.identity.passkey_models import Passkey
from prividium.identity.secrecy import same
from prividium.types import Json

PASSKEYS_PER_USER_MAX: Final = 16
ALGORITHMS: Final = [
    COSEAlgorithmIdentifier.ECDSA_SHA_256,
    COSEAlgorithmIdentifier.EDDSA,
    COSEAlgorithmIdentifier.RSASSA_PKCS1_v1_5_SHA_256,
]
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class AssertionOptions:
    challenge: str
    credentials: tuple[Passkey, ...]


def has_passkey(session: Session, user_id: str) -> bool:
    return bool(session.scalar(select(exists().where(Passkey.user_id == user_id))))


def passkeys_of(session: Session, user_id: str) -> tuple[Passkey, ...]:
    ordered = select(Passkey).where(Passkey.user_id == user_id).order_by(Passkey.created_at, Passkey.id)
    return tuple(session.scalars(ordered))


def find(session: Session, user_id: str, passkey_id: str) -> Passkey:
    """Raises NotFound("passkey_unknown"), also for the passkey of another user."""
    found = session.get(Passkey, passkey_id)
    if found is None or found.user_id != user_id:
        raise NotFound("passkey_unknown", "there is no such passkey")
    return found


def registration(session: Session, user_id: str, session_id: str) -> Ceremony:
    """The ceremony also names how many passkeys there are: what began as the first must not end as the second."""
    return Ceremony(user_id, "register", f"{session_id} {len(passkeys_of(session, user_id))}")


def begin_registration(session: Session, party: RelyingParty, user: User, session_id: str) -> dict[str, object]:
    """PublicKeyCredentialCreationOptionsJSON; raises Conflict("passkey_limit_exceeded")."""
    known = passkeys_of(session, user.id)
    if len(known) >= PASSKEYS_PER_USER_MAX:
        text = f"a user has at most {PASSKEYS_PER_USER_MAX} passkeys; delete one first"
        raise Conflict("passkey_limit_exceeded", text)
    options = webauthn.generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_id=user.id.encode(),
        user_name=user.display_name,
        challenge=new_challenge(session, party, registration(session, user.id, session_id)),
        timeout=party.ttl_seconds * 1_000,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=passkey.credential_id) for passkey in known],
        supported_pub_key_algs=ALGORITHMS,
    )
    document: dict[str, object] = json.loads(webauthn.options_to_json(options))
    return document


def finish_registration(
    database: Database, party: RelyingParty, ceremony: Ceremony, answer: dict[str, Json], device_name: str | None
) -> Passkey:
    """Keep the authenticator that answered; `ceremony` is what `registration` says now.

    Raises Unauthorized("passkey_challenge_invalid", "passkey_refused") and Conflict("passkey_known")."""
    challenge = spend(database, ceremony, answer)
    try:
        verified = webauthn.verify_registration_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=[party.origin],
            require_user_verification=True,
            supported_pub_key_algs=ALGORITHMS,
        )
        # With attestation "none" nothing has used the key yet: one that cannot be used would lock its owner out.
        decoded_public_key_to_cryptography(decode_credential_public_key(verified.credential_public_key))
    # The library lets errors of several unrelated parsers through.
    except Exception as error:  # noqa: BLE001
        raise _refused(error) from None
    row = Passkey(
        id=clock.new_id(),
        user_id=ceremony.user_id,
        credential_id=verified.credential_id,
        public_key=verified.credential_public_key,
        sign_count=verified.sign_count,
        transports=_transports(answer),
        device_name=device_name,
        created_at=clock.now(),
    )
    with database.write() as session:
        # The user's row is the lock: two registrations at once must not both pass as the first.
        session.get_one(User, ceremony.user_id, with_for_update=True)
        session_id = ceremony.bound_to.partition(" ")[0]
        if registration(session, ceremony.user_id, session_id) != ceremony:
            raise challenge_invalid()
        if session.scalar(select(exists().where(Passkey.credential_id == row.credential_id))):
            raise Conflict("passkey_known", "this authenticator is registered already")
        session.add(row)
    return row


def begin_assertion(session: Session, party: RelyingParty, ceremony: Ceremony) -> AssertionOptions:
    challenge = new_challenge(session, party, ceremony)
    return AssertionOptions(base64url.encode(challenge), passkeys_of(session, ceremony.user_id))


def finish_assertion(database: Database, party: RelyingParty, ceremony: Ceremony, answer: dict[str, Json]) -> str:
    """Id of the passkey that confirmed; raises Unauthorized("passkey_challenge_invalid" or "passkey_refused")."""
    challenge = spend(database, ceremony, answer)
    with database.write() as session:
        wanted = base64url.decode(answer.get("rawId"))
        mine = (Passkey.user_id == ceremony.user_id, Passkey.credential_id == wanted)
        passkey = session.scalar(select(Passkey).where(*mine).with_for_update())
        if passkey is None or not _is_handle_of(answer, ceremony.user_id):
            raise _refused(ValueError("unknown credential or another user's handle"))
        try:
            verified = webauthn.verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=party.id,
                expected_origin=[party.origin],
                credential_public_key=passkey.public_key,
                credential_current_sign_count=passkey.sign_count,
                require_user_verification=True,
            )
        # The library lets errors of several unrelated parsers through.
        except Exception as error:  # noqa: BLE001
            raise _refused(error) from None
        passkey.sign_count, passkey.last_used_at = verified.new_sign_count, clock.now()
        return passkey.id


def _is_handle_of(answer: dict[str, Json], user_id: str) -> bool:
    """A discoverable credential names the user for whom it was made (WebAuthn §7.2, step 6)."""
    response = answer.get("response")
    handle = response.get("userHandle") if isinstance(response, dict) else None
    return handle is None or same(base64url.decode(handle), user_id.encode())


def _transports(answer: dict[str, Json]) -> list[str]:
    response = answer.get("response")
    given = response.get("transports") if isinstance(response, dict) else None
    return [item for item in given if isinstance(item, str)] if isinstance(given, list) else []


def _refused(error: Exception) -> Unauthorized:
    _log.info("a passkey was refused: %s: %s", type(error).__name__, error)
    return Unauthorized("passkey_refused", "the authenticator's answer does not hold; try again from the start")
