"""Templates: an ABI with rules that contracts take over; a contract's own rule for a function comes first."""

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, NotFound
from prividium.permissions.abi import Abi, functions
from prividium.permissions.condition_drafts import of_rule
from prividium.permissions.models import Contract, ContractTemplate, FunctionRule, PolicyState


def find_template(session: Session, template_id: str) -> ContractTemplate:
    """Raises NotFound("template_unknown")."""
    template = session.get(ContractTemplate, template_id)
    if template is None:
        raise NotFound("template_unknown", "there is no such template")
    return template


def create_template(session: Session, name: str, abi: Abi) -> ContractTemplate:
    """Raises InvalidInput("abi_invalid") and Conflict("template_exists")."""
    functions(abi)
    _check_new_name(session, name)
    now = clock.now()
    template = ContractTemplate(id=clock.new_id(), name=name, abi=abi, is_shipped=False, created_at=now, updated_at=now)
    session.add(template)
    session.flush()
    return template


def change_template(session: Session, template_id: str, name: str, abi: Abi) -> ContractTemplate:
    """Its rules follow the new ABI. Raises Conflict("rule_without_function" or "template_exists")."""
    template = find_template(session, template_id)
    if name != template.name:
        _check_new_name(session, name)
    follow_abi(session, FunctionRule.template_id == template_id, abi)
    template.name, template.abi, template.updated_at = name, abi, clock.now()
    session.flush()
    return template


def delete_template(session: Session, template_id: str) -> ContractTemplate:
    """Raises Conflict("template_in_use" or "template_is_shipped"): a contract would lose its rules unnoticed."""
    session.get_one(PolicyState, 1, with_for_update=True)
    template = find_template(session, template_id)
    if template.is_shipped:
        raise Conflict("template_is_shipped", "the shipped templates stay; change their rules, or do not use them")
    if session.scalar(select(exists().where(Contract.template_id == template_id))):
        raise Conflict("template_in_use", "contracts refer to this template; change them first")
    session.delete(template)
    session.flush()
    return template


def follow_abi(session: Session, of: ColumnElement[bool], abi: Abi) -> None:
    """Give the rules `of` a contract or template what a new ABI says about their functions.

    Raises InvalidInput("abi_invalid") and Conflict("rule_without_function").
    """
    known = {function.selector: function for function in functions(abi)}
    for rule in session.scalars(select(FunctionRule).where(of)):
        if not rule.selector:
            continue
        function = known.get(rule.selector)
        if function is None:
            raise Conflict(
                "rule_without_function", f"a rule names {rule.signature}, which the new ABI lacks; delete it first"
            )
        rule.signature = function.signature
        rule.word_offsets = [function.word_offset(index) for index in rule.argument_indices]
        # Another function may have the same selector: what cannot be compiled must not come into force.
        of_rule(rule).compile(function)


def _check_new_name(session: Session, name: str) -> None:
    if session.scalar(select(exists().where(ContractTemplate.name == name))):
        raise Conflict("template_exists", "a template of this name exists already")
