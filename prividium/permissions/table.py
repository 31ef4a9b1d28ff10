"""Compiles what the database says about people and rules to the entries of the policy table."""

import hashlib
from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, selectinload

from prividium.identity.models import User
from prividium.permissions import condition_drafts
from prividium.permissions.abi import function_of
from prividium.permissions.conditions import Conditions
from prividium.permissions.models import Contract, FunctionRule
from prividium.permissions.rules import AccessType, CallRule, RuleType, WalletGrant
from prividium.types import Address, RoleId, Selector

_EVERY: Final[ColumnElement[bool]] = true()


def compile_entries(session: Session) -> list[tuple[bytes, bytes]]:
    """(key preimage, entry) in the order of the keys: the same rows make the same list, in whatever order they came."""
    rules = list(call_rules(session))
    are_limited = any(rule.conditions.limits for rule in rules)
    entries = [grant.entry() for grant in wallet_grants(session, are_limited)]
    entries += [rule.entry() for rule in rules]
    return sorted(entries)


def wallet_grants(session: Session, with_owner: bool) -> Iterator[WalletGrant]:
    """Every linked wallet of a user who is not disabled. Owners are named only where limits count them: they make the
    proof of each transaction longer.
    """
    users = session.scalars(
        select(User)
        .where(User.disabled.is_(False), User.wallets.any())
        .options(selectinload(User.wallets), selectinload(User.roles))
    )
    for user in users:
        roles = frozenset(RoleId(role.policy_id) for role in user.roles)
        may_deploy = any("contract_deployment" in role.system_permissions for role in user.roles)
        for wallet in user.wallets:
            yield WalletGrant(Address(wallet.address), roles, may_deploy, _owner(user.id) if with_owner else None)


def call_rules(session: Session) -> Iterator[CallRule]:
    for contract, row in rules_in_force(session):
        access: AccessType = "write" if row.access == "write" else "read"
        yield CallRule(
            contract=contract,
            selector=Selector(row.selector),
            rule_type=RuleType(row.rule_type),
            access=access,
            roles=frozenset(RoleId(role.policy_id) for role in row.roles),
            word_offsets=tuple(row.word_offsets),
            is_umbrella=row.is_umbrella,
            conditions=_conditions(row),
        )


def rules_in_force(session: Session, of: ColumnElement[bool] = _EVERY) -> list[tuple[Address, FunctionRule]]:
    """Contracts with their rules: their own, and those of their template for functions without one of their own.

    `of` says which contracts.
    """
    loaded = selectinload(FunctionRule.roles)
    own = select(Contract.address, FunctionRule).join(FunctionRule, FunctionRule.contract_address == Contract.address)
    taken = select(Contract.address, FunctionRule).join(FunctionRule, FunctionRule.template_id == Contract.template_id)
    found = {
        (Address(address), rule.selector): rule
        for statement in (taken, own)
        for address, rule in session.execute(statement.where(of).options(loaded))
    }
    return [(contract, rule) for (contract, _), rule in found.items()]


def _owner(user_id: str) -> bytes:
    """The same for all wallets that a user has now or later, so that nobody begins anew with another one."""
    return hashlib.sha256(user_id.encode()).digest()[:16]


def _conditions(row: FunctionRule) -> Conditions:
    return condition_drafts.of_rule(row).compile(function_of(row.signature) if row.selector else None)
