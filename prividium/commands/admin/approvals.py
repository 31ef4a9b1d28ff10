"""`prividium admin four-eyes` and `proposals`."""

import json
from typing import Annotated

import typer
from rich.console import Console

from prividium.commands.admin.session import Node, role_ids, show
from prividium.errors import InvalidInput

ProposalId = Annotated[str, typer.Argument(help="Id of the proposal.", metavar="PROPOSAL")]
MarkId = Annotated[str, typer.Argument(help="Id of the mark.", metavar="MARK")]


def register(group: typer.Typer) -> None:
    marks = typer.Typer(help="What only two administrators together may change.", no_args_is_help=True)
    marks.command(name="list")(list_marks)
    marks.command(name="add")(add_mark)
    marks.command(name="remove")(remove_mark)
    proposals = typer.Typer(help="Changes that wait for a second administrator.", no_args_is_help=True)
    proposals.command(name="list")(list_proposals)
    proposals.command(name="show")(show_proposal)
    proposals.command(name="approve")(approve)
    proposals.command(name="reject")(reject)
    group.add_typer(marks, name="four-eyes")
    group.add_typer(proposals, name="proposals")


def list_marks() -> None:
    show(list(Node.signed_in().items("/four-eyes")), id="id", subject="subject", createdBy="by", createdAt="since")


def add_mark(
    contract: Annotated[str | None, typer.Option(help="Address of a contract.")] = None,
    selector: Annotated[str | None, typer.Option(help="Only this function of it, as 0x and 8 digits.")] = None,
    template: Annotated[str | None, typer.Option(help="Id of a template.")] = None,
    role: Annotated[str | None, typer.Option(help="Name or id of a role.")] = None,
) -> None:
    """From now on changes of it need two administrators."""
    node = Node.signed_in()
    given = {"contractAddress": contract, "methodSelector": selector, "templateId": template}
    if role is not None:
        given["roleId"] = role_ids(node, [role])[0]["id"]
    if not any(given.values()):
        raise InvalidInput("mark_missing", "name a --contract, a --template or a --role")
    Console().print(node.call("POST", "/four-eyes", given)["id"])


def remove_mark(mark: MarkId) -> None:
    """Needs a second administrator itself."""
    Node.signed_in().call("DELETE", f"/four-eyes/{mark}")


def list_proposals() -> None:
    """Those that wait."""
    rows = list(Node.signed_in().items("/policy-proposals", status="pending"))
    show(rows, id="id", method="method", path="path", subjects="touches", requestedBy="by", expiresAt="until")


def show_proposal(proposal: ProposalId) -> None:
    Console(soft_wrap=True).print_json(json.dumps(Node.signed_in().call("GET", f"/policy-proposals/{proposal}")))


def approve(proposal: ProposalId) -> None:
    """Apply it now."""
    Node.signed_in().call("POST", f"/policy-proposals/{proposal}/approve")


def reject(proposal: ProposalId) -> None:
    """Also to take back your own."""
    Node.signed_in().call("POST", f"/policy-proposals/{proposal}/reject")
