"""`prividium admin roles` and `users`."""

from typing import Annotated

import typer
from rich.console import Console

from prividium.commands.admin.session import Node, role_ids, show

RoleNames = Annotated[list[str] | None, typer.Option("--role", "-r", help="Name or id of a role; may be repeated.")]
Permissions = Annotated[
    list[str] | None, typer.Option("--permission", "-p", help="A system permission; may be repeated.")
]
UserIdText = Annotated[str, typer.Argument(help="Id of the user.", metavar="USER")]
RoleText = Annotated[str, typer.Argument(help="Name or id of the role.", metavar="ROLE")]


def register(group: typer.Typer) -> None:
    roles = typer.Typer(help="Roles and their system permissions.", no_args_is_help=True)
    roles.command(name="list")(list_roles)
    roles.command(name="create")(create_role)
    roles.command(name="delete")(delete_role)
    users = typer.Typer(help="Users; they come into being by signing in.", no_args_is_help=True)
    users.command(name="list")(list_users)
    users.command(name="assign")(assign_roles)
    users.command(name="disable")(disable_user)
    users.command(name="enable")(enable_user)
    group.add_typer(roles, name="roles")
    group.add_typer(users, name="users")


def list_roles() -> None:
    rows = list(Node.signed_in().items("/roles"))
    show(rows, id="id", roleName="name", policyId="number in the policy", systemPermissions="system permissions")


def create_role(
    name: Annotated[str, typer.Argument(help="Name of the new role.")], permissions: Permissions = None
) -> None:
    body = {"roleName": name, "systemPermissions": permissions or []}
    Console().print(Node.signed_in().call("POST", "/roles", body)["id"])


def delete_role(role: RoleText) -> None:
    node = Node.signed_in()
    (found,) = role_ids(node, [role])
    node.call("DELETE", f"/roles/{found['id']}")


def list_users() -> None:
    rows = list(Node.signed_in().items("/users"))
    show(rows, id="id", displayName="name", roles="roles", wallets="wallets", disabled="disabled")


def assign_roles(user: UserIdText, roles: RoleNames = None) -> None:
    """The user holds exactly these roles afterwards; without --role none."""
    node = Node.signed_in()
    node.call("PUT", f"/users/{user}/roles", {"roles": role_ids(node, roles or [])})


def disable_user(user: UserIdText) -> None:
    """End the user's sessions and take the wallets out of the policy."""
    Node.signed_in().call("PATCH", f"/users/{user}", {"disabled": True})


def enable_user(user: UserIdText) -> None:
    Node.signed_in().call("PATCH", f"/users/{user}", {"disabled": False})
