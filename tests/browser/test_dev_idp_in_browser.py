"""A real browser at the embedded development provider: login, roles from its groups, both kinds of logout."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Page

from tests.browser.steps import account, change, sign_out, signed_in
from tests.unit.conftest import challenge_pair
from tests.unit.live import GENEROUS, LiveNode

pytestmark = pytest.mark.browser

ROLES = {"oidc_role_claim": "groups", "oidc_role_mapping": {"clients": "fund-client"}}


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveNode]:
    identity = {**GENEROUS["identity"], **ROLES}  # type: ignore[dict-item]
    with LiveNode(tmp_path_factory.mktemp("dev-idp"), identity=identity) as started:
        yield started


def sign_in(page: Page, node: LiveNode, person: str) -> Page:
    page.goto(f"{node.url}/api/auth/login")
    assert "Development only, never in production" in page.content()
    page.get_by_role("button", name=person).click()
    page.wait_for_url(f"{node.url}/api/auth/signed-in")
    return page


def test_a_person_signs_in_with_a_click_and_holds_the_role_of_their_group(
    node: LiveNode, open_browser: Callable[[], Page]
) -> None:
    administrator = sign_in(open_browser(), node, "Ada Administrator")
    change(administrator, node.url, "POST", "/api/roles", {"roleName": "fund-client", "systemPermissions": []})
    page = sign_in(open_browser(), node, "Clara Client")
    assert "Signed in as client" in page.content()
    found = account(page, node.url)
    assert [role["roleName"] for role in found["roles"]] == ["fund-client"]  # type: ignore[attr-defined]
    assert list(found["roleSources"].values()) == ["claim"]  # type: ignore[attr-defined]
    assert account(administrator, node.url)["roleSources"] == {"admin": "assigned"}


def test_a_sign_out_ends_the_session_and_the_programs_that_came_from_it(
    node: LiveNode, open_browser: Callable[[], Page]
) -> None:
    page = sign_in(open_browser(), node, "Audrey Auditor")
    verifier, challenge = challenge_pair()
    with httpx.Client(base_url=node.url, timeout=60, trust_env=False) as program:
        started = program.post("/api/auth/cli/start", json={"codeChallenge": challenge}).json()
        page.goto(started["loginUrl"])
        page.fill("#code", started["userCode"])
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("heading", name="The program is signed in").wait_for()
        proof = {"requestId": started["requestId"], "pollCode": started["pollCode"], "codeVerifier": verifier}
        token = program.post("/api/auth/cli/token", json=proof).json()["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        assert program.get("/api/profiles/me", headers=bearer).json()["displayName"] == "auditor"
        sign_out(page, node.url)
        assert not signed_in(page, node.url)
        assert program.get("/api/profiles/me", headers=bearer).status_code == 401


def test_a_wrong_password_signs_nobody_in(node: LiveNode, open_browser: Callable[[], Page]) -> None:
    page = open_browser()
    page.goto(f"{node.url}/api/auth/login")
    page.fill("#username", "administrator")
    page.fill("#password", "wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("do not belong to a demonstration person").wait_for()
    assert not signed_in(page, node.url)
