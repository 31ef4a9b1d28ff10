"""An administrator who has a passkey confirms every change with it, once."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount

from prividium import clock
from tests.unit.identity.authenticator import Authenticator
from tests.unit.identity.newcomer import newcomer, signed_in_again
from tests.unit.identity.passkey_person import PasskeyPerson
from tests.unit.identity.test_wallets import login_body, sign

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

LOGIN = "/api/auth/login/crypto-native"
CHANGES = [
    ("POST", "/api/roles"),
    ("PUT", "/api/roles/x"),
    ("DELETE", "/api/roles/x"),
    ("PUT", "/api/users/x/roles"),
    ("PATCH", "/api/users/x"),
    ("POST", "/api/contracts"),
    ("PUT", "/api/contracts/x"),
    ("DELETE", "/api/contracts/x"),
    ("POST", "/api/contract-permissions"),
    ("PUT", "/api/contract-permissions/1"),
    ("DELETE", "/api/contract-permissions/1"),
    ("POST", "/api/event-permissions"),
    ("DELETE", "/api/event-permissions/1"),
    ("POST", "/api/m2m-applications"),
    ("PUT", "/api/m2m-applications/x"),
    ("PATCH", "/api/m2m-applications/x"),
    ("DELETE", "/api/m2m-applications/x"),
    ("POST", "/api/m2m-applications/x/api-keys"),
    ("POST", "/api/m2m-applications/x/api-keys/y/rotate"),
    ("DELETE", "/api/m2m-applications/x/api-keys/y"),
    ("POST", "/api/m2m-applications/x/ip-whitelist"),
    ("DELETE", "/api/m2m-applications/x/ip-whitelist/y"),
    ("POST", "/api/m2m-applications/x/wallets"),
    ("DELETE", "/api/m2m-applications/x/wallets/y"),
    ("POST", "/api/templates"),
    ("PUT", "/api/templates/x"),
    ("DELETE", "/api/templates/x"),
    ("POST", "/api/template-permissions"),
    ("PUT", "/api/template-permissions/1"),
    ("DELETE", "/api/template-permissions/1"),
    ("POST", "/api/four-eyes"),
    ("DELETE", "/api/four-eyes/x"),
    ("POST", "/api/policy-proposals/x/approve"),
    ("POST", "/api/policy-proposals/x/reject"),
    ("POST", "/api/user-wallets/associate"),
    ("DELETE", "/api/user-wallets/x"),
    ("POST", "/api/admin/sessions/x/revoke"),
    ("POST", "/api/admin/sessions/revoke-all?userId=x"),
    ("DELETE", "/api/admin/webauthn/users/x"),
    ("DELETE", "/api/admin/webauthn/users/x/y"),
]


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


@pytest.fixture
def admin(edge: "Edge") -> PasskeyPerson:
    person = PasskeyPerson.of(newcomer(edge, "admin"))
    assert person.register().status_code == 200
    return person


def linked(admin: PasskeyPerson) -> LocalAccount:
    """A wallet of the administrator's."""
    account: LocalAccount = Account.create()
    started = admin.program.post("/api/user-wallets/initiate", {"walletAddress": account.address}).json()
    body = {
        "walletAddress": account.address,
        "message": started["message"],
        "signature": sign(account, started["message"]),
        "nonceToken": started["nonceToken"],
    }
    assert admin.send_confirmed("POST", "/api/user-wallets/associate", body).json() == {"success": True}
    return account


def role(name: str) -> dict[str, object]:
    return {"roleName": name, "systemPermissions": []}


def test_without_a_passkey_an_administrator_needs_no_step_up(edge: "Edge") -> None:
    assert newcomer(edge, "admin").post("/api/roles", role("first")).status_code == 201


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_every_change_needs_a_step_up(shared: PasskeyPerson, method: str, path: str) -> None:
    answer = shared.send(method, path, {})
    assert (answer.status_code, reason(answer)) == (401, "step_up_required")
    assert answer.json()["requiresStepUp"] is True
    assert answer.json()["action"].startswith(f"{method} {path.partition('?')[0]} ")


@pytest.fixture(scope="module")
def shared(edge: "Edge") -> PasskeyPerson:
    person = PasskeyPerson.of(newcomer(edge, "admin"))
    assert person.register().status_code == 200
    return person


def test_reading_needs_no_step_up(admin: PasskeyPerson) -> None:
    assert admin.send("GET", "/api/roles").status_code == 200


def test_a_confirmed_change_is_made(admin: PasskeyPerson) -> None:
    assert admin.send_confirmed("POST", "/api/roles", role("confirmed")).status_code == 201


def test_a_proof_serves_once(admin: PasskeyPerson) -> None:
    proof = admin.confirm(admin.send("POST", "/api/roles", role("once")).json()["action"])
    assert admin.send("POST", "/api/roles", role("once"), proof).status_code == 201
    assert reason(admin.send("POST", "/api/roles", role("once"), proof)) == "step_up_invalid"


def test_a_proof_serves_the_request_that_it_was_made_for(admin: PasskeyPerson) -> None:
    proof = admin.confirm(admin.send("POST", "/api/roles", role("meant")).json()["action"])
    assert reason(admin.send("POST", "/api/roles", role("other"), proof)) == "step_up_invalid"
    assert reason(admin.send("POST", "/api/roles", role("meant"), proof)) == "step_up_invalid"


def test_a_proof_for_one_user_does_not_serve_another(admin: PasskeyPerson) -> None:
    path = "/api/admin/sessions/revoke-all?userId="
    proof = admin.confirm(admin.send("POST", path + "a").json()["action"])
    assert reason(admin.send("POST", path + "b", proof=proof)) == "step_up_invalid"


def test_a_proof_belongs_to_its_session(admin: PasskeyPerson, edge: "Edge") -> None:
    proof = admin.confirm(admin.send("POST", "/api/roles", role("moved")).json()["action"])
    thief = PasskeyPerson(signed_in_again(edge, admin.program.user_id()), admin.device)
    assert reason(thief.send("POST", "/api/roles", role("moved"), proof)) == "step_up_invalid"


def test_a_proof_ends(admin: PasskeyPerson, monkeypatch: pytest.MonkeyPatch) -> None:
    proof = admin.confirm(admin.send("POST", "/api/roles", role("late")).json()["action"])
    later = clock.now() + 120
    monkeypatch.setattr(clock, "now", lambda: later)
    assert reason(admin.send("POST", "/api/roles", role("late"), proof)) == "step_up_invalid"


def test_a_made_up_proof_is_refused(admin: PasskeyPerson) -> None:
    assert reason(admin.send("POST", "/api/roles", role("forged"), "A" * 43)) == "step_up_invalid"


def test_an_action_cannot_be_exchanged_between_begin_and_finish(admin: PasskeyPerson) -> None:
    assertion = admin.device.get(admin.begin("DELETE /api/roles/a"))
    assert reason(admin.finish("DELETE /api/roles/b", assertion)) == "passkey_challenge_invalid"


def test_a_step_up_needs_a_passkey(edge: "Edge") -> None:
    answer = newcomer(edge, "admin").post("/api/webauthn/step-up/begin", {"action": "x"})
    assert reason(answer) == "passkey_missing"


def test_the_last_passkey_of_an_administrator_stays(admin: PasskeyPerson) -> None:
    (found,) = admin.program.get("/api/webauthn/credentials").json()
    assert reason(admin.send_confirmed("DELETE", f"/api/webauthn/credentials/{found['id']}")) == "last_passkey"


def test_a_lost_passkey_is_taken_away_by_another_administrator(admin: PasskeyPerson, edge: "Edge") -> None:
    other = PasskeyPerson.of(newcomer(edge))
    other.register()
    path = f"/api/admin/webauthn/users/{other.program.user_id()}"
    assert len(admin.program.get(path).json()["items"]) == 1
    assert admin.send_confirmed("DELETE", path).json() == {"deletedCount": 1}
    assert other.program.get("/api/webauthn/credentials").json() == []
    own = f"/api/admin/webauthn/users/{admin.program.user_id()}"
    assert reason(admin.send_confirmed("DELETE", own)) == "own_passkey"


def test_where_passkeys_are_demanded_nothing_changes_without_one(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge(admin_passkey_required=True)
    person = PasskeyPerson.of(newcomer(edge, "admin"))
    refused = person.send("POST", "/api/roles", role("early"))
    assert (refused.status_code, reason(refused)) == (403, "passkey_required")
    assert person.send("GET", "/api/roles").status_code == 200
    person.register()
    assert person.send_confirmed("POST", "/api/roles", role("early")).status_code == 201


def test_a_wallet_login_of_an_administrator_needs_the_passkey(admin: PasskeyPerson, edge: "Edge") -> None:
    account = linked(admin)
    body: dict[str, object] = dict(login_body(edge, account))
    first = edge.client().post(LOGIN, json=body).json()
    assert set(first) == {"requiresMfa", "rpId", "challenge", "allowCredentials"}
    assert first["requiresMfa"] is True
    assert [credential["type"] for credential in first["allowCredentials"]] == ["public-key"]
    body["passkeyAssertion"] = admin.device.get(first["challenge"])
    second = edge.client().post(LOGIN, json=body)
    assert second.status_code == 200
    assert set(second.json()) == {"token", "expiresAt", "renewableUntil"}
    assert reason(edge.client().post(LOGIN, json=body)) == "passkey_challenge_invalid"


def test_the_passkey_of_one_login_does_not_serve_another(admin: PasskeyPerson, edge: "Edge") -> None:
    account = linked(admin)
    first = edge.client().post(LOGIN, json=login_body(edge, account)).json()
    other: dict[str, object] = dict(login_body(edge, account))
    other["passkeyAssertion"] = admin.device.get(first["challenge"])
    assert reason(edge.client().post(LOGIN, json=other)) == "passkey_challenge_invalid"


def test_a_step_up_does_not_sign_in(admin: PasskeyPerson, edge: "Edge") -> None:
    account = linked(admin)
    body: dict[str, object] = dict(login_body(edge, account))
    body["passkeyAssertion"] = admin.device.get(admin.begin("x"))
    assert reason(edge.client().post(LOGIN, json=body)) == "passkey_challenge_invalid"


def test_a_wrong_passkey_does_not_sign_in(admin: PasskeyPerson, edge: "Edge") -> None:
    account = linked(admin)
    body: dict[str, object] = dict(login_body(edge, account))
    first = edge.client().post(LOGIN, json=body).json()
    stranger = Authenticator(edge.url, admin.device.rp_id, admin.device.credential_id)
    stranger.user_handle = admin.device.user_handle
    body["passkeyAssertion"] = stranger.get(first["challenge"])
    assert reason(edge.client().post(LOGIN, json=body)) == "passkey_refused"
    del body["passkeyAssertion"]
    assert reason(edge.client().post(LOGIN, json=body)) == "siwe_nonce_spent"


def test_who_is_no_administrator_signs_in_with_the_wallet_alone(edge: "Edge") -> None:
    person = PasskeyPerson.of(newcomer(edge))
    person.register()
    account = Account.create()
    person.program.link(account)
    assert "token" in edge.client().post(LOGIN, json=login_body(edge, account)).json()
