"""What a person does at the node's pages, and what a page of the node could ask it."""

from typing import cast

from playwright.sync_api import Page


def account(page: Page, node_url: str) -> dict[str, object]:
    """What the node says of the browser's person; raises AssertionError without a session."""
    answer = page.request.get(f"{node_url}/api/profiles/me")
    assert answer.ok, answer.status
    return cast(dict[str, object], answer.json())


def signed_in(page: Page, node_url: str) -> bool:
    return page.request.get(f"{node_url}/api/auth/current-session").ok


def change(page: Page, node_url: str, method: str, path: str, body: object) -> dict[str, object]:
    """A change with cookie, origin and the page's token."""
    token = page.request.get(f"{node_url}/api/auth/current-session").json()["csrfToken"]
    headers = {"X-CSRF-Token": token, "Origin": node_url}
    answer = page.request.fetch(f"{node_url}{path}", method=method, data=body, headers=headers)
    assert answer.ok, (path, answer.status, answer.text())
    return cast(dict[str, object], answer.json())


def sign_out(page: Page, node_url: str) -> None:
    """By the button; ends at the page that the provider sends the browser back to."""
    page.goto(f"{node_url}/api/auth/signed-in")
    page.click("#sign-out")
    page.wait_for_url(f"{node_url}/api/auth/signed-out?*")
    assert "You are signed out here and at the identity provider" in page.content()
