"""The signed-in administrator's session and the calls it makes."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import typer
from rich.console import Console
from rich.table import Table

from prividium.errors import InvalidInput, PrividiumError, Unauthorized, Unavailable

TIMEOUT_SECONDS: Final = 30
PAGE_ITEMS: Final = 100
Document = dict[str, object]


def session_file() -> Path:
    return Path(typer.get_app_dir("prividium")) / "session.json"


def keep(url: str, token: str) -> None:
    """Readable by its owner only, from the first byte on."""
    path = session_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"url": url, "token": token}, file)
    temporary.replace(path)


def forget() -> None:
    session_file().unlink(missing_ok=True)


class Node:
    """A node's REST API. Raises PrividiumError with the node's reason and message."""

    def __init__(self, url: str, token: str | None = None) -> None:
        self.url = url
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS, headers=headers)

    @staticmethod
    def signed_in() -> "Node":
        """Raises Unauthorized("not_signed_in")."""
        try:
            kept = json.loads(session_file().read_text())
            return Node(str(kept["url"]), str(kept["token"]))
        except (OSError, ValueError, KeyError, TypeError):
            raise Unauthorized("not_signed_in", "sign in first: prividium admin login --url URL") from None

    def close(self) -> None:
        self._http.close()

    def send(self, method: str, path: str, body: object = None, **query: object) -> tuple[int, Document]:
        given = {name: str(value) for name, value in query.items() if value is not None}
        try:
            answer = self._http.request(method, f"/api{path}", json=body, params=given)
        except httpx.HTTPError:
            raise Unavailable("node_unreachable", f"no node answers at {self.url}; is it up?") from None
        document = _document(answer)
        if answer.is_error:
            error = document.get("error")
            details = error if isinstance(error, dict) else {}
            reason = str(details.get("reason", f"http_{answer.status_code}"))
            raise PrividiumError(reason, _explained(details, answer.status_code))
        return answer.status_code, document

    def call(self, method: str, path: str, body: object = None, **query: object) -> Document:
        """Raises PrividiumError("approval_needed") for a change that a second administrator has to approve."""
        status, document = self.send(method, path, body, **query)
        if status == httpx.codes.ACCEPTED and isinstance(proposal := document.get("proposal"), dict):
            text = f"nothing changed yet: another administrator has to approve proposal {proposal['id']}"
            raise PrividiumError("approval_needed", text)
        return document

    def items(self, path: str, **query: object) -> Iterator[Document]:
        """Every item of a list, page by page."""
        offset, total = 0, 1
        while offset < total:
            page = self.call("GET", path, limit=PAGE_ITEMS, offset=offset, **query)
            listed, pagination = page["items"], page["pagination"]
            if not isinstance(listed, list) or not isinstance(pagination, dict):
                raise Unavailable("answer_unreadable", "the node's answer is not a list; do the versions match?")
            yield from listed
            total, offset = int(pagination["totalItems"]), offset + PAGE_ITEMS


def role_ids(node: Node, names: list[str]) -> list[dict[str, str]]:
    """Roles by name or id, as references; raises InvalidInput("role_unknown")."""
    known: dict[str, str] = {}
    for role in node.items("/roles"):
        known[str(role["roleName"])] = known[str(role["id"])] = str(role["id"])
    missing = [name for name in names if name not in known]
    if missing:
        raise InvalidInput("role_unknown", f"there is no role {', '.join(missing)}; see prividium admin roles list")
    return [{"id": known[name]} for name in names]


def show(rows: list[Document], **columns: str) -> None:
    """A table; keyword: column of the answer, value: its heading."""
    table = Table(*columns.values())
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in columns))
    Console(soft_wrap=True).print(table)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_cell(item) for item in value)
    if isinstance(value, dict):
        shown = (value.get(name) for name in ("roleName", "walletAddress", "argumentIndex", "id"))
        return next((str(text) for text in shown if text is not None), json.dumps(value))
    return "" if value is None else str(value)


def _document(answer: httpx.Response) -> Document:
    if not answer.content:
        return {}
    try:
        document = answer.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Unavailable("answer_unreadable", f"what answers at {answer.url.host} is not a node of this kind")
    return document


def _explained(details: Document, status: int) -> str:
    message = str(details.get("message", f"the node answered with HTTP {status}"))
    issues = details.get("issues")
    if isinstance(issues, list):
        message += "".join(f"\n  {issue.get('path')}: {issue.get('message')}" for issue in issues)
    return message
