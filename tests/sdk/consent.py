"""The part of a person in a browser: open an application's question, sign in, allow, and go where one is sent."""

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx

from prividium.identity.dev_people import PASSWORD

CALLBACK = "http://localhost:24101/callback"


def allow(authorize_url: str, person: str) -> tuple[str, dict[str, str]]:
    """Where the browser is sent, and what is in the fragment."""
    with httpx.Client(follow_redirects=True, timeout=30, headers={"Accept": "text/html"}) as browser:
        login = browser.get(authorize_url)
        consent = browser.post(login.url, data={"username": person, "password": PASSWORD})
        assert consent.status_code == 200, consent.text
        hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', consent.text)
        form = {name: unescape(value) for name, value in hidden}
        origin = f"{consent.url.scheme}://{consent.url.netloc.decode()}"
        answer = browser.post(
            f"{origin}/auth/authorize",
            data={**form, "decision": "allow"},
            headers={"Origin": origin},
            follow_redirects=False,
        )
    assert answer.status_code == 303, answer.text
    sent_to = urlsplit(answer.headers["location"])
    values = {name: found[0] for name, found in parse_qs(sent_to.fragment).items()}
    return sent_to._replace(fragment="").geturl(), values


def token_for_application(base_url: str, person: str, client_id: str, redirect_uri: str) -> tuple[str, str]:
    """A token of the application, and when it ends."""
    query = {"client_id": client_id, "redirect_uri": redirect_uri, "state": "state", "response_type": "token"}
    sent_to, values = allow(str(httpx.URL(f"{base_url}/auth/authorize", params=query)), person)
    assert (sent_to, values["state"]) == (redirect_uri, "state")
    headers = {"Authorization": f"Bearer {values['token']}"}
    session = httpx.get(f"{base_url}/api/auth/current-session", headers=headers).json()
    return values["token"], str(session["expiresAt"])
