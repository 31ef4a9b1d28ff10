"""A cookie alone changes nothing."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.unit.conftest import Browser, Edge


@pytest.fixture(scope="module")
def browser(edge: "Edge") -> "Browser":
    return edge.signed_in("client")


def extend(browser: "Browser", headers: dict[str, str]) -> tuple[int, str]:
    answer = browser.json("POST", "/api/auth/extend-session", headers=headers)
    return answer.status_code, answer.json().get("error", {}).get("reason", "")


def test_a_page_of_ours_may_change_something(browser: "Browser") -> None:
    assert extend(browser, browser.csrf_headers()) == (200, "")


def test_reading_needs_no_token(browser: "Browser") -> None:
    assert browser.json("GET", "/api/profiles/me").status_code == 200


def test_a_change_without_origin_is_refused(browser: "Browser") -> None:
    headers = {"X-CSRF-Token": browser.csrf_headers()["X-CSRF-Token"]}
    assert extend(browser, headers) == (403, "csrf_origin_invalid")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1", ""])
def test_a_change_from_another_origin_is_refused(browser: "Browser", origin: str) -> None:
    headers = {**browser.csrf_headers(), "Origin": origin}
    assert extend(browser, headers) == (403, "csrf_origin_invalid")


def test_a_change_without_the_pages_token_is_refused(browser: "Browser") -> None:
    assert extend(browser, {"Origin": browser.edge.url}) == (403, "csrf_token_invalid")


def test_the_token_of_another_session_does_not_fit(browser: "Browser", edge: "Edge") -> None:
    foreign = edge.signed_in("client-two").csrf_headers()
    assert extend(browser, foreign) == (403, "csrf_token_invalid")


def test_a_program_with_a_bearer_token_needs_no_page(edge: "Edge") -> None:
    assert edge.program("client").post("/api/auth/extend-session").status_code == 200


def test_a_page_can_sign_out(edge: "Edge") -> None:
    browser = edge.signed_in("client")
    assert browser.json("POST", "/api/auth/logout", headers=browser.csrf_headers()).status_code == 204
    assert browser.json("GET", "/api/profiles/me").status_code == 401
