"""The templates that come with the node: token standards with rules that let people see and move what is theirs.

What a standard's rules do not list is denied: minting, burning, freezing and everything else of an operator or agent
needs a rule with a role, which only the institution can name.
"""

import json
from pathlib import Path
from typing import Final, TypedDict

from sqlalchemy.orm import Session

from prividium import clock
from prividium.db.engine import Database
from prividium.permissions.abi import Abi
from prividium.permissions.function_rules import FunctionRuleDraft, create_rule
from prividium.permissions.models import ContractTemplate
from prividium.permissions.rules import AccessType, RuleType

FOLDER: Final = Path(__file__).parent / "standards"
STANDARDS: Final = ("erc-20", "erc-721", "erc-1155", "erc-4626", "erc-3643")


class ShippedRule(TypedDict):
    function: str
    access: AccessType
    rule: str
    arguments: list[int]


class Standard(TypedDict):
    name: str
    abi: Abi
    rules: list[ShippedRule]


def standard(template_id: str) -> Standard:
    read: Standard = json.loads((FOLDER / f"{template_id}.json").read_text())
    return read


def ship_templates(database: Database) -> None:
    """Add the templates that are missing; what administrators changed in one stays."""
    with database.read() as session:
        missing = [name for name in STANDARDS if session.get(ContractTemplate, name) is None]
    if missing:
        with database.write() as session:
            for name in missing:
                _ship(session, name, standard(name))


def _ship(session: Session, template_id: str, shipped: Standard) -> None:
    if session.get(ContractTemplate, template_id) is not None:
        return
    now = clock.now()
    session.add(
        ContractTemplate(
            id=template_id, name=shipped["name"], abi=shipped["abi"], is_shipped=True, created_at=now, updated_at=now
        )
    )
    session.flush()
    for rule in shipped["rules"]:
        draft = FunctionRuleDraft(
            contract=None,
            template_id=template_id,
            signature=rule["function"],
            selector=None,
            access=rule["access"],
            rule_type=RuleType(rule["rule"]),
            role_ids=(),
            argument_indices=tuple(rule["arguments"]),
            is_umbrella=False,
        )
        create_rule(session, draft)
