"""Rules about functions, as administrators write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, InvalidInput, NotFound
from prividium.permissions.abi import Abi, Function, find_function, functions
from prividium.permissions.condition_drafts import NO_CONDITIONS, ConditionsDraft
from prividium.permissions.contracts import find_contract
from prividium.permissions.models import FunctionRule
from prividium.permissions.roles import find_roles
from prividium.permissions.rules import AccessType, CallRule, RuleType
from prividium.permissions.templates import find_template
from prividium.types import Address, RoleId, Selector

NO_FUNCTION_SIGNATURE: Final = "receive()"
"""How the rule for calls with fewer than four bytes of data is shown."""
_ANY_CONTRACT: Final = Address(bytes(20))


@dataclass(frozen=True)
class FunctionRuleDraft:
    """`signature` or `selector` names the function; an empty selector means calls without a function.

    Either `contract` or `template_id` says whose function.
    """

    contract: Address | None
    signature: str | None
    selector: Selector | None
    access: AccessType
    rule_type: RuleType
    role_ids: tuple[str, ...]
    argument_indices: tuple[int, ...]
    is_umbrella: bool
    template_id: str | None = None
    conditions: ConditionsDraft = NO_CONDITIONS


def find_rule(session: Session, rule_id: int, *, of_template: bool = False) -> FunctionRule:
    """Raises NotFound("rule_unknown"), also for a rule of the other kind of owner."""
    rule = session.get(FunctionRule, rule_id)
    if rule is None or (rule.template_id is not None) != of_template:
        raise NotFound("rule_unknown", "there is no such rule")
    return rule


def create_rule(session: Session, draft: FunctionRuleDraft) -> FunctionRule:
    """Raises InvalidInput with what is wrong, NotFound("contract_unknown", "template_unknown"),
    Conflict("rule_exists").
    """
    now = clock.now()
    rule = FunctionRule(contract_address=draft.contract, template_id=draft.template_id, created_at=now, updated_at=now)
    _fill(session, rule, draft)
    taken = exists().where(
        FunctionRule.contract_address == rule.contract_address
        if draft.template_id is None
        else FunctionRule.template_id == draft.template_id,
        FunctionRule.selector == rule.selector,
    )
    if session.scalar(select(taken)):
        raise Conflict("rule_exists", f"{rule.signature} has a rule already; change that one")
    session.add(rule)
    session.flush()
    return rule


def change_rule(session: Session, rule_id: int, draft: FunctionRuleDraft) -> FunctionRule:
    """Contract and function stay; raises InvalidInput("rule_function_fixed") if the draft names others."""
    rule = find_rule(session, rule_id, of_template=draft.template_id is not None)
    before = (rule.contract_address, rule.template_id, rule.selector)
    with session.no_autoflush:
        _fill(session, rule, draft)
    if (draft.contract, draft.template_id, rule.selector) != before:
        raise InvalidInput("rule_function_fixed", "a rule keeps its owner and function; make a new one instead")
    rule.updated_at = clock.now()
    session.flush()
    return rule


def delete_rule(session: Session, rule_id: int, *, of_template: bool = False) -> FunctionRule:
    rule = find_rule(session, rule_id, of_template=of_template)
    session.delete(rule)
    session.flush()
    return rule


def _fill(session: Session, rule: FunctionRule, draft: FunctionRuleDraft) -> None:
    function = _function(_abi(session, draft), draft)
    indices = sorted(set(draft.argument_indices))
    roles = find_roles(session, draft.role_ids)
    rule.selector = b"" if function is None else function.selector
    rule.signature = NO_FUNCTION_SIGNATURE if function is None else function.signature
    rule.access, rule.rule_type, rule.is_umbrella = draft.access, draft.rule_type.value, draft.is_umbrella
    rule.argument_indices, rule.word_offsets = indices, _offsets(function, indices)
    rule.roles = roles
    rule.valid_from, rule.valid_until = draft.conditions.valid_from, draft.conditions.valid_until
    rule.argument_conditions = [condition.document() for condition in draft.conditions.arguments] or None
    rule.limits = [limit.document() for limit in draft.conditions.limits] or None
    # Making the compiled form checks that the rule is complete.
    CallRule(
        contract=_ANY_CONTRACT if draft.contract is None else draft.contract,
        selector=Selector(rule.selector),
        rule_type=draft.rule_type,
        access=draft.access,
        roles=frozenset(RoleId(role.policy_id) for role in roles),
        word_offsets=tuple(rule.word_offsets),
        is_umbrella=draft.is_umbrella,
        conditions=draft.conditions.compile(function),
    )


def _abi(session: Session, draft: FunctionRuleDraft) -> Abi:
    if draft.contract is not None:
        return find_contract(session, draft.contract).abi
    return find_template(session, draft.template_id or "").abi


def _function(abi: Abi, draft: FunctionRuleDraft) -> Function | None:
    if draft.signature is not None:
        found = find_function(abi, draft.signature)
        if draft.selector is not None and draft.selector != found.selector:
            raise InvalidInput("selector_mismatch", f"methodSelector is not the selector of {found.signature}")
        return found
    if draft.selector is None:
        raise InvalidInput("function_missing", "name the function by functionSignature or methodSelector")
    if not draft.selector:
        return None
    for function in functions(abi):
        if function.selector == draft.selector:
            return function
    raise InvalidInput("function_unknown", "the ABI has no function with this selector")


def _offsets(function: Function | None, indices: Sequence[int]) -> list[int]:
    if function is None:
        if indices:
            raise InvalidInput("rule_arguments_invalid", "a call without a function has no arguments to restrict")
        return []
    return [function.word_offset(index) for index in indices]
