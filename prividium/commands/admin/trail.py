"""`prividium admin audit`: the audit trail."""

from typing import Annotated

import typer
from rich.console import Console

from prividium.commands.admin.session import Node, show
from prividium.errors import PrividiumError


def register(group: typer.Typer) -> None:
    audit = typer.Typer(help="The audit trail.", no_args_is_help=True)
    audit.command(name="list")(list_entries)
    audit.command(name="verify")(verify)
    group.add_typer(audit, name="audit")


def list_entries(
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many, newest first.")] = 20,
    action: Annotated[str | None, typer.Option(help="Only this action.")] = None,
    outcome: Annotated[str | None, typer.Option(help="allowed, denied or failed.")] = None,
) -> None:
    page = Node.signed_in().call("GET", "/audit-logs", limit=limit, action=action, outcome=outcome)
    items = page["items"]
    show(
        items if isinstance(items, list) else [],
        sequence="number",
        time="time",
        actor="user",
        action="action",
        outcome="outcome",
        reason="reason",
        subject="subject",
    )


def verify() -> None:
    """Check the hash chain from the first entry to the last. Exits with 1 if it was changed."""
    found = Node.signed_in().call("GET", "/audit-logs/verification")
    if not found["intact"]:
        raise PrividiumError("audit_chain_broken", str(found["problem"]))
    Console().print(f"[green]intact[/]: {found['entries']} entries")
