"""OAuth 2.0 client credentials, in the words of RFC 6749."""

import base64
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

import httpx
import pytest
from sqlalchemy import select

from prividium import clock
from prividium.identity.models import LoginSession
from prividium.identity.secrecy import credential_hash
from tests.unit.identity.machine import DAY, MachineUnderTest, in_seconds
from tests.unit.identity.newcomer import newcomer

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program


@pytest.fixture(scope="module")
def admin(edge: "Edge") -> "Program":
    return newcomer(edge, "admin")


@pytest.fixture(scope="module")
def machine(admin: "Program") -> MachineUnderTest:
    return MachineUnderTest.made(admin)


def basic(client_id: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def ask(machine: MachineUnderTest, authorization: str | None = None, **form: str) -> httpx.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return machine.edge.client(headers=headers).post("/oauth/token", data=form)


def refusal(answer: httpx.Response) -> tuple[int, str]:
    assert set(answer.json()) == {"error", "error_description"}
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, str(answer.json()["error"])


def test_a_machine_gets_a_token_with_its_secret_in_the_body(machine: MachineUnderTest) -> None:
    answer = machine.token()
    assert answer.status_code == 200
    assert (answer.headers["cache-control"], answer.headers["pragma"]) == ("no-store", "no-cache")
    assert set(answer.json()) == {"access_token", "token_type", "expires_in"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 900)
    assert machine.with_token(answer.json()["access_token"]).json()["id"] == machine.id


def test_a_machine_gets_a_token_with_its_secret_in_the_header(machine: MachineUnderTest) -> None:
    answer = ask(machine, basic(machine.id, machine.key), grant_type="client_credentials")
    assert machine.with_token(answer.json()["access_token"]).json()["id"] == machine.id


def test_a_token_is_opaque_and_kept_as_a_hash(machine: MachineUnderTest) -> None:
    token = str(machine.token().json()["access_token"])
    with machine.edge.database.read() as session:
        found = session.scalars(select(LoginSession).where(LoginSession.token_hash == credential_hash(token))).one()
    assert (found.kind, found.api_key_id) == ("machine", machine.key_id)


def test_a_token_ends_and_cannot_be_extended(machine: MachineUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    token = str(machine.token().json()["access_token"])
    client = machine.edge.client(headers={"Authorization": f"Bearer {token}"})
    extended = client.post("/api/auth/extend-session").json()
    assert extended["expiresAt"] == extended["renewableUntil"]
    later = clock.now() + 900
    monkeypatch.setattr(clock, "now", lambda: later)
    assert machine.with_token(token).status_code == 401


def test_a_token_ends_with_its_key(admin: "Program") -> None:
    machine = MachineUnderTest.made(admin)
    token = str(machine.token().json()["access_token"])
    admin.delete(f"{machine.path}/api-keys/{machine.key_id}")
    assert machine.with_token(token).status_code == 401
    assert refusal(machine.token()) == (401, "invalid_client")


def test_a_token_never_outlives_its_key(admin: "Program") -> None:
    machine = MachineUnderTest.made(admin)
    body = {"name": "short", "expiresAt": in_seconds(100)}
    key = admin.post(f"{machine.path}/api-keys", body).json()["fullKey"]
    assert machine.token(client_secret=key).json()["expires_in"] <= 100
    long = machine.token().json()["access_token"]
    rotation = {"expiresAt": in_seconds(DAY), "overlapSeconds": 60}
    admin.post(f"{machine.path}/api-keys/{machine.key_id}/rotate", rotation)
    with machine.edge.database.read() as session:
        found = session.scalars(select(LoginSession).where(LoginSession.token_hash == credential_hash(long))).one()
        assert found.expires_at <= clock.now() + 60


def test_a_token_holds_only_in_the_machines_networks(admin: "Program") -> None:
    machine = MachineUnderTest.made(admin)
    token = machine.token().json()["access_token"]
    (network,) = admin.get(f"{machine.path}/ip-whitelist").json()["items"]
    admin.delete(f"{machine.path}/ip-whitelist/{network['id']}")
    assert machine.with_token(token).status_code == 401


def test_every_wrong_client_gets_the_same_answer(machine: MachineUnderTest, admin: "Program") -> None:
    other = MachineUnderTest.made(admin)
    away = MachineUnderTest.made(admin, "10.0.0.0/16")
    answers = [
        machine.token(client_secret="priv_sk_" + "a" * 64),
        machine.token(client_secret="x"),
        machine.token(client_secret=""),
        machine.token(client_id="0" * 21),
        machine.token(client_secret=other.key),
        away.token(),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(401, answers[0].text)}
    assert refusal(answers[0]) == (401, "invalid_client")
    assert all("www-authenticate" not in answer.headers for answer in answers)


@pytest.mark.parametrize(
    "authorization",
    ["Basic", "Basic !", "Basic " + base64.b64encode(b"no colon").decode(), "Bearer abc", basic("x", "y")],
)
def test_a_wrong_header_is_answered_with_a_challenge(machine: MachineUnderTest, authorization: str) -> None:
    answer = ask(machine, authorization, grant_type="client_credentials")
    assert refusal(answer) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic")


def test_a_client_authenticates_in_one_way(machine: MachineUnderTest) -> None:
    form = {"grant_type": "client_credentials", "client_secret": machine.key}
    assert refusal(ask(machine, basic(machine.id, machine.key), **form)) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "expected"),
    [
        ({}, "invalid_request"),
        ({"grant_type": ""}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials", "scope": "admin"}, "invalid_scope"),
    ],
)
def test_a_wrong_request_is_named(machine: MachineUnderTest, form: dict[str, str], expected: str) -> None:
    assert refusal(ask(machine, **form)) == (400, expected)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"grant_type=client_credentials&grant_type=client_credentials", "application/x-www-form-urlencoded"),
        (b'{"grant_type": "client_credentials"}', "application/json"),
        (b"grant_type=client_credentials", "text/plain"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=b" % number for number in range(50)), "application/x-www-form-urlencoded"),
        (b"nothing", "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_token_request_is_refused(machine: MachineUnderTest, body: bytes, content_type: str) -> None:
    answer = machine.edge.client().post("/oauth/token", content=body, headers={"Content-Type": content_type})
    assert refusal(answer) == (400, "invalid_request")


def test_guessing_is_limited(make_edge: Callable[..., "Edge"]) -> None:
    client = make_edge(login_requests_per_minute_max=3).client()
    form = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    answers = [client.post("/oauth/token", data=form) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert answers[3].headers["retry-after"] == "60"


def test_a_refused_client_is_in_the_audit_trail(machine: MachineUnderTest, admin: "Program") -> None:
    machine.token(client_secret="wrong")
    entry = admin.get("/api/audit-logs", limit=1, reads="false").json()["items"][0]
    assert (entry["outcome"], entry["reason"], entry["subject"]) == ("denied", "invalid_client", "POST /oauth/token")


def test_an_issued_token_is_in_the_audit_trail(machine: MachineUnderTest, admin: "Program") -> None:
    token = machine.token().json()["access_token"]
    entry = admin.get("/api/audit-logs", limit=1, reads="false").json()["items"][0]
    assert (entry["actor"], entry["action"]) == (machine.id, "login.client_credentials")
    assert token not in str(entry)
