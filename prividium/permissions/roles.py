"""Roles, and who holds them."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, InvalidInput, NotFound
from prividium.identity.machine_models import MACHINE_SOURCE
from prividium.identity.models import ASSIGNED, Role, User, UserRole
from prividium.identity.users import settle_access
from prividium.permissions.models import EventRuleRole, FunctionRuleRole, PolicyState
from prividium.permissions.rules import SYSTEM_PERMISSIONS

ADMIN_WRITE = "admin_write"


def find_role(session: Session, role_id: str) -> Role:
    """Raises NotFound("role_unknown")."""
    role = session.get(Role, role_id)
    if role is None:
        raise NotFound("role_unknown", "there is no such role")
    return role


def find_roles(session: Session, role_ids: Collection[str]) -> list[Role]:
    """In the order of their numbers; raises InvalidInput("role_unknown") if one does not exist."""
    wanted = set(role_ids)
    found = list(session.scalars(select(Role).where(Role.id.in_(wanted)).order_by(Role.policy_id)))
    if len(found) != len(wanted):
        raise InvalidInput("role_unknown", "one of the roles does not exist")
    return found


def create_role(session: Session, name: str, permissions: Sequence[str]) -> Role:
    """Raises InvalidInput("system_permission_unknown") and Conflict("role_exists")."""
    state = session.get_one(PolicyState, 1, with_for_update=True)
    _check_new_name(session, name)
    now = clock.now()
    role = Role(
        id=clock.new_id(),
        policy_id=state.next_role_policy_id,
        name=name,
        system_permissions=_checked(permissions),
        is_system=False,
        created_at=now,
        updated_at=now,
    )
    state.next_role_policy_id += 1
    session.add(role)
    session.flush()
    return role


def change_role(session: Session, role_id: str, name: str, permissions: Sequence[str]) -> Role:
    """Raises Conflict("role_is_system" or "last_administrator") besides what `create_role` raises."""
    role = find_role(session, role_id)
    if role.is_system:
        raise Conflict("role_is_system", "the built-in roles cannot be changed; make a role of your own")
    if name != role.name:
        _check_new_name(session, name)
    role.name, role.system_permissions, role.updated_at = name, _checked(permissions), clock.now()
    session.flush()
    _keep_an_administrator(session)
    return role


def delete_role(session: Session, role_id: str) -> Role:
    """Raises Conflict("role_is_system" or "role_in_use")."""
    role = find_role(session, role_id)
    if role.is_system:
        raise Conflict("role_is_system", "the built-in roles cannot be deleted")
    for link in (UserRole, FunctionRuleRole, EventRuleRole):
        if session.scalar(select(exists().where(link.role_id == role_id))):
            raise Conflict("role_in_use", "users or rules refer to this role; change them first")
    session.delete(role)
    session.flush()
    return role


def find_user(session: Session, user_id: str) -> User:
    """Raises NotFound("user_unknown"), also for a machine."""
    user = session.get(User, user_id)
    if user is None or user.source == MACHINE_SOURCE:
        raise NotFound("user_unknown", "there is no such user")
    return user


def assign_roles(session: Session, user_id: str, role_ids: Collection[str]) -> User:
    """The user holds exactly these roles afterwards; raises Conflict("last_administrator")."""
    session.get_one(PolicyState, 1, with_for_update=True)
    user = find_user(session, user_id)
    user.updated_at = clock.now()
    give_roles(session, user, find_roles(session, role_ids))
    _keep_an_administrator(session)
    return user


def give_roles(session: Session, user: User, roles: Collection[Role]) -> None:
    """The user holds exactly these roles afterwards: those held already keep their sources, the others are assigned."""
    wanted = {role.id for role in roles}
    of_user = UserRole.user_id == user.id
    held = {link.role_id: link for link in session.scalars(select(UserRole).where(of_user))}
    # Row by row: `four_eyes.Touched` sees what goes as well as what comes.
    for role_id in sorted(held.keys() - wanted):
        session.delete(held[role_id])
    session.add_all(
        UserRole(user_id=user.id, role_id=role_id, source=ASSIGNED) for role_id in sorted(wanted - held.keys())
    )
    session.flush()
    session.expire(user, ["roles", "role_links"])


def set_disabled(session: Session, user_id: str, disabled: bool) -> User:
    """A disabled user has no session, no wallet in the policy and cannot sign in.

    Raises Conflict("last_administrator", "user_deprovisioned").
    """
    session.get_one(PolicyState, 1, with_for_update=True)
    user = find_user(session, user_id)
    if user.deprovisioned and not disabled:
        raise Conflict("user_deprovisioned", "the directory has taken this user's access away; give it back there")
    user.suspended, user.updated_at = disabled, clock.now()
    settle_access(user)
    session.flush()
    _keep_an_administrator(session)
    return user


@contextmanager
def keeping_an_administrator(session: Session) -> Iterator[None]:
    """Whoever of the administrators a change takes away, one is left; raises Conflict("last_administrator")."""
    session.get_one(PolicyState, 1, with_for_update=True)
    before = _has_an_administrator(session)
    yield
    if before:
        _keep_an_administrator(session)


def _keep_an_administrator(session: Session) -> None:
    if not _has_an_administrator(session):
        raise Conflict("last_administrator", "nobody would be left to administer; make somebody an administrator first")


def _has_an_administrator(session: Session) -> bool:
    session.flush()
    holders = session.scalars(
        select(Role)
        .join(UserRole, UserRole.role_id == Role.id)
        .join(User, User.id == UserRole.user_id)
        .where(User.disabled.is_(False), User.source != MACHINE_SOURCE)
    )
    return any(ADMIN_WRITE in role.system_permissions for role in holders)


def _check_new_name(session: Session, name: str) -> None:
    if session.scalar(select(exists().where(Role.name == name))):
        raise Conflict("role_exists", "a role of this name exists already")


def _checked(permissions: Sequence[str]) -> list[str]:
    unknown = set(permissions) - set(SYSTEM_PERMISSIONS)
    if unknown:
        raise InvalidInput("system_permission_unknown", f"system permissions are {', '.join(SYSTEM_PERMISSIONS)}")
    return sorted(set(permissions))
