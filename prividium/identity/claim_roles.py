"""Roles that follow from the identity provider's role claim, brought up to date at each login.

A role that an administrator assigned is left alone. One that the claim gave is lost as soon as a login comes without
it, or the settings no longer map it; the last administrator is no exception, since the provider has the say.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from prividium.identity.models import FROM_CLAIM, Role, UserRole


@dataclass(frozen=True)
class RoleChange:
    """Names of roles, sorted."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    """Granted by the settings, but there is no such role."""


def apply_claim_roles(session: Session, user_id: str, granted: Collection[str]) -> RoleChange:
    """`granted`: names of roles that the claim gives now."""
    wanted = {role.id: role.name for role in session.scalars(select(Role).where(Role.name.in_(granted)))}
    held = {link.role_id: link.source for link in session.scalars(select(UserRole).where(UserRole.user_id == user_id))}
    gained = wanted.keys() - held.keys()
    lost = {role_id for role_id, source in held.items() if source == FROM_CLAIM} - wanted.keys()
    lost_names = session.scalars(select(Role.name).where(Role.id.in_(lost)).order_by(Role.name)).all()
    if lost:
        session.execute(delete(UserRole).where(UserRole.user_id == user_id, UserRole.role_id.in_(lost)))
    session.add_all(UserRole(user_id=user_id, role_id=role_id, source=FROM_CLAIM) for role_id in sorted(gained))
    session.flush()
    return RoleChange(
        gained=tuple(sorted(wanted[role_id] for role_id in gained)),
        lost=tuple(lost_names),
        unknown=tuple(sorted(set(granted) - set(wanted.values()))),
    )
