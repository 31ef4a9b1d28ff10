"""A real browser and a real Keycloak: two realms at once, roles, both kinds of logout, every allowed algorithm."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.keycloak import Keycloak
from tests.browser.steps import account, change, sign_out, signed_in
from tests.unit.live import GENEROUS, LiveNode

pytestmark = pytest.mark.browser

SECRET = "the-secret-of-the-client"
MAPPING = {"fund-holder": "fund-client", "chain-administrator": "admin"}


@pytest.fixture(scope="module")
def node(keycloak: Keycloak, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNode]:
    """Staff and clients come from two realms; each realm knows the node as a confidential client."""
    folder: Path = tmp_path_factory.mktemp("keycloak-node")
    secret = folder / "client-secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    issuers = [
        {
            "id": realm,
            "name": name,
            "url": keycloak.realm_url(realm),
            "client_secret_file": str(secret),
            "role_claim": "realm_access.roles",
            "role_mapping": MAPPING,
        }
        for realm, name in (("staff", "Bank staff"), ("clients", "Clients of the fund"))
    ]
    identity = {**cast(dict[str, object], GENEROUS["identity"]), "issuers": issuers}
    with LiveNode(folder / "data", identity=identity) as started:
        for realm in ("staff", "clients"):
            keycloak.import_realm(realm, realm, started.url, SECRET)
        yield started


@pytest.fixture(scope="module", autouse=True)
def role(node: LiveNode, chromium_page: Page) -> None:
    """The role that the mapping names, made by an administrator who is one through the claim."""
    sign_in(chromium_page, node, "Bank staff", "ada")
    change(chromium_page, node.url, "POST", "/api/roles", {"roleName": "fund-client", "systemPermissions": []})


def choose(page: Page, node: LiveNode, issuer: str) -> Page:
    page.goto(f"{node.url}/api/auth/login")
    page.get_by_role("button", name=issuer).click()
    return page


def sign_in(page: Page, node: LiveNode, issuer: str, username: str) -> Page:
    choose(page, node, issuer)
    page.fill("#username", username)
    page.fill("#password", "password")
    page.click("#kc-login")
    page.wait_for_url(f"{node.url}/api/auth/signed-in")
    return page


def role_names(page: Page, node: LiveNode) -> list[str]:
    return [str(role["roleName"]) for role in cast(list[dict[str, object]], account(page, node.url)["roles"])]


def test_a_person_signs_in_at_one_of_two_realms(node: LiveNode, open_browser: Callable[[], Page]) -> None:
    ids = set()
    for issuer in ("Bank staff", "Clients of the fund"):
        page = sign_in(open_browser(), node, issuer, "clara")
        assert "Signed in as clara" in page.content()
        ids.add(account(page, node.url)["id"])
    assert len(ids) == 2


def test_a_realm_role_gives_a_role_until_a_login_without_it(
    node: LiveNode, keycloak: Keycloak, open_browser: Callable[[], Page]
) -> None:
    page = sign_in(open_browser(), node, "Clients of the fund", "clara")
    assert role_names(page, node) == ["fund-client"]
    keycloak.set_role("clients", "clara", "fund-holder", held=False)
    choose(page, node, "Clients of the fund").wait_for_url(f"{node.url}/api/auth/signed-in")
    assert role_names(page, node) == []
    keycloak.set_role("clients", "clara", "fund-holder", held=True)
    choose(page, node, "Clients of the fund").wait_for_url(f"{node.url}/api/auth/signed-in")
    assert role_names(page, node) == ["fund-client"]


def test_a_sign_out_ends_keycloaks_session_too(
    node: LiveNode, keycloak: Keycloak, open_browser: Callable[[], Page]
) -> None:
    before = set(keycloak.sessions("clients", "clara"))
    page = sign_in(open_browser(), node, "Clients of the fund", "clara")
    assert len(set(keycloak.sessions("clients", "clara")) - before) == 1
    sign_out(page, node.url)
    assert not signed_in(page, node.url)
    assert set(keycloak.sessions("clients", "clara")) <= before
    choose(page, node, "Clients of the fund").locator("#password").wait_for()


def test_keycloak_ends_one_session_of_a_person_at_once(
    node: LiveNode, keycloak: Keycloak, open_browser: Callable[[], Page]
) -> None:
    before = set(keycloak.sessions("clients", "clara"))
    first = sign_in(open_browser(), node, "Clients of the fund", "clara")
    (session,) = set(keycloak.sessions("clients", "clara")) - before
    second = sign_in(open_browser(), node, "Clients of the fund", "clara")
    keycloak.call("DELETE", f"/admin/realms/clients/sessions/{session}")
    assert [signed_in(page, node.url) for page in (first, second)] == [False, True]


def test_keycloak_ends_every_session_of_a_person_at_once_and_nobody_elses(
    node: LiveNode, keycloak: Keycloak, open_browser: Callable[[], Page]
) -> None:
    pages = [sign_in(open_browser(), node, "Clients of the fund", "clara") for _ in range(2)]
    other = sign_in(open_browser(), node, "Bank staff", "clara")
    keycloak.call("POST", f"/admin/realms/clients/users/{keycloak.user_id('clients', 'clara')}/logout")
    assert [signed_in(page, node.url) for page in (*pages, other)] == [False, False, True]


@pytest.mark.parametrize("algorithm", ["ES256", "EdDSA"])
def test_other_signatures_of_keycloak_are_understood(
    node: LiveNode, keycloak: Keycloak, open_browser: Callable[[], Page], algorithm: str
) -> None:
    keycloak.sign_with("staff", algorithm)
    try:
        page = sign_in(open_browser(), node, "Bank staff", "clara")
        assert signed_in(page, node.url)
    finally:
        keycloak.sign_with("staff", "RS256")


def test_a_signature_of_keycloak_that_is_not_allowed_signs_nobody_in(
    node: LiveNode, keycloak: Keycloak, open_browser: Callable[[], Page]
) -> None:
    keycloak.sign_with("staff", "HS256")
    try:
        page = choose(open_browser(), node, "Bank staff")
        page.fill("#username", "clara")
        page.fill("#password", "password")
        page.click("#kc-login")
        page.get_by_text("the identity provider's answer was refused (algorithm)").wait_for()
        assert not signed_in(page, node.url)
    finally:
        keycloak.sign_with("staff", "RS256")


def test_a_wrong_client_secret_is_refused_by_keycloak(keycloak: Keycloak, node: LiveNode) -> None:
    """What the tests above rely on: the realm does check the secret that the node read from its file."""
    form = {"grant_type": "authorization_code", "code": "x", "client_id": "prividium", "client_secret": "wrong"}
    url = f"{keycloak.realm_url('clients')}/protocol/openid-connect/token"
    answer = httpx.post(url, data=form, trust_env=False, timeout=60)
    assert answer.json()["error"] == "unauthorized_client"
