"""Machines: programs that call by themselves, with roles and wallets like a person."""

from collections.abc import Collection

from sqlalchemy import delete as sql_delete
from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import Conflict, InvalidInput, NotFound
from prividium.identity import sessions
from prividium.identity.machine_models import MACHINE_ISSUER, MACHINE_SOURCE, AllowedNetwork, Machine
from prividium.identity.models import Role, User
from prividium.identity.networks import parse_network
from prividium.identity.subject import PEOPLE_ONLY
from prividium.identity.users import settle_access
from prividium.permissions.models import PolicyState
from prividium.permissions.roles import find_roles, give_roles

NETWORKS_MAX = 64


def create(session: Session, name: str, description: str, role_ids: Collection[str]) -> Machine:
    """Raises InvalidInput("role_unknown", "machine_may_not_administer")."""
    session.get_one(PolicyState, 1, with_for_update=True)
    now = clock.now()
    machine_id = clock.new_id()
    user = User(
        id=machine_id,
        issuer=MACHINE_ISSUER,
        subject=machine_id,
        source=MACHINE_SOURCE,
        display_name=name,
        disabled=False,
        created_at=now,
        updated_at=now,
    )
    roles = _checked_roles(session, role_ids)
    machine = Machine(user_id=machine_id, description=description, user=user)
    session.add(machine)
    session.flush()
    give_roles(session, user, roles)
    return machine


def find(session: Session, machine_id: str) -> Machine:
    """Raises NotFound("machine_unknown"), also for the id of a person."""
    found = session.get(Machine, machine_id)
    if found is None:
        raise NotFound("machine_unknown", "there is no such machine")
    return found


def change(session: Session, machine_id: str, name: str, description: str, role_ids: Collection[str]) -> Machine:
    """Raises what `create` and `find` raise."""
    session.get_one(PolicyState, 1, with_for_update=True)
    machine = find(session, machine_id)
    machine.description = description
    machine.user.display_name, machine.user.updated_at = name, clock.now()
    give_roles(session, machine.user, _checked_roles(session, role_ids))
    return machine


def set_disabled(session: Session, machine_id: str, disabled: bool) -> Machine:
    """A disabled machine has no valid key or token and no wallet in the policy; its tokens do not come back."""
    session.get_one(PolicyState, 1, with_for_update=True)
    machine = find(session, machine_id)
    machine.user.suspended, machine.user.updated_at = disabled, clock.now()
    settle_access(machine.user)
    if disabled:
        sessions.revoke_all(session, machine_id)
    session.flush()
    return machine


def delete(session: Session, machine_id: str) -> None:
    """Keys, tokens, wallets and networks go with it."""
    session.get_one(PolicyState, 1, with_for_update=True)
    find(session, machine_id)
    # The rows that refer to the user go by the database's own cascade.
    session.execute(sql_delete(User).where(User.id == machine_id))


def networks(session: Session, machine_id: str) -> list[AllowedNetwork]:
    ordered = (AllowedNetwork.created_at, AllowedNetwork.id)
    return list(session.scalars(select(AllowedNetwork).where(AllowedNetwork.user_id == machine_id).order_by(*ordered)))


def allow_network(session: Session, machine_id: str, text: str, description: str) -> AllowedNetwork:
    """Raises InvalidInput("network_invalid", "network_too_wide"), Conflict("network_exists", "too_many_networks")."""
    network = parse_network(text)
    session.get_one(User, machine_id, with_for_update=True)
    known = networks(session, machine_id)
    if any(row.network == network for row in known):
        raise Conflict("network_exists", "this network is allowed already")
    if len(known) >= NETWORKS_MAX:
        raise Conflict("too_many_networks", f"a machine has at most {NETWORKS_MAX} networks; remove one first")
    row = AllowedNetwork(
        id=clock.new_id(), user_id=machine_id, network=network, description=description, created_at=clock.now()
    )
    session.add(row)
    session.flush()
    return row


def remove_network(session: Session, machine_id: str, network_id: str) -> AllowedNetwork:
    """Raises NotFound("network_unknown")."""
    row = session.get(AllowedNetwork, network_id)
    if row is None or row.user_id != machine_id:
        raise NotFound("network_unknown", "this machine has no such network")
    session.delete(row)
    session.flush()
    return row


def _checked_roles(session: Session, role_ids: Collection[str]) -> list[Role]:
    roles = find_roles(session, role_ids)
    if any(PEOPLE_ONLY & set(role.system_permissions) for role in roles):
        raise InvalidInput(
            "machine_may_not_administer", "a machine cannot hold a role with admin_write: people change the policy"
        )
    return roles
