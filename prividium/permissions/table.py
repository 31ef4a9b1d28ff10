"""Compiles what the database says about people and rules to the entries of the policy table."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session, selectinload

from prividium.identity.models import User
from prividium.permissions.models import Contract, FunctionRule
from prividium.permissions.rules import AccessType, CallRule, RuleType, WalletGrant
from prividium.types import Address, RoleId, Selector

_EVERY: Final[ColumnElement[bool]] = true()


def compile_entries(session: Session) -> list[tuple[bytes, bytes]]:
    """(key preimage, entry) in the order of the keys: the same rows make the same list, in whatever order they came."""
    entries = [grant.entry() for grant in wallet_grants(session)]
    entries += [rule.entry() for rule in call_rules(session)]
    return sorted(entries)


def wallet_grants(session: Session) -> Iterator[WalletGrant]:
    """Every linked wallet of a user who is not disabled."""
    users = session.scalars(
        select(User)
        .where(User.disabled.is_(False), User.wallets.any())
        .options(selectinload(User.wallets), selectinload(User.roles))
    )
    for user in users:
        roles = frozenset(RoleId(role.policy_id) for role in user.roles)
        may_deploy = any("contract_deployment" in role.system_permissions for role in user.roles)
        for wallet in user.wallets:
            yield WalletGrant(Address(wallet.address), roles, may_deploy)


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
