"""Registering passkeys, and answers of authenticators that do not hold."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from sqlalchemy import select, update

from prividium import clock
from prividium.identity.models import LoginSession
from prividium.identity.passkey_models import Passkey
from tests.unit.identity.authenticator import Authenticator, Document
from tests.unit.identity.newcomer import newcomer, signed_in_again
from tests.unit.identity.passkey_person import HOST, PasskeyPerson

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

ACTION = "POST /api/anything"
Change = Callable[[Authenticator], object]


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


@pytest.fixture
def person(edge: "Edge") -> PasskeyPerson:
    return PasskeyPerson.of(newcomer(edge))


@pytest.fixture
def enrolled(person: PasskeyPerson) -> PasskeyPerson:
    assert person.register().status_code == 200
    return person


def test_a_person_registers_a_passkey(person: PasskeyPerson) -> None:
    made = person.register()
    assert made.status_code == 200, made.text
    assert set(made.json()) == {"id", "credentialId", "deviceName", "lastUsedAt", "createdAt"}
    assert person.program.get("/api/webauthn/credentials").json() == [made.json()]


def test_the_options_demand_user_verification_and_name_this_node(person: PasskeyPerson) -> None:
    options = person.begin_registration().json()
    assert options["rp"] == {"name": "Prividium", "id": HOST}
    assert options["authenticatorSelection"]["userVerification"] == "required"
    assert options["attestation"] == "none"


def test_a_registered_passkey_confirms(enrolled: PasskeyPerson) -> None:
    assert len(enrolled.confirm(ACTION)) >= 43
    assert enrolled.program.get("/api/webauthn/credentials").json()[0]["lastUsedAt"] is not None


def wrong_origin(device: Authenticator) -> None:
    device.origin = "https://evil.example"


def wrong_rp_id(device: Authenticator) -> None:
    device.rp_id = "evil.example"


def no_user_verification(device: Authenticator) -> None:
    device.verifies_user = False


@pytest.mark.parametrize("change", [wrong_origin, wrong_rp_id, no_user_verification])
def test_a_registration_that_does_not_hold_is_refused(person: PasskeyPerson, change: Change) -> None:
    change(person.device)
    assert reason(person.register()) == "passkey_refused"
    assert person.program.get("/api/webauthn/credentials").json() == []


def test_an_answer_to_another_question_does_not_register(person: PasskeyPerson) -> None:
    response = person.device.create(person.begin_registration().json(), client_type="webauthn.get")
    assert reason(person.finish_registration(response)) == "passkey_refused"


def rewound_counter(device: Authenticator) -> None:
    device.sign_count -= 1


def another_key(device: Authenticator) -> None:
    device.key = Authenticator(device.origin, device.rp_id).key


def another_handle(device: Authenticator) -> None:
    device.user_handle = b"somebody else"


@pytest.mark.parametrize(
    "change", [wrong_origin, wrong_rp_id, no_user_verification, rewound_counter, another_key, another_handle]
)
def test_an_assertion_that_does_not_hold_is_refused(enrolled: PasskeyPerson, change: Change) -> None:
    enrolled.confirm(ACTION)
    change(enrolled.device)
    answer = enrolled.finish(ACTION, enrolled.device.get(enrolled.begin(ACTION)))
    assert (answer.status_code, reason(answer)) == (401, "passkey_refused")


def test_an_authenticator_without_a_counter_is_welcome(enrolled: PasskeyPerson) -> None:
    enrolled.device.sign_count = -1
    assert enrolled.finish(ACTION, enrolled.device.get(enrolled.begin(ACTION))).status_code == 200
    enrolled.device.sign_count = -1
    assert enrolled.finish(ACTION, enrolled.device.get(enrolled.begin(ACTION))).status_code == 200


def test_a_challenge_serves_once(enrolled: PasskeyPerson) -> None:
    challenge = enrolled.begin(ACTION)
    assert enrolled.finish(ACTION, enrolled.device.get(challenge)).status_code == 200
    assert reason(enrolled.finish(ACTION, enrolled.device.get(challenge))) == "passkey_challenge_invalid"


def test_a_failed_attempt_spends_the_challenge(enrolled: PasskeyPerson) -> None:
    challenge = enrolled.begin(ACTION)
    stranger = Authenticator(enrolled.device.origin, HOST, user_handle=enrolled.device.user_handle)
    assert reason(enrolled.finish(ACTION, stranger.get(challenge))) == "passkey_refused"
    assert reason(enrolled.finish(ACTION, enrolled.device.get(challenge))) == "passkey_challenge_invalid"


def test_a_challenge_that_nobody_gave_out_is_refused(enrolled: PasskeyPerson) -> None:
    assert reason(enrolled.finish(ACTION, enrolled.device.get("A" * 43))) == "passkey_challenge_invalid"


def test_a_page_in_a_frame_of_another_site_confirms_nothing(enrolled: PasskeyPerson) -> None:
    enrolled.device.cross_origin = True
    answer = enrolled.finish(ACTION, enrolled.device.get(enrolled.begin(ACTION)))
    assert reason(answer) == "passkey_challenge_invalid"


def test_a_challenge_ends(enrolled: PasskeyPerson, monkeypatch: pytest.MonkeyPatch) -> None:
    challenge = enrolled.begin(ACTION)
    later = clock.now() + 300
    monkeypatch.setattr(clock, "now", lambda: later)
    assert reason(enrolled.finish(ACTION, enrolled.device.get(challenge))) == "passkey_challenge_invalid"


def test_a_challenge_of_a_registration_confirms_nothing(enrolled: PasskeyPerson) -> None:
    proof = enrolled.confirm(enrolled.begin_registration().json()["action"])
    started = enrolled.begin_registration(**{"X-Step-Up-Proof": proof}).json()
    assertion = enrolled.device.get(str(started["challenge"]))
    assert reason(enrolled.finish(ACTION, assertion)) == "passkey_challenge_invalid"


def test_a_challenge_of_a_step_up_registers_nothing(enrolled: PasskeyPerson) -> None:
    """The action is the caller's choice: here it reads like the binding of a registration."""
    started = {"challenge": enrolled.begin("1"), "user": {"id": "YQ"}}
    second = Authenticator(enrolled.device.origin, HOST)
    assert reason(enrolled.finish_registration(second.create(started))) == "passkey_challenge_invalid"


def test_the_challenge_of_another_person_is_refused(enrolled: PasskeyPerson, edge: "Edge") -> None:
    other = PasskeyPerson.of(newcomer(edge))
    other.register()
    assertion = other.device.get(enrolled.begin(ACTION))
    assert reason(other.finish(ACTION, assertion)) == "passkey_challenge_invalid"


def test_the_passkey_of_another_person_is_refused(enrolled: PasskeyPerson, edge: "Edge") -> None:
    other = PasskeyPerson.of(newcomer(edge))
    other.register()
    other.device.user_handle = enrolled.device.user_handle
    assertion = other.device.get(enrolled.begin(ACTION))
    assert reason(enrolled.finish(ACTION, assertion)) == "passkey_refused"


def test_an_authenticator_is_registered_once(enrolled: PasskeyPerson, edge: "Edge") -> None:
    other = PasskeyPerson(newcomer(edge), enrolled.device)
    assert reason(other.register()) == "passkey_known"


def test_a_second_passkey_needs_the_first(enrolled: PasskeyPerson) -> None:
    refused = enrolled.begin_registration()
    assert (refused.status_code, reason(refused)) == (401, "step_up_required")
    proof = enrolled.confirm(refused.json()["action"])
    started = enrolled.begin_registration(**{"X-Step-Up-Proof": proof})
    second = Authenticator(enrolled.device.origin, HOST)
    assert enrolled.finish_registration(second.create(started.json())).status_code == 200


def test_what_began_as_the_first_does_not_end_as_the_second(person: PasskeyPerson) -> None:
    intruder = Authenticator(person.device.origin, HOST)
    begun = intruder.create(person.begin_registration().json())
    assert person.register().status_code == 200
    assert reason(person.finish_registration(begun)) == "passkey_challenge_invalid"


def test_a_first_passkey_needs_a_fresh_login(person: PasskeyPerson, edge: "Edge") -> None:
    with edge.database.write() as session:
        mine = LoginSession.user_id == person.program.user_id()
        session.execute(update(LoginSession).where(mine).values(created_at=clock.now() - 901))
    assert reason(person.begin_registration()) == "login_too_old"


def test_a_registration_belongs_to_its_session(person: PasskeyPerson, edge: "Edge") -> None:
    options = person.begin_registration().json()
    elsewhere = PasskeyPerson(signed_in_again(edge, person.program.user_id()), person.device)
    assert reason(elsewhere.finish_registration(person.device.create(options))) == "passkey_challenge_invalid"


def test_a_passkey_is_renamed_and_deleted(enrolled: PasskeyPerson) -> None:
    (found,) = enrolled.program.get("/api/webauthn/credentials").json()
    path = f"/api/webauthn/credentials/{found['id']}"
    assert enrolled.program.put(path, {"deviceName": "desk"}).json()["deviceName"] == "desk"
    assert enrolled.program.delete(path).status_code == 401
    assert enrolled.send_confirmed("DELETE", path).status_code == 204
    assert enrolled.program.get("/api/webauthn/credentials").json() == []


def test_the_passkey_of_another_looks_absent(enrolled: PasskeyPerson, edge: "Edge") -> None:
    (found,) = enrolled.program.get("/api/webauthn/credentials").json()
    other = newcomer(edge)
    body = {"deviceName": "mine"}
    foreign = other.put(f"/api/webauthn/credentials/{found['id']}", body)
    absent = other.put("/api/webauthn/credentials/000000000000000000000", body)
    assert (foreign.status_code, foreign.json()) == (absent.status_code, absent.json()) == (404, absent.json())


def damaged(assertion: Document, member: str, value: str) -> Document:
    response = assertion["response"]
    assert isinstance(response, dict)
    return {**assertion, "response": {**response, member: value}}


@pytest.mark.parametrize("value", ["AAAA", "_", "x" * 1_000, "oWFh", "W1tbW1tbW1tb"])
@pytest.mark.parametrize("member", ["clientDataJSON", "authenticatorData", "signature"])
def test_a_damaged_answer_is_refused(enrolled: PasskeyPerson, member: str, value: str) -> None:
    answer = enrolled.finish(ACTION, damaged(enrolled.device.get(enrolled.begin(ACTION)), member, value))
    assert answer.status_code == 401
    assert reason(answer) in ("passkey_refused", "passkey_challenge_invalid")


def test_a_damaged_attestation_is_refused(person: PasskeyPerson) -> None:
    for value in ("AAAA", "oWFh", "o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YUA"):
        response = damaged(person.device.create(person.begin_registration().json()), "attestationObject", value)
        assert reason(person.finish_registration(response)) == "passkey_refused"


def test_only_the_public_key_is_stored(enrolled: PasskeyPerson, edge: "Edge") -> None:
    secret = enrolled.device.key.private_numbers().private_value.to_bytes(32, "big")
    with edge.database.read() as session:
        mine = Passkey.credential_id == enrolled.device.credential_id
        stored = session.scalars(select(Passkey).where(mine)).one()
    assert secret not in stored.public_key
