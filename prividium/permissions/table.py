"""Compiles what the database says about people and rules to the entries of the policy table."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from prividium.identity.models import User
from prividium.permissions.models import FunctionRule
from prividium.permissions.rules import AccessType, CallRule, RuleType, WalletGrant
from prividium.types import Address, RoleId, Selector


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
    for row in session.scalars(select(FunctionRule).options(selectinload(FunctionRule.roles))):
        access: AccessType = "write" if row.access == "write" else "read"
        yield CallRule(
            contract=Address(row.contract_address),
            selector=Selector(row.selector),
            rule_type=RuleType(row.rule_type),
            access=access,
            roles=frozenset(RoleId(role.policy_id) for role in row.roles),
            word_offsets=tuple(row.word_offsets),
            is_umbrella=row.is_umbrella,
        )
