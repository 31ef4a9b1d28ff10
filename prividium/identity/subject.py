"""From the rows of a credential to the Principal who holds it: the same for sessions and API keys."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from prividium.client_settings import ADMIN_PANEL
from prividium.errors import Unauthorized
from prividium.identity.machine_models import MACHINE_SOURCE, AllowedNetwork
from prividium.identity.models import Role, User, UserRole, Wallet
from prividium.identity.networks import lies_in
from prividium.identity.principal import Principal
from prividium.types import Address, RoleId, UserId

SUBJECT_COLUMNS: Final = (
    User.id.label("user_id"),
    User.display_name,
    User.disabled,
    User.source,
    Wallet.address,
)
"""Selected beside a credential, one row a wallet."""
PEOPLE_ONLY: Final = frozenset({"admin_write"})
"""Changes of the policy are made by people, who can confirm them with a passkey; by themselves or in the built-in
administration panel, not by an application that they let act for them."""
_ROLES = (
    select(Role.policy_id, Role.system_permissions)
    .join(UserRole, UserRole.role_id == Role.id)
    .where(UserRole.user_id == bindparam("user_id"))
)
_NETWORKS = select(AllowedNetwork.network).where(AllowedNetwork.user_id == bindparam("user_id"))


@dataclass(frozen=True)
class Bearer:
    """What a credential adds to its subject."""

    session_id: str = ""
    client_id: str | None = None


class ForeignNetwork(Unauthorized):
    """A machine's credential is genuine but comes from elsewhere; outwardly it looks like one that does not exist."""

    def __init__(self, code: str, message: str, user_id: str) -> None:
        super().__init__(code, message)
        self.user_id = user_id


def principal_of(
    connection: Connection, rows: Sequence[Row[*tuple[Any, ...]]], bearer: Bearer, address: str, refused: Unauthorized
) -> Principal:
    """Who holds the credential that `rows` belong to. `address`: where the request came from.

    Raises `refused` for a disabled subject and ForeignNetwork, with the same words, for a machine that calls from a
    network that it is not allowed to call from.
    """
    subject = rows[0]
    if subject.disabled:
        raise refused
    is_machine = subject.source == MACHINE_SOURCE
    if is_machine and not lies_in(address, connection.scalars(_NETWORKS, {"user_id": subject.user_id})):
        raise ForeignNetwork(refused.code, refused.message, subject.user_id)
    roles = connection.execute(_ROLES, {"user_id": subject.user_id}).all()
    in_person = not is_machine and bearer.client_id in (None, ADMIN_PANEL)
    permissions = frozenset(name for role in roles for name in role.system_permissions)
    return Principal(
        user_id=UserId(subject.user_id),
        display_name=subject.display_name,
        session_id=bearer.session_id,
        client_id=bearer.client_id,
        wallets=frozenset(Address(row.address) for row in rows if row.address is not None),
        roles=frozenset(RoleId(role.policy_id) for role in roles),
        system_permissions=permissions if in_person else permissions - PEOPLE_ONLY,
        kind="machine" if is_machine else "user",
    )
