"""/api/webauthn: a person's passkeys, and step-up with one of them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from prividium import clock
from prividium.audit import trail
from prividium.db.edge import ReadSession, WriteSession
from prividium.errors import Conflict, InvalidInput, Unauthorized
from prividium.identity import base64url, passkeys, step_up
from prividium.identity.caller import ConfirmedPerson, LoginAttempt, Person, RequestId, TheIdentity
from prividium.identity.mfa import holds_power
from prividium.identity.models import LoginSession, User
from prividium.identity.passkey_models import Passkey
from prividium.identity.principal import Principal
from prividium.identity.routes.wallet_login import AssertionAnswer
from prividium.identity.webauthn_forms import Assertion, Attestation, as_json
from prividium.rest import Answer, Body, time_text

router = APIRouter(prefix="/webauthn", tags=["webauthn"])

FRESH_LOGIN_SECONDS = 900
DeviceName = Annotated[str, Field(min_length=1, max_length=100)]
Action = Annotated[str, Field(min_length=1, max_length=step_up.ACTION_LENGTH_MAX)]


class FinishBody(Body):
    response: Attestation
    device_name: DeviceName | None = None


class DeviceBody(Body):
    device_name: DeviceName


class CredentialAnswer(Answer):
    id: str
    credential_id: str
    device_name: str | None
    last_used_at: str | None
    created_at: str


class StepUpBody(Body):
    action: Action
    """As the refusal with requiresStepUp gave it."""


class StepUpFinishBody(StepUpBody):
    assertion: Assertion


class ProofAnswer(Answer):
    proof: str
    """To be sent once as X-Step-Up-Proof, with the request that it confirms."""
    expires_at: str


def show_passkey(passkey: Passkey) -> CredentialAnswer:
    return CredentialAnswer(
        id=passkey.id,
        credential_id=base64url.encode(passkey.credential_id),
        device_name=passkey.device_name,
        last_used_at=None if passkey.last_used_at is None else time_text(passkey.last_used_at),
        created_at=time_text(passkey.created_at),
    )


@router.post("/register/begin", dependencies=[LoginAttempt])
def begin_registration(person: ConfirmedPerson, session: WriteSession, identity: TheIdentity) -> dict[str, object]:
    """Options for `navigator.credentials.create`. The first passkey needs a fresh login, any other a step-up."""
    user = session.get_one(User, person.user_id)
    if not passkeys.has_passkey(session, user.id):
        opened = session.get_one(LoginSession, person.session_id)
        if clock.now() - opened.created_at > FRESH_LOGIN_SECONDS:
            text = f"sign in again: a first passkey is registered within {FRESH_LOGIN_SECONDS // 60} minutes of a login"
            raise Unauthorized("login_too_old", text)
    return passkeys.begin_registration(session, identity.relying_party, user, person.session_id)


@router.post("/register/finish", dependencies=[LoginAttempt])
def finish_registration(
    body: FinishBody, person: Person, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> CredentialAnswer:
    """Register the authenticator that signed the challenge."""
    with identity.database.read() as reading:
        ceremony = passkeys.registration(reading, person.user_id, person.session_id)
    made = passkeys.finish_registration(
        identity.database, identity.relying_party, ceremony, as_json(body.response), body.device_name
    )
    _note(session, person, "passkey.register", made.id, request_id)
    return show_passkey(made)


@router.get("/credentials")
def list_credentials(person: Person, session: ReadSession) -> list[CredentialAnswer]:
    return [show_passkey(passkey) for passkey in passkeys.passkeys_of(session, person.user_id)]


@router.put("/credentials/{passkey_id}")
def rename(
    passkey_id: str, body: DeviceBody, person: Person, session: WriteSession, request_id: RequestId
) -> CredentialAnswer:
    passkey = passkeys.find(session, person.user_id, passkey_id)
    passkey.device_name = body.device_name
    _note(session, person, "passkey.rename", passkey.id, request_id)
    return show_passkey(passkey)


@router.delete("/credentials/{passkey_id}", status_code=204)
def delete(passkey_id: str, person: ConfirmedPerson, session: WriteSession, request_id: RequestId) -> None:
    """The last passkey of an administrator stays."""
    session.get_one(User, person.user_id, with_for_update=True)
    passkey = passkeys.find(session, person.user_id, passkey_id)
    if holds_power(session, person.user_id) and len(passkeys.passkeys_of(session, person.user_id)) == 1:
        raise Conflict("last_passkey", "an administrator keeps at least one passkey; register another one first")
    session.delete(passkey)
    _note(session, person, "passkey.delete", passkey_id, request_id)


@router.post("/step-up/begin", dependencies=[LoginAttempt])
def begin_step_up(body: StepUpBody, person: Person, session: WriteSession, identity: TheIdentity) -> AssertionAnswer:
    """A challenge for one request."""
    if not passkeys.has_passkey(session, person.user_id):
        raise InvalidInput("passkey_missing", "you have no passkey: register one first")
    party = identity.relying_party
    options = passkeys.begin_assertion(session, party, step_up.ceremony(person, body.action))
    return AssertionAnswer.of(party.id, options)


@router.post("/step-up/finish", dependencies=[LoginAttempt])
def finish_step_up(
    body: StepUpFinishBody, person: Person, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> ProofAnswer:
    """The proof for that request."""
    ceremony = step_up.ceremony(person, body.action)
    used = passkeys.finish_assertion(identity.database, identity.relying_party, ceremony, as_json(body.assertion))
    granted = step_up.grant(identity.database, person, body.action)
    _note(session, person, "step_up", used, request_id, {"action": body.action})
    return ProofAnswer(proof=granted.proof, expires_at=time_text(granted.expires_at))


def _note(
    session: WriteSession,
    person: Principal,
    action: str,
    passkey_id: str,
    request_id: str,
    details: dict[str, str] | None = None,
) -> None:
    trail.record(
        session,
        actor=person.user_id,
        action=action,
        outcome="allowed",
        subject=passkey_id,
        request_id=request_id,
        details=details or {},
    )
