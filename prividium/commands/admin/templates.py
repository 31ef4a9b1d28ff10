"""`prividium admin templates`."""

from typing import Annotated

import typer

from prividium.commands.admin.session import Node, show

TemplateId = Annotated[str, typer.Argument(help="Id of the template, such as erc-20.", metavar="TEMPLATE")]


def register(group: typer.Typer) -> None:
    templates = typer.Typer(help="ABIs with rules that contracts take over.", no_args_is_help=True)
    templates.command(name="list")(list_templates)
    templates.command(name="rules")(list_rules)
    group.add_typer(templates, name="templates")


def list_templates() -> None:
    show(list(Node.signed_in().items("/templates")), id="id", name="name", isShipped="shipped")


def list_rules(template: TemplateId) -> None:
    """Who may call which function of the template's contracts; what is not listed is denied."""
    show(
        list(Node.signed_in().items("/template-permissions", templateId=template)),
        id="id",
        functionSignature="function",
        accessType="access",
        ruleType="rule",
        roles="roles",
        argumentRestrictions="arguments",
        isUmbrella="umbrella",
    )
