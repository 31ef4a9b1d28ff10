"""A real browser for everybody, and one Keycloak for those who ask for it."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.keycloak import CACHE, VERSIONS, Keycloak

CHROMIUM = CACHE / f"chromium-{VERSIONS['CHROMIUM_VERSION']}"
STEP_MS_MAX = 60_000


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    assert (CHROMIUM / "chromium").exists(), f"{CHROMIUM} is missing; run `make setup-browser`"
    environment = {
        "LD_LIBRARY_PATH": str(CHROMIUM / "lib"),
        "FONTCONFIG_FILE": str(CHROMIUM / "fonts.conf"),
        "HOME": "/nonexistent",
    }
    with sync_playwright() as playwright:
        # The sandbox needs rights that containers lack; the pages are our own and Keycloak's.
        opened = playwright.chromium.launch(
            executable_path=CHROMIUM / "chromium", args=["--no-sandbox"], env=environment, timeout=STEP_MS_MAX
        )
        yield opened
        opened.close()


@pytest.fixture
def open_browser(chromium: Browser) -> Iterator[Callable[[], Page]]:
    """A page in a browser of its own: no cookie is shared."""
    contexts: list[BrowserContext] = []

    def open_page() -> Page:
        context = chromium.new_context()
        context.set_default_timeout(STEP_MS_MAX)
        contexts.append(context)
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def chromium_page(chromium: Browser) -> Iterator[Page]:
    """A page for what a whole module needs."""
    context = chromium.new_context()
    context.set_default_timeout(STEP_MS_MAX)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    server = Keycloak(tmp_path_factory.mktemp("keycloak"))
    try:
        server.wait()
        yield server
    finally:
        server.stop()
