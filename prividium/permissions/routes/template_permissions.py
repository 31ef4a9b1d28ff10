"""/api/template-permissions: who may call which function of every contract of a template."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.permissions import function_rules
from prividium.permissions.function_rules import FunctionRuleDraft
from prividium.permissions.models import FunctionRule
from prividium.permissions.routes.contract_permissions import (
    RuleFields,
    RuleFieldsAnswer,
    RuleId,
    draft_of,
    rule_details,
    show_rule,
)
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import Page, page_of

router = APIRouter(prefix="/template-permissions", tags=["templates"])


class TemplateRuleBody(RuleFields):
    template_id: Annotated[str, Field(min_length=1, max_length=21)]


class TemplateRuleAnswer(RuleFieldsAnswer):
    template_id: str


def _draft(body: TemplateRuleBody) -> FunctionRuleDraft:
    return draft_of(body, template_id=body.template_id)


def _show(rule: FunctionRule) -> TemplateRuleAnswer:
    return TemplateRuleAnswer.model_validate({**show_rule(rule).model_dump(), "template_id": rule.template_id})


def _note(journal: AdminJournal, action: str, rule: FunctionRule) -> None:
    journal.note(action, f"template {rule.template_id} {rule.signature}", rule_details(rule))


@router.get("")
def list_rules(
    _reader: AdminReader,
    session: ReadSession,
    query: ThePage,
    template_id: Annotated[str | None, Query(alias="templateId", max_length=21)] = None,
) -> Page[TemplateRuleAnswer]:
    of_templates = select(FunctionRule).where(FunctionRule.template_id.is_not(None))
    if template_id is not None:
        of_templates = of_templates.where(FunctionRule.template_id == template_id)
    ordered = of_templates.order_by(FunctionRule.template_id, FunctionRule.selector)
    return page_of(session, ordered.options(selectinload(FunctionRule.roles)), query, _show)


@router.get("/{rule_id}")
def get_rule(rule_id: RuleId, _reader: AdminReader, session: ReadSession) -> TemplateRuleAnswer:
    return _show(function_rules.find_rule(session, rule_id, of_template=True))


@router.post("", status_code=201)
def create_rule(body: TemplateRuleBody, journal: AdminJournal) -> TemplateRuleAnswer:
    rule = function_rules.create_rule(journal.session, _draft(body))
    _note(journal, "template_rule.create", rule)
    return _show(rule)


@router.put("/{rule_id}")
def change_rule(rule_id: RuleId, body: TemplateRuleBody, journal: AdminJournal) -> TemplateRuleAnswer:
    rule = function_rules.change_rule(journal.session, rule_id, _draft(body))
    _note(journal, "template_rule.change", rule)
    return _show(rule)


@router.delete("/{rule_id}", status_code=204)
def delete_rule(rule_id: RuleId, journal: AdminJournal) -> None:
    found = function_rules.find_rule(journal.session, rule_id, of_template=True)
    _note(journal, "template_rule.delete", found)
    function_rules.delete_rule(journal.session, rule_id, of_template=True)
