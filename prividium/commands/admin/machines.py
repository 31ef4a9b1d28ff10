"""`prividium admin machine`: programs that call by themselves, their networks, keys and wallets."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from prividium import clock
from prividium.commands.admin.people import RoleNames
from prividium.commands.admin.session import Document, Node, role_ids, show
from prividium.errors import InvalidInput

PATH = "/m2m-applications"
DAY_SECONDS = 86_400

MachineText = Annotated[str, typer.Argument(help="Id of the machine.", metavar="MACHINE")]
KeyText = Annotated[str, typer.Argument(help="Id of the key.", metavar="KEY")]
Days = Annotated[int, typer.Option(min=1, max=365, help="Life of the key, in days.")]


def register(group: typer.Typer) -> None:
    machine = _group(
        "Programs that call by themselves.",
        list=list_machines,
        create=create_machine,
        roles=assign_roles,
        disable=disable_machine,
        enable=enable_machine,
        delete=delete_machine,
    )
    keys = _group(
        "API keys; one is shown in full once.", list=list_keys, create=create_key, rotate=rotate_key, revoke=revoke_key
    )
    networks = _group(
        "Where a machine may call from; without one nowhere.",
        list=list_networks,
        allow=allow_network,
        remove=remove_network,
    )
    wallets = _group("Wallets in whose name a machine calls.", link=link_wallet, unlink=unlink_wallet)
    for name, part in (("key", keys), ("network", networks), ("wallet", wallets)):
        machine.add_typer(part, name=name)
    group.add_typer(machine, name="machine")


def _group(text: str, **commands: Callable[..., None]) -> typer.Typer:
    made = typer.Typer(help=text, no_args_is_help=True)
    for name, command in commands.items():
        made.command(name=name)(command)
    return made


def list_machines() -> None:
    rows = list(Node.signed_in().items(PATH))
    show(rows, id="id", name="name", roles="roles", wallets="wallets", disabled="disabled")


def create_machine(
    name: Annotated[str, typer.Argument(help="Name to show.")],
    roles: RoleNames = None,
    description: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> None:
    """Prints the machine's id. It can call once it has a network and a key."""
    node = Node.signed_in()
    body = {"name": name, "description": description, "roles": role_ids(node, roles or [])}
    Console().print(node.call("POST", PATH, body)["id"])


def assign_roles(machine: MachineText, roles: RoleNames = None) -> None:
    """The machine holds exactly these roles afterwards; without --role none."""
    node = Node.signed_in()
    found = node.call("GET", f"{PATH}/{machine}")
    body = {"name": found["name"], "description": found["description"], "roles": role_ids(node, roles or [])}
    node.call("PUT", f"{PATH}/{machine}", body)


def disable_machine(machine: MachineText) -> None:
    """End its tokens, refuse its keys and take its wallets out of the policy."""
    Node.signed_in().call("PATCH", f"{PATH}/{machine}", {"disabled": True})


def enable_machine(machine: MachineText) -> None:
    Node.signed_in().call("PATCH", f"{PATH}/{machine}", {"disabled": False})


def delete_machine(machine: MachineText) -> None:
    """Keys, tokens, wallets and networks go with it."""
    Node.signed_in().call("DELETE", f"{PATH}/{machine}")


def list_keys(machine: MachineText) -> None:
    show(
        list(Node.signed_in().items(f"{PATH}/{machine}/api-keys")),
        id="id",
        name="name",
        keyPrefix="begins with",
        expiresAt="expires",
        lastUsedAt="last used",
        lastUsedIp="from",
        revokedAt="revoked",
    )


def create_key(
    machine: MachineText, name: Annotated[str, typer.Option(help="Name to show.")] = "key", days: Days = 90
) -> None:
    """Prints the key, which nobody can show again."""
    body = {"name": name, "expiresAt": _after(days)}
    _print_key(Node.signed_in().call("POST", f"{PATH}/{machine}/api-keys", body))


def rotate_key(
    machine: MachineText,
    key: KeyText,
    days: Days = 90,
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="How long the old key goes on, in hours.")] = 24,
) -> None:
    """Prints a new key of the same name; the old one ends after the overlap."""
    body = {"expiresAt": _after(days), "overlapSeconds": overlap_hours * 3_600}
    _print_key(Node.signed_in().call("POST", f"{PATH}/{machine}/api-keys/{key}/rotate", body))


def revoke_key(machine: MachineText, key: KeyText) -> None:
    """The key and the tokens that were got for it end now."""
    Node.signed_in().call("DELETE", f"{PATH}/{machine}/api-keys/{key}")


def list_networks(machine: MachineText) -> None:
    rows = list(Node.signed_in().items(f"{PATH}/{machine}/ip-whitelist"))
    show(rows, id="id", ipAddress="network", description="description")


def allow_network(
    machine: MachineText,
    network: Annotated[str, typer.Argument(help="Address, or network of at least /16 (IPv4) or /32 (IPv6).")],
    description: Annotated[str, typer.Option(help="What is there.")] = "",
) -> None:
    body = {"ipAddress": network, "description": description}
    Console().print(Node.signed_in().call("POST", f"{PATH}/{machine}/ip-whitelist", body)["id"])


def remove_network(
    machine: MachineText, network: Annotated[str, typer.Argument(help="The network, or its id.")]
) -> None:
    node = Node.signed_in()
    rows = node.items(f"{PATH}/{machine}/ip-whitelist")
    found = next((row for row in rows if network in (row["id"], row["ipAddress"])), None)
    if found is None:
        raise InvalidInput(
            "network_unknown", "the machine has no such network; see prividium admin machine network list"
        )
    node.call("DELETE", f"{PATH}/{machine}/ip-whitelist/{found['id']}")


def link_wallet(machine: MachineText, wallet: Annotated[str, typer.Argument(help="Address of the wallet.")]) -> None:
    Node.signed_in().call("POST", f"{PATH}/{machine}/wallets", {"walletAddress": wallet})


def unlink_wallet(machine: MachineText, wallet: Annotated[str, typer.Argument(help="Address of the wallet.")]) -> None:
    Node.signed_in().call("DELETE", f"{PATH}/{machine}/wallets/{wallet}")


def _after(days: int) -> str:
    # A minute less than the longest life: clocks differ.
    return datetime.fromtimestamp(clock.now() + days * DAY_SECONDS - 60, UTC).isoformat()


def _print_key(made: Document) -> None:
    """The key alone on standard output, so that a script can store it; what it is on standard error."""
    Console(stderr=True).print(f"key {made['id']}, expires {made['expiresAt']}; it is not shown again")
    Console(soft_wrap=True, highlight=False).print(str(made["fullKey"]), markup=False)
