"""`prividium admin contracts`, `rules` and `events`."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from prividium.commands.admin.people import RoleNames
from prividium.commands.admin.session import Node, role_ids, show
from prividium.errors import InvalidInput
from prividium.permissions.rules import RuleType

ContractText = Annotated[str, typer.Argument(help="Address of the contract.", metavar="CONTRACT")]
OneContract = Annotated[str | None, typer.Option("--contract", help="Only of this contract.")]
RuleNumber = Annotated[int, typer.Argument(help="Id of the rule.", metavar="RULE")]


def register(group: typer.Typer) -> None:
    contracts = typer.Typer(help="Registered contracts.", no_args_is_help=True)
    contracts.command(name="list")(list_contracts)
    contracts.command(name="register")(register_contract)
    contracts.command(name="remove")(remove_contract)
    rules = typer.Typer(help="Who may call which function; without a rule nobody may.", no_args_is_help=True)
    rules.command(name="list")(list_rules)
    rules.command(name="add")(add_rule)
    rules.command(name="delete")(delete_rule)
    events = typer.Typer(help="Who sees which logs; without a rule only the sender does.", no_args_is_help=True)
    events.command(name="list")(list_event_rules)
    events.command(name="add")(add_event_rule)
    events.command(name="delete")(delete_event_rule)
    for name, part in (("contracts", contracts), ("rules", rules), ("events", events)):
        group.add_typer(part, name=name)


def list_contracts() -> None:
    show(
        list(Node.signed_in().items("/contracts")),
        contractAddress="address",
        name="name",
        templateId="template",
        owner="owner",
    )


def register_contract(
    contract: ContractText,
    name: Annotated[str, typer.Option(help="Name to show.")],
    abi: Annotated[
        Path | None, typer.Argument(help="JSON file: an ABI, or a compiler's artifact that holds one.")
    ] = None,
    template: Annotated[
        str | None, typer.Option(help="Template whose rules, and without a file whose ABI, count.")
    ] = None,
    awaiting_deployment: Annotated[bool, typer.Option(help="There is no code at the address yet.")] = False,
) -> None:
    """Make a contract known. Nobody may call it before a rule says so, its own or its template's."""
    body = {
        "contractAddress": contract,
        "name": name,
        "abi": None if abi is None else _read_abi(abi),
        "templateId": template,
        "awaitingDeployment": awaiting_deployment,
    }
    Node.signed_in().call("POST", "/contracts", body)


def remove_contract(contract: ContractText) -> None:
    """Its rules go with it: nobody may call it any more."""
    Node.signed_in().call("DELETE", f"/contracts/{contract}")


def list_rules(contract: OneContract = None) -> None:
    show(
        list(Node.signed_in().items("/contract-permissions", contractAddress=contract)),
        id="id",
        contractAddress="contract",
        functionSignature="function",
        accessType="access",
        ruleType="rule",
        roles="roles",
        argumentRestrictions="arguments",
        isUmbrella="umbrella",
        argumentConditions="conditions",
        limits="limits",
        validFrom="from",
        validUntil="until",
    )


def add_rule(
    contract: ContractText,
    function: Annotated[str, typer.Argument(help="Signature such as transfer(address,uint256), or 0x for none.")],
    rule: Annotated[RuleType, typer.Option(help="What decides.")],
    access: Annotated[str, typer.Option(help="read, or write (which includes read).")] = "write",
    roles: RoleNames = None,
    arguments: Annotated[
        list[int] | None, typer.Option("--argument", "-a", help="Index of an address argument that must be the caller.")
    ] = None,
    umbrella: Annotated[bool, typer.Option("--umbrella", help="Do not judge the calls made below this one.")] = False,
    conditions: Annotated[
        list[str] | None,
        typer.Option("--condition", help='{"argumentIndex": 1, "test": {"type": "atMost", "value": "100"}}'),
    ] = None,
    limits: Annotated[
        list[str] | None,
        typer.Option("--limit", help='{"periodSeconds": 86400, "maximum": "1000", "argumentIndex": 1}'),
    ] = None,
    valid_from: Annotated[str | None, typer.Option(help="Start, such as 2026-01-31T08:00:00Z.")] = None,
    valid_until: Annotated[str | None, typer.Option(help="End, such as 2026-12-31T00:00:00Z.")] = None,
) -> None:
    """Write a rule for one function. Conditions and limits are JSON, as in docs/permissions.md."""
    node = Node.signed_in()
    named = {"methodSelector": "0x"} if function == "0x" else {"functionSignature": function}
    body = {
        "contractAddress": contract,
        **named,
        "accessType": access,
        "ruleType": rule.value,
        "roles": role_ids(node, roles or []),
        "argumentRestrictions": [{"argumentIndex": index} for index in arguments or []],
        "isUmbrella": umbrella,
        "argumentConditions": [_read_object("--condition", text) for text in conditions or []],
        "limits": [_read_object("--limit", text) for text in limits or []],
        "validFrom": valid_from,
        "validUntil": valid_until,
    }
    Console().print(node.call("POST", "/contract-permissions", body)["id"])


def delete_rule(rule: RuleNumber) -> None:
    Node.signed_in().call("DELETE", f"/contract-permissions/{rule}")


def list_event_rules(contract: OneContract = None) -> None:
    rows = list(Node.signed_in().items("/event-permissions", contractAddress=contract))
    topics = {f"topic{position}": f"topic {position}" for position in range(4)}
    show(rows, id="id", contractAddress="contract", **topics, roles="roles")


def add_event_rule(
    contract: ContractText,
    topic0: Annotated[str | None, typer.Option(help="Hash of the event's signature; default every event.")] = None,
    own: Annotated[
        list[int] | None, typer.Option("--own", min=1, max=3, help="Topic that must be the caller's own address.")
    ] = None,
    roles: RoleNames = None,
) -> None:
    """Let people see logs: holders of a role, or everybody their own."""
    node = Node.signed_in()
    body: dict[str, object] = {"contractAddress": contract, "topic0": topic0, "roles": role_ids(node, roles or [])}
    body |= {f"topic{position}": {"type": "userAddress"} for position in own or []}
    Console().print(node.call("POST", "/event-permissions", body)["id"])


def delete_event_rule(rule: RuleNumber) -> None:
    Node.signed_in().call("DELETE", f"/event-permissions/{rule}")


def _read_object(option: str, text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidInput("option_invalid", f"{option} takes a JSON object")
    return found


def _read_abi(path: Path) -> list[object]:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        raise InvalidInput("abi_unreadable", f"{path} is not a readable JSON file") from None
    abi = document.get("abi") if isinstance(document, dict) else document
    if not isinstance(abi, list):
        raise InvalidInput("abi_unreadable", f"{path} holds no ABI")
    return abi
