"""Roles, and who holds them."""

from collections.abc import Collection, Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, InvalidInput, NotFound
from prividium.identity.machine_models import MACHINE_SOURCE
from prividium.identity.models import Role, User, UserRole
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
    user.roles, user.updated_at = find_roles(session, role_ids), clock.now()
    session.flush()
    _keep_an_administrator(session)
    return user


def set_disabled(session: Session, user_id: str, disabled: bool) -> User:
    """A disabled user has no session, no wallet in the policy and cannot sign in."""
    session.get_one(PolicyState, 1, with_for_update=True)
    user = find_user(session, user_id)
    user.disabled, user.updated_at = disabled, clock.now()
    session.flush()
    _keep_an_administrator(session)
    return user


def _keep_an_administrator(session: Session) -> None:
    holders = session.scalars(
        select(Role)
        .join(UserRole, UserRole.role_id == Role.id)
        .join(User, User.id == UserRole.user_id)
        .where(User.disabled.is_(False), User.source != MACHINE_SOURCE)
    )
    if not any(ADMIN_WRITE in role.system_permissions for role in holders):
        raise Conflict("last_administrator", "nobody would be left to administer; make somebody an administrator first")


def _check_new_name(session: Session, name: str) -> None:
    if session.scalar(select(exists().where(Role.name == name))):
        raise Conflict("role_exists", "a role of this name exists already")


def _checked(permissions: Sequence[str]) -> list[str]:
    unknown = set(permissions) - set(SYSTEM_PERMISSIONS)
    if unknown:
        raise InvalidInput("system_permission_unknown", f"system permissions are {', '.join(SYSTEM_PERMISSIONS)}")
    return sorted(set(permissions))
