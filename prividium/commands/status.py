"""`prividium status`: is the node up, and is it well?"""

import json

import httpx
import typer
from rich.console import Console
from rich.table import Table

from prividium.commands.node_options import DataDir, existing_node

TIMEOUT_SECONDS = 15.0
NOT_READY, NOT_RUNNING = 1, 3


def register(app: typer.Typer) -> None:
    app.command(name="status")(status)


def status(data_dir: DataDir = None) -> None:
    """Ask the running node how it is. Exit status: 0 ready, 1 not ready, 3 not running."""
    _, folder = existing_node(data_dir)
    console = Console(soft_wrap=True)
    path = folder.path / "node.json"
    if not path.exists():
        console.print(f"[yellow]not running[/]: the node in {folder.path} was never started")
        raise typer.Exit(NOT_RUNNING)
    known = json.loads(path.read_text())
    base_url = str(known["rpc_url"]).removesuffix("/rpc")
    try:
        answer = httpx.get(f"{base_url}/readyz", timeout=TIMEOUT_SECONDS, trust_env=False)
    except httpx.TransportError:
        console.print(f"[yellow]not running[/]: nothing answers at {base_url}")
        raise typer.Exit(NOT_RUNNING) from None
    document = answer.json()
    table = Table("part", "state", title=f"{base_url}, version {document['version']}")
    for name, check in document["checks"].items():
        table.add_row(name, "[green]well[/]" if check["ok"] else f"[red]{check['code']}[/]")
    table.add_row("settlement", str(known["settlement"] or "not deployed yet"))
    console.print(table)
    if not document["ok"]:
        raise typer.Exit(NOT_READY)
