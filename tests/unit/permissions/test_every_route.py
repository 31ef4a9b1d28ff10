"""A new route is private until somebody lists it here."""

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Edge

PUBLIC = {
    ("GET", "/api/auth/login"),
    ("GET", "/api/auth/callback"),
    ("GET", "/api/auth/callback/{issuer_id}"),
    ("GET", "/api/auth/signed-out"),
    ("POST", "/api/auth/backchannel-logout/{issuer_id}"),
    ("GET", "/api/auth/signed-in"),
    ("GET", "/api/auth/cli/confirm"),
    ("POST", "/api/auth/cli/start"),
    ("POST", "/api/auth/cli/token"),
    ("POST", "/api/siwe-messages"),
    ("POST", "/api/auth/login/crypto-native"),
    ("POST", "/api/auth/login/oidc"),
    ("POST", "/oauth/token"),
    ("GET", "/auth/authorize"),
    ("GET", "/api/oauth-clients/{oauth_client_id}"),
}
OWN_CHECKS = {("POST", "/api/auth/cli/confirm"), ("POST", "/api/auth/sign-out"), ("POST", "/auth/authorize")}
"""Forms of pages: asked with the cookie and the page's token, tested in test_cli_login, test_sign_out
and test_authorize."""
OPEN_TO_EVERY_PERSON = {
    ("GET", "/api/profiles/me"),
    ("GET", "/api/user-wallets"),
    ("GET", "/api/public-applications"),
    ("GET", "/api/wallet/personal-rpc-token"),
    ("POST", "/api/wallet/invalidate"),
    ("GET", "/api/contracts/{address}/abi"),
    ("GET", "/api/check/event-permission-rules"),
    ("POST", "/api/user-wallets/initiate"),
    ("POST", "/api/user-wallets/associate"),
    ("DELETE", "/api/user-wallets/{address}"),
    ("GET", "/api/auth/current-session"),
    ("POST", "/api/auth/extend-session"),
    ("POST", "/api/auth/logout"),
    ("GET", "/api/sessions"),
    ("POST", "/api/sessions/revoke-others"),
    ("POST", "/api/sessions/{session_id}/revoke"),
    ("POST", "/api/webauthn/register/begin"),
    ("POST", "/api/webauthn/register/finish"),
    ("GET", "/api/webauthn/credentials"),
    ("PUT", "/api/webauthn/credentials/{passkey_id}"),
    ("DELETE", "/api/webauthn/credentials/{passkey_id}"),
    ("POST", "/api/webauthn/step-up/begin"),
    ("POST", "/api/webauthn/step-up/finish"),
}


PARAMETER = re.compile(r"\{\w+\}")


def routes(edge: "Edge") -> set[tuple[str, str]]:
    paths = edge.app.openapi()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


@pytest.fixture(scope="module")
def found(edge: "Edge") -> set[tuple[str, str]]:
    found = routes(edge)
    assert found >= PUBLIC | OWN_CHECKS | OPEN_TO_EVERY_PERSON
    return found


def status(client: object, method: str, path: str) -> int:
    request = client.request  # type: ignore[attr-defined]
    return int(request(method, PARAMETER.sub("1", path), json={}).status_code)


def test_every_other_route_asks_who_calls(edge: "Edge", found: set[tuple[str, str]]) -> None:
    client = edge.client()
    private = found - PUBLIC - OWN_CHECKS
    assert {(method, path): status(client, method, path) for method, path in private} == dict.fromkeys(private, 401)


def test_every_other_route_is_for_administrators(edge: "Edge", found: set[tuple[str, str]]) -> None:
    client = edge.program("client").http
    administration = found - PUBLIC - OWN_CHECKS - OPEN_TO_EVERY_PERSON
    answers = {(method, path): status(client, method, path) for method, path in administration}
    assert answers == dict.fromkeys(administration, 403)
