"""`prividium scim`: a token for the directory that provisions people."""

import sys

import typer
from rich.console import Console

from prividium import clock
from prividium.identity.secrecy import credential_hash


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Provisioning by a directory (SCIM).", no_args_is_help=True)
    group.callback()(_group)
    group.command(name="token")(token)
    app.add_typer(group, name="scim")


def _group() -> None:
    """Provisioning by a directory (SCIM)."""


def token() -> None:
    """Make a token: it goes to standard output and is kept nowhere, its hash belongs into the settings."""
    made = clock.new_token()
    sys.stdout.write(made + "\n")
    console = Console(stderr=True, soft_wrap=True)
    console.print("Give this token to your directory, and the node its hash:")
    console.print("[identity]", markup=False)
    console.print(f'scim_token_hashes = ["{credential_hash(made).hex()}"]', markup=False, highlight=False)
