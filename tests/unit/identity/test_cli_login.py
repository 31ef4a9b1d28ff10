"""A program signs in while a person confirms its code in a browser."""

import secrets
from typing import TYPE_CHECKING

import httpx
import pytest

from prividium.identity.models import CliLogin

if TYPE_CHECKING:
    from tests.unit.conftest import Edge


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def test_a_program_gets_a_token_once_the_person_confirmed(edge: "Edge") -> None:
    login = edge.start_cli_login()
    waiting = edge.poll(login)
    assert (waiting.status_code, waiting.json()) == (202, {"status": "pending"})
    edge.signed_in("client").confirm(login)
    token = edge.poll(login).json()["token"]
    profile = edge.client(headers={"Authorization": f"Bearer {token}"}).get("/api/profiles/me").json()
    assert profile["displayName"] == "client"


def test_a_person_who_is_not_signed_in_signs_in_on_the_way(edge: "Edge") -> None:
    login = edge.start_cli_login()
    browser = edge.browser()
    page = browser.choose(browser.http.get(login.started["loginUrl"]), "client")
    assert "Type the code" in page.text
    assert browser.confirm(login).status_code == 200
    assert edge.poll(login).status_code == 200


def test_a_token_is_given_out_once(edge: "Edge") -> None:
    login = edge.start_cli_login()
    edge.signed_in("client").confirm(login)
    assert edge.poll(login).status_code == 200
    assert reason(edge.poll(login)) == "cli_login_invalid"


@pytest.mark.parametrize("field", ["pollCode", "codeVerifier", "requestId"])
def test_a_stranger_who_lacks_one_of_the_secrets_gets_nothing(edge: "Edge", field: str) -> None:
    login = edge.start_cli_login()
    edge.signed_in("client").confirm(login)
    assert reason(edge.poll(login, **{field: secrets.token_urlsafe(32)})) == "cli_login_invalid"
    assert edge.poll(login).status_code == 200


def test_the_link_holds_no_secret(edge: "Edge") -> None:
    login = edge.start_cli_login()
    hidden = (login.started["userCode"], login.started["pollCode"], login.verifier)
    assert not any(secret in login.started["loginUrl"] for secret in hidden)


def test_a_wrong_code_confirms_nothing(edge: "Edge") -> None:
    login = edge.start_cli_login()
    assert edge.signed_in("client").confirm(login, "BBBB-BBBB").status_code == 401
    assert edge.poll(login).status_code == 202


def test_after_five_wrong_codes_the_login_is_void(edge: "Edge") -> None:
    login = edge.start_cli_login()
    browser = edge.signed_in("client")
    for _ in range(5):
        browser.confirm(login, "BBBB-BBBB")
    assert browser.confirm(login).status_code == 401
    assert reason(edge.poll(login)) == "cli_login_invalid"


def test_a_code_may_be_typed_in_small_letters_without_the_dash(edge: "Edge") -> None:
    login = edge.start_cli_login()
    typed = login.started["userCode"].lower().replace("-", " ")
    assert edge.signed_in("client").confirm(login, typed).status_code == 200


def test_a_login_cannot_be_confirmed_by_a_second_person(edge: "Edge") -> None:
    login = edge.start_cli_login()
    edge.signed_in("client").confirm(login)
    assert edge.signed_in("client-two").confirm(login).status_code == 401


def test_an_expired_login_is_void(edge: "Edge") -> None:
    login = edge.start_cli_login()
    edge.signed_in("client").confirm(login)
    with edge.database.write() as session:
        session.get_one(CliLogin, login.started["requestId"]).expires_at = 0
    assert reason(edge.poll(login)) == "cli_login_invalid"


def test_another_site_cannot_confirm_for_a_signed_in_person(edge: "Edge") -> None:
    login = edge.start_cli_login()
    browser = edge.signed_in("client")
    form = {"request": login.started["requestId"], "code": login.started["userCode"], "csrf": "guess"}
    for origin in ({}, {"Origin": "https://evil.example"}, {"Origin": edge.url}):
        answer = browser.http.post("/api/auth/cli/confirm", data=form, headers=origin)
        assert answer.status_code == 403
    assert edge.poll(login).status_code == 202


@pytest.mark.parametrize("challenge", ["", "short", "a" * 44, "é" * 43, "a" * 42 + "="])
def test_a_challenge_must_be_s256(edge: "Edge", challenge: str) -> None:
    answer = edge.client().post("/api/auth/cli/start", json={"codeChallenge": challenge})
    assert (answer.status_code, reason(answer)) == (400, "code_challenge_invalid")
