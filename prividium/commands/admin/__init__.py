"""`prividium admin`: administration over the REST API, as the person who signed in."""

import typer

from prividium.commands.admin import approvals, login, machines, people, rules, templates, trail


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Administer a running node through its REST API.", no_args_is_help=True)
    for part in (login, people, machines, rules, templates, approvals, trail):
        part.register(group)
    app.add_typer(group, name="admin")
