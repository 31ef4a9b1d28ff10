"""A browser signs in through the real development identity provider, over HTTP."""

from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium.identity.models import LoginFlow, LoginSession, User
from prividium.identity.secrecy import credential_hash

if TYPE_CHECKING:
    from tests.unit.conftest import Browser, Edge


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def call_back(browser: "Browser", url: httpx.URL) -> httpx.Response:
    return browser.json("GET", str(url), follow_redirects=False)


def test_a_person_signs_in_and_comes_back_to_the_page_they_wanted(edge: "Edge") -> None:
    browser = edge.browser()
    page = browser.sign_in("client", return_to="/api/profiles/me")
    assert page.status_code == 200
    assert page.json()["displayName"] == "client"


def test_a_new_person_has_no_roles_and_no_wallets(edge: "Edge") -> None:
    profile = edge.signed_in("auditor").json("GET", "/api/profiles/me").json()
    assert (profile["roles"], profile["wallets"]) == ([], [])


def test_the_configured_administrator_gets_the_role_admin(edge: "Edge") -> None:
    profile = edge.signed_in("administrator").json("GET", "/api/profiles/me").json()
    assert [role["id"] for role in profile["roles"]] == ["admin"]


def test_the_same_person_stays_the_same_user(edge: "Edge") -> None:
    ids = {edge.signed_in("client-two").json("GET", "/api/profiles/me").json()["id"] for _ in range(2)}
    assert len(ids) == 1


def test_no_credential_travels_in_a_url(edge: "Edge", session: Session) -> None:
    browser = edge.browser()
    page = browser.sign_in("client")
    token = browser.http.cookies["prividium_session"]
    urls = [str(step.url) + step.headers.get("location", "") for step in (*page.history, page)]
    assert not any(token in url for url in urls)
    assert session.scalar(select(LoginSession).where(LoginSession.token_hash == credential_hash(token))) is not None


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(edge: "Edge") -> None:
    browser = edge.browser()
    answer = call_back(browser, browser.answer_of_provider("client"))
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("prividium_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


def test_the_authorization_request_uses_s256_state_and_nonce(edge: "Edge") -> None:
    start = edge.browser().json("GET", "/api/auth/login", follow_redirects=False)
    query = parse_qs(urlsplit(start.headers["location"]).query)
    assert query["response_type"] == ["code"]
    assert query["code_challenge_method"] == ["S256"]
    assert all(len(query[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))


def test_a_wrong_state_is_refused(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client").copy_set_param("state", "A" * 43)
    assert (call_back(browser, url).status_code, reason(call_back(browser, url))) == (401, "login_state_invalid")


def test_a_callback_works_only_once(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client")
    assert call_back(browser, url).status_code == 303
    assert reason(call_back(browser, url)) == "login_state_invalid"


def test_a_failed_callback_has_spent_its_state(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client")
    assert reason(call_back(browser, url.copy_set_param("code", "wrong"))) == "code_refused"
    assert reason(call_back(browser, url)) == "login_state_invalid"


def test_a_code_of_another_login_does_not_fit_the_verifier(edge: "Edge") -> None:
    first, second = edge.browser(), edge.browser()
    stolen = first.answer_of_provider("administrator").params["code"]
    own = second.answer_of_provider("client").copy_set_param("code", stolen)
    assert reason(call_back(second, own)) == "code_refused"


def test_nobody_can_be_signed_in_as_somebody_else_by_a_link(edge: "Edge") -> None:
    attacker, victim = edge.browser(), edge.browser()
    url = attacker.answer_of_provider("client")
    assert reason(call_back(victim, url)) == "login_browser_mismatch"


def test_an_answer_of_another_issuer_is_refused(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client").copy_set_param("iss", "https://other.example")
    assert reason(call_back(browser, url)) == "issuer_mismatch"


def test_an_answer_without_its_issuer_is_refused(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client").copy_remove_param("iss")
    assert reason(call_back(browser, url)) == "issuer_mismatch"


def test_a_refusal_by_the_provider_signs_nobody_in(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client").copy_set_param("error", "access_denied")
    assert reason(call_back(browser, url)) == "login_refused"


def test_a_wrong_nonce_is_refused(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client")
    with edge.database.write() as session:
        flow = session.get_one(LoginFlow, credential_hash(url.params["state"]))
        flow.nonce = "another"
    assert reason(call_back(browser, url)) == "id_token_nonce_invalid"


def test_a_login_that_took_too_long_is_refused(edge: "Edge") -> None:
    browser = edge.browser()
    url = browser.answer_of_provider("client")
    with edge.database.write() as session:
        session.get_one(LoginFlow, credential_hash(url.params["state"])).expires_at = 0
    assert reason(call_back(browser, url)) == "login_expired"


@pytest.mark.parametrize(
    "return_to",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "/a\nb",
        "/" + "a" * 5000,
    ],
)
def test_a_login_returns_only_to_this_node(edge: "Edge", return_to: str) -> None:
    answer = edge.browser().json("GET", "/api/auth/login", params={"return_to": return_to}, follow_redirects=False)
    assert (answer.status_code, reason(answer)) == (400, "return_to_invalid")


def test_a_disabled_user_cannot_sign_in(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge()
    edge.signed_in("client")
    with edge.database.write() as session:
        session.scalars(select(User)).one().disabled = True
    browser = edge.browser()
    assert reason(call_back(browser, browser.answer_of_provider("client"))) == "user_disabled"


def test_a_provider_that_does_not_answer_is_named(make_edge: Callable[..., "Edge"]) -> None:
    edge = make_edge(oidc_issuer="http://127.0.0.1:9")
    answer = edge.browser().json("GET", "/api/auth/login")
    assert (answer.status_code, reason(answer)) == (503, "identity_provider_unavailable")


def test_a_page_explains_a_failed_login_to_a_person(edge: "Edge") -> None:
    answer = edge.browser().http.get("/api/auth/callback?state=x&code=y")
    assert answer.status_code == 401
    assert "sign in again" in answer.text
