"""/api/event-permissions: who sees which logs. Without a rule only the sender of the transaction does."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.permissions import log_rules
from prividium.permissions.event_rules import ANY_TOPIC, USER_TOPIC
from prividium.permissions.log_rules import EventRuleDraft
from prividium.permissions.models import EventRule
from prividium.permissions.routes.journal import AdminJournal, ContractQuery, RoleRef, ThePage
from prividium.permissions.rules import ROLES_PER_RULE_MAX
from prividium.rest import AddressIn, Answer, Body, HashIn, Page, address_text, page_of, time_text
from prividium.types import Address, Hash32, parse_address, to_hex

router = APIRouter(prefix="/event-permissions", tags=["rules"])

RuleId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class EqualTo(Body):
    type: Literal["equalTo"]
    value: HashIn


class UserAddress(Body):
    """The topic must be one of the caller's own wallets."""

    type: Literal["userAddress"]


TopicCondition = Annotated[EqualTo | UserAddress, Field(discriminator="type")]


class EventRuleBody(Body):
    contract_address: AddressIn
    topic0: HashIn | None = None
    """Hash of the event's signature; null for every event of the contract."""
    topic1: TopicCondition | None = None
    topic2: TopicCondition | None = None
    topic3: TopicCondition | None = None
    roles: list[RoleRef] = Field(default_factory=list, max_length=ROLES_PER_RULE_MAX)
    """May be empty only with a userAddress condition."""


class ConditionAnswer(Answer):
    type: str
    value: str | None = None


class EventRuleAnswer(Answer):
    id: int
    contract_address: str
    topic0: str | None
    topic1: ConditionAnswer | None
    topic2: ConditionAnswer | None
    topic3: ConditionAnswer | None
    roles: list[RoleRef]
    created_at: str


def _stored(condition: EqualTo | UserAddress | None) -> str:
    if condition is None:
        return ANY_TOPIC
    return USER_TOPIC if isinstance(condition, UserAddress) else to_hex(condition.value)


def show_condition(stored: str) -> ConditionAnswer | None:
    if stored == ANY_TOPIC:
        return None
    if stored == USER_TOPIC:
        return ConditionAnswer(type="userAddress")
    return ConditionAnswer(type="equalTo", value=stored)


def _show(rule: EventRule) -> EventRuleAnswer:
    topic1, topic2, topic3 = (show_condition(condition) for condition in rule.topics)
    return EventRuleAnswer(
        id=rule.id,
        contract_address=address_text(rule.contract_address),
        topic0=None if rule.topic0 is None else to_hex(rule.topic0),
        topic1=topic1,
        topic2=topic2,
        topic3=topic3,
        roles=[RoleRef(id=role.id) for role in rule.roles],
        created_at=time_text(rule.created_at),
    )


def _note(journal: AdminJournal, action: str, rule: EventRule) -> None:
    details = {
        "topic0": "" if rule.topic0 is None else to_hex(rule.topic0),
        "topics": " ".join(condition or "any" for condition in rule.topics),
        "roles": " ".join(role.name for role in rule.roles),
    }
    journal.note(action, address_text(rule.contract_address), details)


@router.get("")
def list_rules(
    _reader: AdminReader, session: ReadSession, query: ThePage, contract: ContractQuery = None
) -> Page[EventRuleAnswer]:
    statement = select(EventRule).order_by(EventRule.contract_address, EventRule.id)
    if contract is not None:
        statement = statement.where(EventRule.contract_address == parse_address(contract))
    return page_of(session, statement.options(selectinload(EventRule.roles)), query, _show)


@router.get("/{rule_id}")
def get_rule(rule_id: RuleId, _reader: AdminReader, session: ReadSession) -> EventRuleAnswer:
    return _show(log_rules.find_event_rule(session, rule_id))


@router.post("", status_code=201)
def create_rule(body: EventRuleBody, journal: AdminJournal) -> EventRuleAnswer:
    draft = EventRuleDraft(
        contract=Address(body.contract_address),
        topic0=None if body.topic0 is None else Hash32(body.topic0),
        topics=tuple(_stored(condition) for condition in (body.topic1, body.topic2, body.topic3)),
        role_ids=tuple(role.id for role in body.roles),
    )
    rule = log_rules.create_event_rule(journal.session, draft)
    _note(journal, "event_rule.create", rule)
    return _show(rule)


@router.delete("/{rule_id}", status_code=204)
def delete_rule(rule_id: RuleId, journal: AdminJournal) -> None:
    found = log_rules.find_event_rule(journal.session, rule_id)
    _note(journal, "event_rule.delete", found)
    log_rules.delete_event_rule(journal.session, rule_id)
