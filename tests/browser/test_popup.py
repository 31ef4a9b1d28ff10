"""An application in a real browser: the SDK's popup, its token, and calls from the application's own origin."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

from tests.browser.application import bundle, serve
from tests.unit.live import LiveNode

pytestmark = pytest.mark.browser

AUTHORIZE = """
async ({ clientId, node, chainId }) => {
    const { prividium, client } = application.start({ clientId, node, chainId });
    document.querySelector('#authorize').onclick = async () => {
        try {
            await prividium.authorize();
            const user = await prividium.fetchUser();
            document.querySelector('#who').textContent = `${user.displayName} ${await client.getBlockNumber()}`;
        } catch (error) {
            document.querySelector('#who').textContent = `refused: ${error.message}`;
        }
    };
}
"""
READ_FROM_ELSEWHERE = "node => fetch(`${node}/api/oauth-clients/proxy-cli`).then(() => 'read', () => 'blocked')"


@dataclass(frozen=True)
class Application:
    origin: str
    client_id: str
    node: LiveNode

    def open(self, page: Page) -> Page:
        page.goto(self.origin)
        given = {"clientId": self.client_id, "node": self.node.url, "chainId": self.node.settings.chain_id}
        page.evaluate(AUTHORIZE, given)
        return page


@pytest.fixture(scope="module")
def script() -> bytes:
    return bundle()


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, script: bytes) -> Iterator[Application]:
    with LiveNode(tmp_path_factory.mktemp("popup") / "data") as node, serve(script) as origin:
        body = {"name": "Treasury", "origin": origin, "oauthRedirectUris": [f"{origin}/callback"]}
        made = node.arrive("administrator").rest("POST", "/api/applications", body)  # type: ignore[arg-type]
        yield Application(origin, str(made["oauthClientId"]), node)


def popup_of(page: Page) -> Page:
    with page.expect_popup() as opened:
        page.click("#authorize")
    return opened.value


def test_the_popup_asks_the_person_and_tells_the_page_the_token(
    application: Application, open_browser: Callable[[], Page]
) -> None:
    page = application.open(open_browser())
    popup = popup_of(page)
    popup.get_by_role("button", name="Clara Client").click()
    assert "Let Treasury act for you?" in popup.locator("h1").inner_text()
    with popup.expect_event("close"):
        popup.get_by_role("button", name="Allow").click()
    page.wait_for_function("document.querySelector('#who').textContent !== ''")
    assert page.locator("#who").inner_text() == "client 0"


def test_a_person_who_cancels_leaves_the_page_without_a_token(
    application: Application, open_browser: Callable[[], Page]
) -> None:
    page = application.open(open_browser())
    popup = popup_of(page)
    popup.get_by_role("button", name="Clara Client").click()
    popup.get_by_role("button", name="Cancel").click()
    page.wait_for_function("document.querySelector('#who').textContent !== ''")
    assert page.locator("#who").inner_text().startswith("refused: ")
    assert page.evaluate("Object.keys(localStorage)") == []


def test_a_page_of_another_origin_reads_nothing(
    application: Application, script: bytes, open_browser: Callable[[], Page]
) -> None:
    page = open_browser()
    with serve(script) as elsewhere:
        page.goto(elsewhere)
        assert page.evaluate(READ_FROM_ELSEWHERE, application.node.url) == "blocked"
    page.goto(application.origin)
    assert page.evaluate(READ_FROM_ELSEWHERE, application.node.url) == "read"
