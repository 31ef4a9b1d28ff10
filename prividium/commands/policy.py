"""`prividium policy`: what the rules compile to."""

from typing import Annotated

import typer
from rich.console import Console

from prividium._core import DeniedError
from prividium.commands.node_options import DataDir, existing_node
from prividium.errors import InvalidInput
from prividium.node.parts import open_database
from prividium.permissions.source import PolicySource
from prividium.types import from_hex, parse_address


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="The compiled policy.", no_args_is_help=True)
    group.command(name="version")(show_version)
    group.command(name="decide")(decide)
    app.add_typer(group, name="policy")


def show_version(data_dir: DataDir = None) -> None:
    """Version of the rules in the database."""
    Console().print(_source(data_dir).current_version())


def decide(
    wallet: Annotated[str, typer.Argument(help="The wallet that signs or asks.")],
    contract: Annotated[str, typer.Argument(help="The contract that is called.")],
    data: Annotated[str, typer.Argument(help="Call data in hexadecimal; the selector is enough for many rules.")],
    access: Annotated[str, typer.Option(help="read or write.")] = "write",
    data_dir: DataDir = None,
) -> None:
    """What the evaluator says to a call, with the reason id of docs/protocol/policy.md. Exits with 1 for a denial."""
    if access not in ("read", "write"):
        raise InvalidInput("access_invalid", "access is read or write")
    table = _source(data_dir).table()
    console = Console(soft_wrap=True)
    try:
        reason = table.decide(
            parse_address(wallet),
            parse_address(contract),
            from_hex(data),
            "read" if access == "read" else "write",
            target_has_code=True,
        )
    except DeniedError as denied:
        console.print(f"[red]denied[/] {denied.code}")
        raise typer.Exit(1) from None
    console.print(f"[green]allowed[/] {reason}")


def _source(data_dir: DataDir) -> PolicySource:
    settings, _ = existing_node(data_dir)
    database = open_database(settings)
    database.upgrade()
    return PolicySource(database)
