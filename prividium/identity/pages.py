"""The few pages that a login needs."""

import base64
import hashlib
from http import HTTPStatus
from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, select_autoescape

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape(default=True)
)

SECURITY_HEADERS: Final = {
    # No script at all, and no form-action: browsers apply that to the redirect after a form, and the development
    # provider's form ends at the address of whoever asked for the login.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    "Cache-Control": "no-store",
    # `no-referrer` would make browsers send `Origin: null` with our own forms.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # Applications open these pages as a popup, whose last page tells its opener the answer.
    "Cross-Origin-Opener-Policy": "unsafe-none",
}

SUBMIT_SCRIPT: Final = "document.forms[0].submit()"
"""Sends the page's only form on its way; the one script that any page has, named by its hash."""


def page(template: str, status: int = 200, **values: object) -> HTMLResponse:
    return HTMLResponse(_TEMPLATES.get_template(template).render(**values), status, SECURITY_HEADERS)


def forwarding_page(template: str, **values: object) -> HTMLResponse:
    """A page whose form goes on by itself; its button is for browsers without scripts."""
    answer = page(template, HTTPStatus.OK, script=SUBMIT_SCRIPT, **values)
    digest = base64.b64encode(hashlib.sha256(SUBMIT_SCRIPT.encode()).digest()).decode()
    policy = SECURITY_HEADERS["Content-Security-Policy"]
    answer.headers["Content-Security-Policy"] = f"{policy}; script-src 'sha256-{digest}'"
    # The provider learns from its own form fields what it needs, not from our address.
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
