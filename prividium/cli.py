"""The program `prividium`: one small module a command, in `prividium.commands`."""

import sys

import typer
from rich.console import Console

from prividium.commands import admin, bench, demo, init, policy, reindex, status, up, verify
from prividium.errors import ConfigurationError, PrividiumError

FAILED, MISCONFIGURED = 1, 2
COMMANDS = (up, init, status, admin, reindex, policy, demo, bench, verify)


def build_cli() -> typer.Typer:
    app = typer.Typer(
        name="prividium", help="An institution's private chain.", no_args_is_help=True, pretty_exceptions_enable=False
    )
    for command in COMMANDS:
        command.register(app)
    return app


def main() -> None:
    """Exit status: 0 done, 1 failed, 2 wrong usage or configuration; a command may say more."""
    try:
        build_cli()()
    except PrividiumError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]{error.code}[/] {error.message}")
        sys.exit(MISCONFIGURED if isinstance(error, ConfigurationError) else FAILED)
