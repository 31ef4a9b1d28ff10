"""Applications: registered by administrators, shown to people, and allowed to call from their own origin."""

from typing import TYPE_CHECKING

import pytest

from tests.unit.conftest import Program
from tests.unit.identity.newcomer import newcomer

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

BODY = {
    "name": "Treasury",
    "description": "Moves money.",
    "imageUrl": "https://app.example/logo.png",
    "origin": "https://app.example",
    "oauthRedirectUris": ["https://app.example/callback"],
}


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> Program:
    return newcomer(edge, "admin")


def test_an_application_is_registered_changed_and_deleted(edge: "Edge", admin: Program) -> None:
    made = admin.post("/api/applications", BODY).json()
    assert {name: made[name] for name in BODY} == BODY
    path, public = f"/api/applications/{made['id']}", f"/api/oauth-clients/{made['oauthClientId']}"
    assert admin.get(path).json() == made
    changed = admin.put(path, {**BODY, "name": "Cash"}).json()
    assert (changed["name"], changed["oauthClientId"]) == ("Cash", made["oauthClientId"])
    assert edge.client().get(public).json() == {
        "oauthClientId": made["oauthClientId"],
        "oauthRedirectUris": BODY["oauthRedirectUris"],
        "name": "Cash",
    }
    assert admin.delete(path).status_code == 204
    assert admin.get(path).json()["error"]["reason"] == "application_unknown"
    assert edge.client().get(public).json()["error"] == {
        "code": "NOT_FOUND",
        "reason": "client_unknown",
        "message": "no application is registered under this client id",
    }
    actions = [entry["action"] for entry in admin.get("/api/audit-logs", limit=3, reads="false").json()["items"]]
    assert actions == ["application.delete", "application.change", "application.create"]


def test_the_client_id_is_not_the_callers_choice(admin: Program) -> None:
    assert admin.post("/api/applications", {**BODY, "oauthClientId": "proxy-cli"}).status_code == 400


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "https://app.example/"},
        {"origin": "https://app.example:443"},
        {"origin": "https://APP.example"},
        {"origin": "http://app.example"},
        {"origin": "null"},
        {"origin": "*"},
        {"oauthRedirectUris": ["http://app.example/callback"]},
        {"oauthRedirectUris": ["https://app.example/#x"]},
        {"oauthRedirectUris": ["https://user@app.example/"]},
        {"oauthRedirectUris": ["javascript:alert(1)"]},
        {"oauthRedirectUris": ["https://app.example/ x"]},
        {"oauthRedirectUris": ["https://app.example:99999/"]},
        {"oauthRedirectUris": ["https://[bad/"]},
        {"imageUrl": "data:text/html,x"},
        {"name": ""},
    ],
)
def test_an_address_that_is_not_exact_or_not_safe_is_refused(admin: Program, changed: dict[str, object]) -> None:
    answer = admin.post("/api/applications", {**BODY, **changed})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


def test_programs_on_ones_own_machine_may_use_http(admin: Program) -> None:
    body = {**BODY, "origin": "http://localhost:5173", "oauthRedirectUris": ["http://127.0.0.1:5173/callback"]}
    assert admin.post("/api/applications", body).status_code == 201


def test_everybody_who_is_signed_in_sees_the_gallery_and_no_redirect_uris(edge: "Edge", admin: Program) -> None:
    admin.post("/api/applications", {**BODY, "name": "AAA"})
    shown = newcomer(edge).get("/api/public-applications", limit=1).json()
    assert [item["name"] for item in shown["items"]] == ["AAA"]
    assert set(shown["items"][0]) == {"id", "name", "description", "imageUrl", "origin"}
    assert shown["pagination"]["limit"] == 1


def test_the_command_line_is_a_client_that_everybody_knows(edge: "Edge") -> None:
    assert edge.client().get("/api/oauth-clients/proxy-cli").json() == {
        "oauthClientId": "proxy-cli",
        "oauthRedirectUris": ["http://localhost:24101/callback"],
        "name": "Prividium command line",
    }


def test_pages_of_a_registered_application_may_call(edge: "Edge", admin: Program) -> None:
    admin.post("/api/applications", {**BODY, "origin": "https://cors.example"})
    asked = {"Origin": "https://cors.example", "Access-Control-Request-Method": "POST"}
    preflight = edge.client().options("/api/wallet/invalidate", headers=asked)
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "https://cors.example"
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    answer = edge.client().get("/api/profiles/me", headers={"Origin": "https://cors.example"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, "https://cors.example")
    assert "access-control-allow-credentials" not in {**preflight.headers, **answer.headers}
    assert "Origin" in answer.headers["vary"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://cors.example.evil.example", ""])
def test_pages_of_others_may_not(edge: "Edge", origin: str) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in edge.client().options("/api/auth/logout", headers=asked).headers
    assert "access-control-allow-origin" not in edge.client().get("/api/profiles/me", headers=asked).headers
