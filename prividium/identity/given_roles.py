"""Roles that somebody else than an administrator gives: the identity provider's role claim, or its directory.

Each source gives and takes its own; what another source gave is left alone. Nobody is kept from losing the last
administrator's role by the claim, since the provider has the say.
"""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from prividium.identity.models import Role, UserRole


@dataclass(frozen=True)
class RoleChange:
    """Names of roles, sorted."""

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    unknown: tuple[str, ...]
    """Granted by the settings, but there is no such role."""


def apply_given_roles(session: Session, user_id: str, granted: Collection[str], source: str) -> RoleChange:
    """`granted`: names of the roles that `source` gives now."""
    wanted = {role.id: role.name for role in session.scalars(select(Role).where(Role.name.in_(granted)))}
    mine = (UserRole.user_id == user_id, UserRole.source == source)
    held = set(session.scalars(select(UserRole.role_id).where(*mine)))
    gained, lost = wanted.keys() - held, held - wanted.keys()
    lost_names = session.scalars(select(Role.name).where(Role.id.in_(lost)).order_by(Role.name)).all()
    if lost:
        session.execute(delete(UserRole).where(*mine, UserRole.role_id.in_(lost)))
    session.add_all(UserRole(user_id=user_id, role_id=role_id, source=source) for role_id in sorted(gained))
    session.flush()
    return RoleChange(
        gained=tuple(sorted(wanted[role_id] for role_id in gained)),
        lost=tuple(lost_names),
        unknown=tuple(sorted(set(granted) - set(wanted.values()))),
    )
