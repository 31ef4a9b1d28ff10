"""Who may not administer learns nothing by trying."""

from typing import TYPE_CHECKING

import httpx
import pytest

from prividium.audit.models import AuditEntry

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program

ADDRESS = "0x" + "11" * 20
READS = [
    "/api/roles",
    "/api/roles/admin",
    "/api/roles/nobody",
    "/api/users",
    "/api/users/nobody",
    "/api/contracts",
    f"/api/contracts/{ADDRESS}",
    "/api/contracts/nonsense",
    "/api/contract-permissions",
    "/api/contract-permissions/1",
    "/api/event-permissions",
    "/api/event-permissions/1",
    "/api/audit-logs",
    "/api/audit-logs/verification",
]
WRITES = [
    ("POST", "/api/roles"),
    ("PUT", "/api/roles/admin"),
    ("DELETE", "/api/roles/nobody"),
    ("PUT", "/api/users/nobody/roles"),
    ("PATCH", "/api/users/nobody"),
    ("POST", "/api/contracts"),
    ("PUT", f"/api/contracts/{ADDRESS}"),
    ("DELETE", f"/api/contracts/{ADDRESS}"),
    ("POST", "/api/contract-permissions"),
    ("PUT", "/api/contract-permissions/1"),
    ("DELETE", "/api/contract-permissions/1"),
    ("POST", "/api/event-permissions"),
    ("DELETE", "/api/event-permissions/1"),
]


@pytest.fixture(scope="module")
def client(edge: "Edge") -> "Program":
    return edge.program("client")


@pytest.fixture(scope="module")
def reader(edge: "Edge") -> "Program":
    """May read the administration, not write."""
    reader, admin = edge.program("auditor"), edge.administrator()
    role = admin.post("/api/roles", {"roleName": "reader", "systemPermissions": ["admin_read"]}).json()["id"]
    admin.put(f"/api/users/{reader.user_id()}/roles", {"roles": [{"id": role}]})
    return reader


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, str(answer.json()["error"]["reason"])


@pytest.mark.parametrize("path", READS)
def test_a_client_reads_no_administration(client: "Program", path: str) -> None:
    assert refusal(client.get(path)) == (403, "permission_missing")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_client_changes_nothing_and_learns_nothing(client: "Program", method: str, path: str) -> None:
    for body in ({}, {"unknown": 1}, []):
        assert refusal(client.http.request(method, path, json=body)) == (403, "permission_missing")


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_a_reader_does_not_write(reader: "Program", method: str, path: str) -> None:
    assert refusal(reader.http.request(method, path, json={})) == (403, "permission_missing")


def test_a_reader_reads(reader: "Program") -> None:
    assert reader.get("/api/roles").status_code == 200


@pytest.mark.parametrize("path", [*READS, "/api/profiles/me", "/api/user-wallets", "/api/auth/current-session"])
def test_a_stranger_is_asked_to_sign_in(edge: "Edge", path: str) -> None:
    answer = edge.client().get(path)
    assert refusal(answer) == (401, "not_signed_in")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_nobody_makes_themselves_an_administrator(client: "Program") -> None:
    path = f"/api/users/{client.user_id()}/roles"
    assert client.put(path, {"roles": [{"id": "admin"}]}).status_code == 403


def test_a_denial_is_in_the_audit_trail_under_the_callers_name(client: "Program", edge: "Edge") -> None:
    answer = client.get("/api/audit-logs")
    with edge.database.read() as session:
        entry = session.query(AuditEntry).order_by(AuditEntry.sequence.desc()).first()
    assert entry is not None
    assert (entry.actor, entry.outcome, entry.reason) == (client.user_id(), "denied", "permission_missing")
    assert (entry.subject, entry.request_id) == ("GET /api/audit-logs", answer.headers["x-request-id"])


def test_an_invalid_request_does_not_come_back_with_what_was_sent(edge: "Edge") -> None:
    secret = "very-secret-value"
    answer = edge.client().post("/api/auth/cli/token", json={"pollCode": secret * 20, "requestId": {"a": secret}})
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    assert secret not in answer.text


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b'{"a":' * 5_000, b"[" * 100_000])
def test_a_body_that_is_no_json_is_refused(client: "Program", body: bytes) -> None:
    answer = client.http.post("/api/roles", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400


def test_a_body_that_is_too_large_is_refused(client: "Program") -> None:
    answer = client.http.post("/api/roles", content=b" " * (3 * 2**20), headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 413)


def test_no_credential_is_in_the_audit_trail(edge: "Edge", client: "Program") -> None:
    client.get("/api/roles")
    admin = edge.administrator()
    text = admin.get("/api/audit-logs", limit=100).text
    assert client.token not in text
    assert admin.token not in text
