"""/api/contract-permissions: who may call which function. Without a rule nobody may."""

import json
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.permissions import function_rules
from prividium.permissions.function_rules import FunctionRuleDraft
from prividium.permissions.models import FunctionRule
from prividium.permissions.routes.condition_bodies import (
    ConditionsAnswer,
    ConditionsBody,
    show_arguments,
    show_limits,
    show_time,
)
from prividium.permissions.routes.journal import AdminJournal, ContractQuery, RoleRef, ThePage
from prividium.permissions.rules import ARGUMENTS_PER_RULE_MAX, ROLES_PER_RULE_MAX, AccessType, RuleType
from prividium.rest import AddressIn, Answer, Body, Page, address_text, page_of, time_text
from prividium.types import Address, Selector, from_hex, parse_address, to_hex

router = APIRouter(prefix="/contract-permissions", tags=["rules"])

RuleId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class ArgumentRestriction(Body):
    argument_index: Annotated[int, Field(ge=0, le=255)]


class RuleFields(ConditionsBody):
    """What a rule says, whosever function it is about."""

    function_signature: Annotated[str, Field(max_length=1024)] | None = None
    method_selector: Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{8})?$")] | None = None
    """`0x` for calls without a function (receive or fallback)."""
    access_type: AccessType
    rule_type: RuleType
    roles: list[RoleRef] = Field(default_factory=list, max_length=ROLES_PER_RULE_MAX)
    argument_restrictions: list[ArgumentRestriction] = Field(default_factory=list, max_length=ARGUMENTS_PER_RULE_MAX)
    is_umbrella: bool = False
    """Calls made below this one are not judged."""


class RuleBody(RuleFields):
    contract_address: AddressIn


class RuleRole(Answer):
    id: str
    role_name: str


class RestrictionAnswer(Answer):
    argument_index: int


class RuleFieldsAnswer(ConditionsAnswer):
    id: int
    function_signature: str
    method_selector: str
    access_type: str
    rule_type: str
    roles: list[RuleRole]
    argument_restrictions: list[RestrictionAnswer]
    is_umbrella: bool
    created_at: str
    updated_at: str


class RuleAnswer(RuleFieldsAnswer):
    contract_address: str


def draft_of(body: RuleFields, *, contract: Address | None = None, template_id: str | None = None) -> FunctionRuleDraft:
    return FunctionRuleDraft(
        contract=contract,
        template_id=template_id,
        signature=body.function_signature,
        selector=None if body.method_selector is None else Selector(from_hex(body.method_selector)),
        access=body.access_type,
        rule_type=body.rule_type,
        role_ids=tuple(role.id for role in body.roles),
        argument_indices=tuple(restriction.argument_index for restriction in body.argument_restrictions),
        is_umbrella=body.is_umbrella,
        conditions=body.conditions(),
    )


def show_rule(rule: FunctionRule) -> RuleFieldsAnswer:
    return RuleFieldsAnswer(
        id=rule.id,
        function_signature=rule.signature,
        method_selector=to_hex(rule.selector),
        access_type=rule.access,
        rule_type=rule.rule_type,
        roles=[RuleRole(id=role.id, role_name=role.name) for role in rule.roles],
        argument_restrictions=[RestrictionAnswer(argument_index=index) for index in rule.argument_indices],
        is_umbrella=rule.is_umbrella,
        valid_from=show_time(rule.valid_from),
        valid_until=show_time(rule.valid_until),
        argument_conditions=show_arguments(rule),
        limits=show_limits(rule),
        created_at=time_text(rule.created_at),
        updated_at=time_text(rule.updated_at),
    )


def _draft(body: RuleBody) -> FunctionRuleDraft:
    return draft_of(body, contract=Address(body.contract_address))


def _show(rule: FunctionRule) -> RuleAnswer:
    shown = show_rule(rule).model_dump()
    return RuleAnswer.model_validate({**shown, "contract_address": address_text(rule.contract_address or b"")})


def rule_details(rule: FunctionRule) -> dict[str, str]:
    details = {
        "access": rule.access,
        "type": rule.rule_type,
        "roles": " ".join(role.name for role in rule.roles),
        "arguments": " ".join(str(index) for index in rule.argument_indices),
        "umbrella": str(rule.is_umbrella).lower(),
    }
    if rule.valid_from is not None or rule.valid_until is not None:
        details["valid"] = f"{show_time(rule.valid_from) or ''}/{show_time(rule.valid_until) or ''}"
    if rule.argument_conditions or rule.limits:
        details["conditions"] = json.dumps(rule.argument_conditions or [], sort_keys=True)
        details["limits"] = json.dumps(rule.limits or [], sort_keys=True)
    return details


def _note(journal: AdminJournal, action: str, rule: FunctionRule) -> None:
    journal.note(action, f"{address_text(rule.contract_address or b'')} {rule.signature}", rule_details(rule))


@router.get("")
def list_rules(
    _reader: AdminReader, session: ReadSession, query: ThePage, contract: ContractQuery = None
) -> Page[RuleAnswer]:
    of_contracts = select(FunctionRule).where(FunctionRule.template_id.is_(None))
    statement = of_contracts.order_by(FunctionRule.contract_address, FunctionRule.selector)
    if contract is not None:
        statement = statement.where(FunctionRule.contract_address == parse_address(contract))
    return page_of(session, statement.options(selectinload(FunctionRule.roles)), query, _show)


@router.get("/{rule_id}")
def get_rule(rule_id: RuleId, _reader: AdminReader, session: ReadSession) -> RuleAnswer:
    return _show(function_rules.find_rule(session, rule_id))


@router.post("", status_code=201)
def create_rule(body: RuleBody, journal: AdminJournal) -> RuleAnswer:
    rule = function_rules.create_rule(journal.session, _draft(body))
    _note(journal, "rule.create", rule)
    return _show(rule)


@router.put("/{rule_id}")
def change_rule(rule_id: RuleId, body: RuleBody, journal: AdminJournal) -> RuleAnswer:
    rule = function_rules.change_rule(journal.session, rule_id, _draft(body))
    _note(journal, "rule.change", rule)
    return _show(rule)


@router.delete("/{rule_id}", status_code=204)
def delete_rule(rule_id: RuleId, journal: AdminJournal) -> None:
    found = function_rules.find_rule(journal.session, rule_id)
    _note(journal, "rule.delete", found)
    function_rules.delete_rule(journal.session, rule_id)
