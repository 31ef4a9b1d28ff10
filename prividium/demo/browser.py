"""Signing in the way a person does: follow redirects, read pages, press buttons."""

import base64
import hashlib
import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

from prividium import clock
from prividium.errors import Unauthorized

PAGES_MAX = 8
POLLS_MAX = 60


@dataclass
class Form:
    """An HTML form: where it goes, its hidden fields and its buttons as (label, name, value)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._button: tuple[str, str] | None = None
        self._label = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(values.get("action", ""), values.get("method", "get").upper()))
        elif tag == "input" and self.forms and values.get("name"):
            self.forms[-1].fields[values["name"]] = values.get("value", "")
        elif tag == "button" and self.forms:
            self._button = (values.get("name", ""), values.get("value", ""))
            self._label = ""

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._label += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None:
            self.forms[-1].buttons.append((" ".join(self._label.split()), *self._button))
            self._button = None


def sign_in(base_url: str, person: str) -> str:
    """Run the command-line sign-in flow (PKCE) and play the person's browser; returns the bearer token.

    `person` is the value or label of a button on the identity provider's page, for example `client`.
    """
    verifier = clock.new_token()
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    with httpx.Client(base_url=base_url, timeout=30) as api:
        started = api.post("/api/auth/cli/start", json={"codeChallenge": challenge})
        started.raise_for_status()
        request = started.json()
        with httpx.Client(follow_redirects=True, timeout=30) as browser:
            _walk(browser, request["loginUrl"], person, request["userCode"])
        claim = {"requestId": request["requestId"], "pollCode": request["pollCode"], "codeVerifier": verifier}
        for _ in range(POLLS_MAX):
            answer = api.post("/api/auth/cli/token", json=claim)
            if answer.status_code == httpx.codes.OK:
                return str(answer.json()["token"])
            if answer.status_code != httpx.codes.ACCEPTED:
                break
            time.sleep(0.5)
    raise Unauthorized("sign_in_failed", f"sign-in of {person} was not completed")


def _walk(browser: httpx.Client, url: str, person: str, user_code: str) -> None:
    page = browser.get(url)
    for _ in range(PAGES_MAX):
        page.raise_for_status()
        parser = _Forms()
        parser.feed(page.text)
        choice = _choose(parser.forms, person)
        if choice is None:
            return
        form, name, value = choice
        data = {key: user_code if key == "code" else given for key, given in form.fields.items()}
        if name:
            data[name] = value
        target = urljoin(str(page.url), form.action or str(page.url))
        origin = f"{page.url.scheme}://{page.url.netloc.decode()}"
        if form.method == "POST":
            page = browser.post(target, data=data, headers={"Origin": origin})
        else:
            page = browser.get(target, params=data)


def _choose(forms: list[Form], person: str) -> tuple[Form, str, str] | None:
    """The person's own button where people are offered, else the first form's first button, else None."""
    for form in forms:
        for label, name, value in form.buttons:
            if value == person or label.lower() == person:
                return form, name, value
    for form in forms:
        if person in form.fields.values():
            return form, *(form.buttons[0][1:] if form.buttons else ("", ""))
    if forms and len(forms) == 1:
        button = forms[0].buttons[0] if forms[0].buttons else ("", "", "")
        return forms[0], button[1], button[2]
    return None
