"""A person lets an application act for them: the popup of Prividium's SDK."""

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select, update

from prividium.identity.models import LoginSession
from tests.unit.conftest import Program
from tests.unit.identity.newcomer import newcomer

if TYPE_CHECKING:
    from tests.unit.conftest import Browser, Edge

CALLBACK = "https://app.example/callback?tenant=1"
PROXY_CLI = {
    "client_id": "proxy-cli",
    "redirect_uri": "http://localhost:24101/callback",
    "state": "s t&te#ü",
    "response_type": "token",
}


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> Program:
    return newcomer(edge, "admin")


@pytest.fixture(scope="module")
def browser(edge: "Edge") -> "Browser":
    return edge.signed_in("client")


def application(admin: Program, **changed: object) -> dict[str, str]:
    body = {"name": "Treasury", "origin": "https://app.example", "oauthRedirectUris": [CALLBACK], **changed}
    made = admin.post("/api/applications", body)
    assert made.status_code == 201, made.text
    answer: dict[str, str] = made.json()
    return answer


def asking(made: dict[str, str], **changed: str) -> dict[str, str]:
    return {**PROXY_CLI, "client_id": made["oauthClientId"], "redirect_uri": CALLBACK, **changed}


def fields_of(page: httpx.Response) -> dict[str, object]:
    found: dict[str, object] = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    return {**found, "state": PROXY_CLI["state"]}


def decide(browser: "Browser", query: dict[str, str], decision: str = "allow", **changed: object) -> httpx.Response:
    page = browser.http.get("/auth/authorize", params=query)
    assert page.status_code == 200, page.text
    form = {**fields_of(page), "decision": decision, **changed}
    headers = {"Origin": browser.edge.url}
    return browser.http.post("/auth/authorize", data=form, headers=headers, follow_redirects=False)  # type: ignore[arg-type]


def fragment_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).fragment).items()}


def token_for(browser: "Browser", query: dict[str, str]) -> Program:
    return Program(browser.edge, fragment_of(decide(browser, query))["token"])


def test_an_application_gets_a_token_at_its_exact_address(admin: Program, browser: "Browser") -> None:
    answer = decide(browser, asking(application(admin)))
    assert answer.headers["location"].startswith(CALLBACK + "#")
    fragment = fragment_of(answer)
    assert fragment["state"] == PROXY_CLI["state"]
    assert Program(browser.edge, fragment["token"]).get("/api/profiles/me").json()["displayName"] == "client"


def test_the_command_line_is_known_without_registration(browser: "Browser") -> None:
    program = token_for(browser, PROXY_CLI)
    session = program.get("/api/auth/current-session").json()
    assert session["type"] == "user"
    assert session["expiresAt"].endswith("Z")


def test_a_person_who_is_not_signed_in_signs_in_on_the_way(edge: "Edge") -> None:
    browser = edge.browser()
    page = browser.choose(browser.http.get("/auth/authorize", params=PROXY_CLI), "client")
    assert "Let Prividium command line act for you?" in page.text
    assert fields_of(page)["redirect_uri"] == PROXY_CLI["redirect_uri"]


def test_a_person_who_cancels_gives_no_token(browser: "Browser") -> None:
    assert fragment_of(decide(browser, PROXY_CLI, "deny")) == {
        "error": "access_denied",
        "state": PROXY_CLI["state"],
    }


@pytest.mark.parametrize(
    "uri",
    [
        "https://app.example/callback",
        "https://app.example/callback?tenant=1&x=2",
        "https://app.example/callback?tenant=1/",
        "https://APP.example/callback?tenant=1",
        "https://app.example:443/callback?tenant=1",
        "https://app.example.evil.example/callback?tenant=1",
        "https://app.example@evil.example/callback?tenant=1",
        "http://app.example/callback?tenant=1",
        "javascript:alert(1)",
    ],
)
def test_a_token_goes_to_no_other_address(admin: Program, browser: "Browser", uri: str) -> None:
    query = asking(application(admin), redirect_uri=uri)
    asked = browser.json("GET", "/auth/authorize", params=query, follow_redirects=False)
    assert (asked.status_code, asked.json()["error"]["reason"]) == (400, "redirect_uri_unknown")
    answer = decide(browser, PROXY_CLI, client_id=query["client_id"], redirect_uri=uri)
    assert (answer.status_code, "location" in answer.headers) == (400, False)


def test_one_application_does_not_get_another_ones_token(admin: Program, browser: "Browser") -> None:
    query = {**PROXY_CLI, "client_id": application(admin)["oauthClientId"]}
    assert browser.json("GET", "/auth/authorize", params=query).json()["error"]["reason"] == "redirect_uri_unknown"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"client_id": "nobody"}, "client_unknown"),
        ({"client_id": "admin-panel"}, "redirect_uri_unknown"),
        ({"response_type": "code"}, "response_type_unsupported"),
        ({"scope": "everything"}, "scope_unknown"),
        ({"state": "a\nb"}, "state_invalid"),
        ({"state": ""}, "request_invalid"),
    ],
)
def test_a_wrong_question_is_refused_before_anybody_signs_in(
    edge: "Edge", changed: dict[str, str], reason: str
) -> None:
    answer = edge.client().get("/auth/authorize", params={**PROXY_CLI, **changed})
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, reason)


def test_a_page_of_another_site_cannot_consent(edge: "Edge", browser: "Browser") -> None:
    form = {**fields_of(browser.http.get("/auth/authorize", params=PROXY_CLI)), "decision": "allow"}
    for changed, origin in ((form, "https://evil.example"), ({**form, "csrf": "0" * 64}, edge.url)):
        answer = browser.http.post(
            "/auth/authorize",
            data=changed,
            headers={"Origin": origin},
            follow_redirects=False,
        )
        assert (answer.status_code, "location" in answer.headers) == (403, False)


def test_a_stranger_cannot_consent(edge: "Edge", browser: "Browser") -> None:
    form = {**fields_of(browser.http.get("/auth/authorize", params=PROXY_CLI)), "decision": "allow"}
    assert edge.client().post("/auth/authorize", data=form, headers={"Origin": edge.url}).status_code == 401


def test_the_session_is_listed_with_its_application(admin: Program, browser: "Browser") -> None:
    made = application(admin)
    program = token_for(browser, asking(made))
    current = [item for item in program.get("/api/sessions").json()["items"] if item["isCurrent"]]
    assert [(item["kind"], item["clientId"]) for item in current] == [("application", made["oauthClientId"])]


def test_an_application_sees_and_ends_no_session_but_its_own(edge: "Edge", admin: Program) -> None:
    browser = edge.signed_in("client-two")
    made = application(admin)
    person, other = edge.program("client-two"), token_for(browser, PROXY_CLI)
    program, twin = token_for(browser, asking(made)), token_for(browser, asking(made))
    assert {item["clientId"] for item in program.get("/api/sessions").json()["items"]} == {made["oauthClientId"]}
    ids = [item["id"] for item in person.get("/api/sessions").json()["items"] if item["isCurrent"]]
    foreign, absent = program.post(f"/api/sessions/{ids[0]}/revoke"), program.post(f"/api/sessions/{'0' * 21}/revoke")
    assert (foreign.status_code, foreign.json()) == (404, absent.json())
    assert program.post("/api/sessions/revoke-others").status_code == 204
    alive = [one.get("/api/profiles/me").status_code for one in (person, other, program, twin)]
    assert alive == [200, 200, 200, 401]


def test_an_application_without_a_wallet_waits_until_the_person_has_one(browser: "Browser") -> None:
    query = {**PROXY_CLI, "scope": "wallet:required network:required"}
    page = browser.http.get("/auth/authorize", params=query)
    assert ("needs a linked wallet" in page.text, 'value="allow"' in page.text) == (True, False)
    assert decide(browser, query, scope=["wallet:required"]).status_code == 400


def test_an_application_of_an_administrator_does_not_administer(edge: "Edge", admin: Program) -> None:
    administrator = edge.signed_in("administrator")
    program = token_for(administrator, asking(application(admin)))
    assert program.get("/api/roles").status_code == 200
    answer = program.post("/api/roles", {"roleName": "own"})
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "permission_missing")


def test_an_application_links_no_wallet_and_registers_no_passkey(browser: "Browser", account: object) -> None:
    program = token_for(browser, PROXY_CLI)
    for answer in (
        program.link(account),  # type: ignore[arg-type]
        program.delete("/api/user-wallets/0x" + "11" * 20),
        program.post("/api/webauthn/register/begin"),
    ):
        assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "person_required")


def test_deleting_an_application_ends_its_sessions(admin: Program, browser: "Browser") -> None:
    made, other = application(admin), application(admin, name="Other")
    ended, going_on = token_for(browser, asking(made)), token_for(browser, asking(other))
    assert admin.delete(f"/api/applications/{made['id']}").status_code == 204
    assert (ended.get("/api/profiles/me").status_code, going_on.get("/api/profiles/me").status_code) == (401, 200)


def test_the_session_remembers_the_providers_session_that_it_ends_with(edge: "Edge", browser: "Browser") -> None:
    program = token_for(browser, PROXY_CLI)
    with edge.database.read() as session:
        rows = session.scalars(select(LoginSession).where(LoginSession.client_id == "proxy-cli")).all()
    assert rows[-1].issuer_id == "default"
    assert rows[-1].id_token_sealed is None
    assert program.get("/api/profiles/me").status_code == 200


def test_a_session_that_was_ended_meanwhile_grants_nothing(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    form = {**fields_of(browser.http.get("/auth/authorize", params=PROXY_CLI)), "decision": "allow"}
    with edge.database.write() as session:
        session.execute(update(LoginSession).values(revoked_at=1))
    answer = browser.http.post("/auth/authorize", data=form, headers={"Origin": edge.url}, follow_redirects=False)
    assert answer.status_code == 401


def test_the_page_keeps_its_opener_and_no_other_site_frames_it(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    headers = browser.http.get("/auth/authorize", params=PROXY_CLI).headers
    assert headers["cross-origin-opener-policy"] == "unsafe-none"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
