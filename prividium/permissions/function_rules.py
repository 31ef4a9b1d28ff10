"""Rules about functions, as administrators write them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, InvalidInput, NotFound
from prividium.permissions.abi import Function, find_function, functions
from prividium.permissions.contracts import find_contract
from prividium.permissions.models import Contract, FunctionRule
from prividium.permissions.roles import find_roles
from prividium.permissions.rules import AccessType, CallRule, RuleType
from prividium.types import Address, RoleId, Selector

NO_FUNCTION_SIGNATURE: Final = "receive()"
"""How the rule for calls with fewer than four bytes of data is shown."""


@dataclass(frozen=True)
class FunctionRuleDraft:
    """`signature` or `selector` names the function; an empty selector means calls without a function."""

    contract: Address
    signature: str | None
    selector: Selector | None
    access: AccessType
    rule_type: RuleType
    role_ids: tuple[str, ...]
    argument_indices: tuple[int, ...]
    is_umbrella: bool


def find_rule(session: Session, rule_id: int) -> FunctionRule:
    """Raises NotFound("rule_unknown")."""
    rule = session.get(FunctionRule, rule_id)
    if rule is None:
        raise NotFound("rule_unknown", "there is no such rule")
    return rule


def create_rule(session: Session, draft: FunctionRuleDraft) -> FunctionRule:
    """Raises InvalidInput with what is wrong, NotFound("contract_unknown"), Conflict("rule_exists")."""
    now = clock.now()
    rule = FunctionRule(contract_address=draft.contract, created_at=now, updated_at=now)
    _fill(session, rule, draft)
    taken = exists().where(
        FunctionRule.contract_address == rule.contract_address, FunctionRule.selector == rule.selector
    )
    if session.scalar(select(taken)):
        raise Conflict("rule_exists", f"{rule.signature} has a rule already; change that one")
    session.add(rule)
    session.flush()
    return rule


def change_rule(session: Session, rule_id: int, draft: FunctionRuleDraft) -> FunctionRule:
    """Contract and function stay; raises InvalidInput("rule_function_fixed") if the draft names others."""
    rule = find_rule(session, rule_id)
    before = (rule.contract_address, rule.selector)
    with session.no_autoflush:
        _fill(session, rule, draft)
    if (draft.contract, rule.selector) != before:
        raise InvalidInput("rule_function_fixed", "a rule keeps its contract and function; make a new one instead")
    rule.updated_at = clock.now()
    session.flush()
    return rule


def delete_rule(session: Session, rule_id: int) -> FunctionRule:
    rule = find_rule(session, rule_id)
    session.delete(rule)
    session.flush()
    return rule


def _fill(session: Session, rule: FunctionRule, draft: FunctionRuleDraft) -> None:
    function = _function(find_contract(session, draft.contract), draft)
    indices = sorted(set(draft.argument_indices))
    roles = find_roles(session, draft.role_ids)
    rule.selector = b"" if function is None else function.selector
    rule.signature = NO_FUNCTION_SIGNATURE if function is None else function.signature
    rule.access, rule.rule_type, rule.is_umbrella = draft.access, draft.rule_type.value, draft.is_umbrella
    rule.argument_indices, rule.word_offsets = indices, _offsets(function, indices)
    rule.roles = roles
    # Making the compiled form checks that the rule is complete.
    CallRule(
        contract=draft.contract,
        selector=Selector(rule.selector),
        rule_type=draft.rule_type,
        access=draft.access,
        roles=frozenset(RoleId(role.policy_id) for role in roles),
        word_offsets=tuple(rule.word_offsets),
        is_umbrella=draft.is_umbrella,
    )


def _function(contract: Contract, draft: FunctionRuleDraft) -> Function | None:
    if draft.signature is not None:
        found = find_function(contract.abi, draft.signature)
        if draft.selector is not None and draft.selector != found.selector:
            raise InvalidInput("selector_mismatch", f"methodSelector is not the selector of {found.signature}")
        return found
    if draft.selector is None:
        raise InvalidInput("function_missing", "name the function by functionSignature or methodSelector")
    if not draft.selector:
        return None
    for function in functions(contract.abi):
        if function.selector == draft.selector:
            return function
    raise InvalidInput("function_unknown", "the contract's ABI has no function with this selector")


def _offsets(function: Function | None, indices: Sequence[int]) -> list[int]:
    if function is None:
        if indices:
            raise InvalidInput("rule_arguments_invalid", "a call without a function has no arguments to restrict")
        return []
    return [function.word_offset(index) for index in indices]
