"""Rules about events, as administrators write them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import InvalidInput, NotFound
from prividium.permissions.contracts import find_contract
from prividium.permissions.event_rules import LogRule
from prividium.permissions.models import EventRule
from prividium.permissions.roles import find_roles
from prividium.types import Address, Hash32, RoleId


@dataclass(frozen=True)
class EventRuleDraft:
    contract: Address
    topic0: Hash32 | None
    topics: tuple[str, ...]
    """Conditions on topic 1 to 3 as in `event_rules.LogRule`."""
    role_ids: tuple[str, ...]


def find_event_rule(session: Session, rule_id: int) -> EventRule:
    """Raises NotFound("rule_unknown")."""
    rule = session.get(EventRule, rule_id)
    if rule is None:
        raise NotFound("rule_unknown", "there is no such rule")
    return rule


def create_event_rule(session: Session, draft: EventRuleDraft) -> EventRule:
    """Raises InvalidInput("event_rule_too_open") for a rule that everybody would satisfy."""
    contract = find_contract(session, draft.contract)
    roles = find_roles(session, draft.role_ids)
    _check(draft, [RoleId(role.policy_id) for role in roles])
    rule = EventRule(
        contract_address=contract.address,
        topic0=draft.topic0,
        topics=list(draft.topics),
        created_at=clock.now(),
        roles=roles,
    )
    session.add(rule)
    session.flush()
    return rule


def delete_event_rule(session: Session, rule_id: int) -> EventRule:
    rule = find_event_rule(session, rule_id)
    session.delete(rule)
    session.flush()
    return rule


def _check(draft: EventRuleDraft, roles: Sequence[RoleId]) -> None:
    try:
        LogRule(draft.contract, draft.topic0, draft.topics, frozenset(roles))
    except ValueError as error:
        raise InvalidInput("event_rule_too_open", str(error)) from None
