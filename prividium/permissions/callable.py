"""Which functions of a contract a caller may call at all: with some arguments, from one of their wallets.

The Rust evaluator decides each call, with its arguments; here the part of a rule that does not depend on them is asked.
A test holds the two together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import NotFound
from prividium.identity.principal import Principal
from prividium.permissions.abi import Abi, functions
from prividium.permissions.models import Contract, FunctionRule
from prividium.permissions.rules import RuleType
from prividium.permissions.table import rules_in_force
from prividium.types import Address


@dataclass(frozen=True)
class CallableContract:
    contract: Contract
    rules: Sequence[FunctionRule]
    """Those that let the caller in, by selector."""
    abi: Abi
    """What of the ABI is about them, and the contract's errors."""


def callable_contract(session: Session, principal: Principal, address: Address) -> CallableContract:
    """Raises NotFound("contract_unknown"), the same for a contract of which the caller may call nothing."""
    contract = session.get(Contract, address)
    found = [rule for _, rule in rules_in_force(session, Contract.address == address)]
    rules = sorted((rule for rule in found if lets_in(rule, principal)), key=lambda rule: rule.selector)
    if contract is None or not rules:
        raise NotFound("contract_unknown", "there is no such contract, or none of its functions is open to you")
    return CallableContract(contract, rules, _about(contract.abi, {rule.selector for rule in rules}))


def lets_in(rule: FunctionRule, principal: Principal) -> bool:
    """Is there a call of the function that the rule allows the caller? Argument restrictions can always be met."""
    kind = RuleType(rule.rule_type)
    if not principal.wallets or kind is RuleType.FORBIDDEN or not rule.applies_at(clock.now()):
        return False
    if not kind.needs_roles or kind is RuleType.CHECK_ROLE_OR_RESTRICT_ARGUMENT:
        return True
    return any(role.policy_id in principal.roles for role in rule.roles)


def _about(abi: Abi, selectors: set[bytes]) -> Abi:
    return [entry for entry in abi if _concerns(entry, selectors)]


def _concerns(entry: dict[str, object], selectors: set[bytes]) -> bool:
    kind = entry.get("type", "function")
    if kind == "function":
        return functions([entry])[0].selector in selectors
    if kind in ("receive", "fallback"):
        return b"" in selectors
    return kind == "error"
