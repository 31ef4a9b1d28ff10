"""Whatever is sent to the REST API, it answers with an error of its own and never with a fault."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

if TYPE_CHECKING:
    from tests.unit.conftest import Edge, Program

ROUTES = [
    ("GET", "/api/roles/{}"),
    ("POST", "/api/roles"),
    ("PUT", "/api/roles/{}"),
    ("DELETE", "/api/roles/{}"),
    ("GET", "/api/users/{}"),
    ("PUT", "/api/users/{}/roles"),
    ("PATCH", "/api/users/{}"),
    ("GET", "/api/contracts/{}"),
    ("POST", "/api/contracts"),
    ("PUT", "/api/contracts/{}"),
    ("POST", "/api/contract-permissions"),
    ("PUT", "/api/contract-permissions/{}"),
    ("GET", "/api/contract-permissions?contractAddress={}"),
    ("POST", "/api/event-permissions"),
    ("DELETE", "/api/event-permissions/{}"),
    ("GET", "/api/audit-logs?actor={}&action={}"),
    ("POST", "/api/user-wallets/initiate"),
    ("POST", "/api/user-wallets/associate"),
    ("DELETE", "/api/user-wallets/{}"),
    ("POST", "/api/siwe-messages"),
    ("POST", "/api/auth/login/crypto-native"),
    ("POST", "/api/webauthn/register/begin"),
    ("POST", "/api/webauthn/register/finish"),
    ("PUT", "/api/webauthn/credentials/{}"),
    ("DELETE", "/api/webauthn/credentials/{}"),
    ("POST", "/api/webauthn/step-up/begin"),
    ("POST", "/api/webauthn/step-up/finish"),
    ("POST", "/api/sessions/{}/revoke"),
    ("POST", "/api/admin/sessions/{}/revoke"),
    ("GET", "/api/admin/sessions?userId={}"),
    ("DELETE", "/api/admin/webauthn/users/{}"),
    ("POST", "/api/m2m-applications"),
    ("PUT", "/api/m2m-applications/{}"),
    ("PATCH", "/api/m2m-applications/{}"),
    ("POST", "/api/m2m-applications/{}/ip-whitelist"),
    ("POST", "/api/m2m-applications/{}/wallets"),
    ("POST", "/api/m2m-applications/{}/api-keys"),
    ("POST", "/api/m2m-applications/{}/api-keys/{}/rotate"),
    ("POST", "/oauth/token"),
    ("POST", "/api/auth/cli/start"),
    ("POST", "/api/auth/cli/token"),
    ("GET", "/api/auth/cli/confirm?request={}"),
    ("GET", "/api/auth/login?return_to={}"),
    ("GET", "/api/auth/callback?state={}&code={}"),
]
ODD_TEXTS = st.sampled_from(
    [
        *("", "\x00", "a\x00b", "\ud800", "é" * 300, "../../etc", "%00", "' OR 1=1 --", "a" * 70_000),
        *("0x", "0x" + "1" * 40, "0x" + "f" * 64, "admin", "transfer(address)"),
        *("public", "checkRole", "read", "write", "equalTo", "userAddress"),
    ]
)
DEEP = '"name": "deep", "awaitingDeployment": true'
ADDRESS = "0x" + "12" * 20
ABI = [{"type": "function", "name": "f", "inputs": [{"type": "address"}, {"type": "tuple", "components": []}]}]
CREDENTIAL = {"id": "YQ", "rawId": "YQ", "type": "public-key"}
# The challenge in it is "a".
CLIENT_DATA = "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiWVEiLCJvcmlnaW4iOiJ4In0"
ASSERTION = {
    **CREDENTIAL,
    "response": {"clientDataJSON": CLIENT_DATA, "authenticatorData": "YQ", "signature": "YQ", "userHandle": "YQ"},
}
ATTESTATION = {**CREDENTIAL, "response": {"clientDataJSON": CLIENT_DATA, "attestationObject": "YQ"}}
RIGHT_BODIES: list[dict[str, object]] = [
    {"roleName": "role", "systemPermissions": ["admin_read"]},
    {"roles": [{"id": "user"}]},
    {"disabled": False},
    {"contractAddress": ADDRESS, "name": "name", "abi": ABI, "owner": None, "awaitingDeployment": True},
    {"contractAddress": ADDRESS, "functionSignature": "f(address,())", "accessType": "read", "ruleType": "public"},
    {"contractAddress": ADDRESS, "methodSelector": "0x", "accessType": "read", "ruleType": "checkRole", "roles": []},
    {"contractAddress": ADDRESS, "topic0": None, "topic1": {"type": "userAddress"}, "roles": [{"id": "user"}]},
    {"walletAddress": ADDRESS, "domain": None},
    {"walletAddress": ADDRESS, "message": "message", "signature": "0x" + "11" * 65, "nonceToken": "a.b"},
    {"message": "message", "signature": "0x" + "11" * 65, "nonceToken": "a.b", "passkeyAssertion": ASSERTION},
    {"response": ATTESTATION, "deviceName": "device"},
    {"action": "POST /api/roles", "assertion": ASSERTION},
    {"name": "machine", "description": "", "roles": [{"id": "user"}]},
    {"ipAddress": "10.0.0.0/16", "description": ""},
    {"name": "key", "expiresAt": "2030-01-01T00:00:00Z"},
    {"expiresAt": "2030-01-01T00:00:00Z", "overlapSeconds": 0},
    {"codeChallenge": "a" * 43},
    {"requestId": "id", "pollCode": "code", "codeVerifier": "a" * 43},
]
NAMES = sorted({"id", "type", "value", "argumentIndex", *(name for body in RIGHT_BODIES for name in body)})
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | ODD_TEXTS
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=8),
    max_leaves=12,
)


@st.composite
def nearly_right_bodies(draw: st.DrawFn) -> dict[str, object]:
    body = dict(draw(st.sampled_from(RIGHT_BODIES)))
    body[draw(st.sampled_from(sorted(body)))] = draw(VALUES)
    return body


@pytest.fixture(scope="module")
def administrators(make_edge: Callable[..., "Edge"], new_postgresql_database: Callable[[], str]) -> list["Program"]:
    """One on SQLite, one on PostgreSQL; each knows one contract."""
    found = [edge.administrator() for edge in (make_edge(), make_edge(new_postgresql_database()))]
    for administrator in found:
        assert administrator.post("/api/contracts", RIGHT_BODIES[3]).status_code == 201
    return found


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(route=st.sampled_from(ROUTES), text=ODD_TEXTS | st.text(max_size=40), body=nearly_right_bodies() | VALUES)
def test_no_input_is_a_fault(administrators: list["Program"], route: tuple[str, str], text: str, body: object) -> None:
    method, template = route
    path = template.replace("{}", quote(text[:2_000].encode("utf-8", "replace"), safe=""))
    content = None if method in ("GET", "DELETE") else json.dumps(body).encode()
    for administrator in administrators:
        answer = administrator.http.request(
            method, path, content=content, headers={"Content-Type": "application/json"}, follow_redirects=False
        )
        assert answer.status_code < 500, (method, path, body, answer.text)


@pytest.mark.parametrize("depth", [10, 200, 900, 5_000])
def test_a_deeply_nested_abi_is_no_fault(administrators: list["Program"], depth: int) -> None:
    nested = '{"type": "function", "x": ' + "[" * depth + "]" * depth + "}"
    body = f'{{"contractAddress": "{ADDRESS[:-4]}{depth:04}", {DEEP}, "abi": [{nested}]}}'
    for administrator in administrators:
        answer = administrator.http.post("/api/contracts", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 400


def test_a_deep_extra_field_of_a_right_abi_comes_back_or_is_refused(administrators: list["Program"]) -> None:
    for depth in (100, 240, 500):
        nested = "[" * depth + "]" * depth
        abi = f'[{{"type": "function", "name": "f", "inputs": [], "x": {nested}}}]'
        body = f'{{"contractAddress": "{ADDRESS[:-6]}{depth:06}", {DEEP}, "abi": {abi}}}'
        for administrator in administrators:
            answer = administrator.http.post(
                "/api/contracts", content=body, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (201, 400)
            assert administrator.get("/api/contracts", limit=100).status_code == 200
