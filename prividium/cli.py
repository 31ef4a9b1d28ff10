"""The program `prividium`: one small module a command, in `prividium.commands`."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import Protocol, cast

import typer
from rich.console import Console

from prividium.errors import ConfigurationError, PrividiumError

FAILED, MISCONFIGURED = 1, 2
COMMANDS = ("up", "init", "status", "admin", "reindex", "policy", "scim", "audit", "demo", "bench", "verify")


class Command(Protocol):
    """What a module in `prividium.commands` offers."""

    def register(self, app: typer.Typer) -> None: ...


def build_cli(names: Iterable[str] = COMMANDS) -> typer.Typer:
    app = typer.Typer(name="prividium", no_args_is_help=True, pretty_exceptions_enable=False)
    app.callback()(_program)
    for name in names:
        cast(Command, import_module(f"prividium.commands.{name}")).register(app)
    return app


def main() -> None:
    """Exit status: 0 done, 1 failed, 2 wrong usage or configuration; a command may say more."""
    # A command loads what it needs and no more: `verify` must start without a database or a web server.
    asked = [name for name in COMMANDS if name in sys.argv[1:2]]
    try:
        build_cli(asked or COMMANDS)()
    except PrividiumError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]{error.code}[/] {error.message}")
        sys.exit(MISCONFIGURED if isinstance(error, ConfigurationError) else FAILED)


def _program() -> None:
    """An institution's private chain."""
