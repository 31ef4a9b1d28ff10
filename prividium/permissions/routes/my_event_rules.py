"""GET /api/check/event-permission-rules: which logs the rules show the caller, for programs that filter themselves."""

import hashlib
import json
from typing import Final

from fastapi import APIRouter
from pydantic import TypeAdapter

from prividium.db.edge import ReadSession
from prividium.identity.caller import Caller
from prividium.permissions.event_rules import LogRule, rules_of
from prividium.permissions.routes.event_permissions import ConditionAnswer, show_condition
from prividium.rest import Answer, address_text
from prividium.types import to_hex

router = APIRouter(prefix="/check", tags=["rules"])


class RuleForReader(Answer):
    """A log is shown if any rule fits: contract, and each topic that is not null."""

    contract_address: str
    topic0: str | None
    topic1: ConditionAnswer | None
    topic2: ConditionAnswer | None
    topic3: ConditionAnswer | None


class RulesForReader(Answer):
    fingerprint: str
    """SHA-256 of the JSON Schema of `rules`: whoever does not know it must show nothing, for a condition may be new."""
    rules: list[RuleForReader]


def _fingerprint() -> str:
    schema = TypeAdapter(list[RuleForReader]).json_schema()
    return hashlib.sha256(json.dumps(schema, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


FINGERPRINT: Final = _fingerprint()


def _show(rule: LogRule) -> RuleForReader:
    topic1, topic2, topic3 = (show_condition(condition) for condition in rule.topics)
    return RuleForReader(
        contract_address=address_text(rule.contract),
        topic0=None if rule.topic0 is None else to_hex(rule.topic0),
        topic1=topic1,
        topic2=topic2,
        topic3=topic3,
    )


@router.get("/event-permission-rules")
def my_event_rules(caller: Caller, session: ReadSession) -> RulesForReader:
    """The event rules that serve the caller."""
    rules = [_show(rule) for rule in rules_of(session) if rule.serves(caller)]
    return RulesForReader(fingerprint=FINGERPRINT, rules=rules)
