"""`prividium admin login`, `logout`, `whoami`: a browser confirms, the program keeps the token in a 0600 file."""

import threading
import webbrowser
from typing import Annotated, Final

import typer
from rich.console import Console

from prividium import clock
from prividium.commands.admin.session import Document, Node, forget, keep
from prividium.errors import PrividiumError, Unauthorized
from prividium.identity.secrecy import challenge_of

PENDING: Final = 202
POLLS_MAX: Final = 600

Url = Annotated[str, typer.Option(envvar="PRIVIDIUM_URL", help="Where the node is reached.")]
OpenBrowser = Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")]


def register(group: typer.Typer) -> None:
    group.command()(login)
    group.command()(logout)
    group.command()(whoami)


def login(url: Url = "http://127.0.0.1:8000", browser: OpenBrowser = True) -> None:
    """Sign in: open the page, type the code that is shown here."""
    console = Console(soft_wrap=True)
    node = Node(url.rstrip("/"))
    verifier = clock.new_token()
    started = node.call("POST", "/auth/cli/start", {"codeChallenge": challenge_of(verifier)})
    console.print(f"Open {started['loginUrl']}\nand type the code [bold]{started['userCode']}[/]")
    if browser:
        webbrowser.open(str(started["loginUrl"]))
    token = _wait_for_token(node, started, verifier)
    keep(node.url, token)
    console.print(f"Signed in as [bold]{Node(node.url, token).call('GET', '/profiles/me')['displayName']}[/]")


def logout() -> None:
    """End the session here and at the node."""
    node = Node.signed_in()
    try:
        node.call("POST", "/auth/logout")
    finally:
        forget()
    Console().print("Signed out")


def whoami() -> None:
    """Who is signed in, with which roles, and until when. Extends the session."""
    node = Node.signed_in()
    session = node.call("POST", "/auth/extend-session")
    profile = node.call("GET", "/profiles/me")
    roles = profile["roles"]
    names = ", ".join(str(role["roleName"]) for role in roles) if isinstance(roles, list) else ""
    Console(soft_wrap=True).print(
        f"[bold]{profile['displayName']}[/] ({profile['id']}) at {node.url}\n"
        f"roles: {names or 'none'}\nsigned in until {session['expiresAt']}"
    )


def _wait_for_token(node: Node, started: Document, verifier: str) -> str:
    proof = {"requestId": started["requestId"], "pollCode": started["pollCode"], "codeVerifier": verifier}
    interval = float(str(started["intervalSeconds"]))
    for _ in range(POLLS_MAX):
        try:
            status, answer = node.send("POST", "/auth/cli/token", proof)
        except PrividiumError as error:
            raise Unauthorized(error.code, f"{error.message} (nobody confirmed the code in time)") from None
        if status != PENDING:
            return str(answer["token"])
        threading.Event().wait(interval)
    raise Unauthorized("cli_login_expired", "nobody confirmed the code in time; start again")
