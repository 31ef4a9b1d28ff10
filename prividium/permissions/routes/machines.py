"""/api/m2m-applications: machines, their networks and wallets. Paths and names are Prividium's."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity import wallets
from prividium.identity.caller import AdminReader, TheIdentity
from prividium.identity.machine_models import AllowedNetwork, Machine
from prividium.identity.models import User
from prividium.identity.profile import RoleAnswer, WalletAnswer, show_role, show_wallet
from prividium.permissions import machines
from prividium.permissions.routes.journal import AdminJournal, RoleRef, ThePage
from prividium.rest import AddressIn, Answer, Body, Page, address_text, page_of, time_text
from prividium.types import Address, UserId, parse_address

router = APIRouter(prefix="/m2m-applications", tags=["machines"])


class MachineBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=512)] = ""
    roles: list[RoleRef] = Field(default_factory=list, max_length=64)


class StateBody(Body):
    disabled: bool


class NetworkBody(Body):
    ip_address: Annotated[str, Field(min_length=2, max_length=64)]
    """An address or a network in CIDR notation, at least /16 (IPv4) or /32 (IPv6)."""
    description: Annotated[str, Field(max_length=256)] = ""


class WalletBody(Body):
    wallet_address: AddressIn


class MachineAnswer(Answer):
    id: str
    name: str
    description: str
    disabled: bool
    roles: list[RoleAnswer]
    wallets: list[WalletAnswer]
    created_at: str
    updated_at: str


class NetworkAnswer(Answer):
    id: str
    ip_address: str
    description: str
    is_overbroad: bool = False
    """Always false: too wide a network is refused."""
    created_at: str


def _show(machine: Machine) -> MachineAnswer:
    user = machine.user
    return MachineAnswer(
        id=user.id,
        name=user.display_name,
        description=machine.description,
        disabled=user.disabled,
        roles=[show_role(role) for role in user.roles],
        wallets=[show_wallet(wallet) for wallet in user.wallets],
        created_at=time_text(user.created_at),
        updated_at=time_text(user.updated_at),
    )


def _show_network(row: AllowedNetwork) -> NetworkAnswer:
    return NetworkAnswer(
        id=row.id, ip_address=row.network, description=row.description, created_at=time_text(row.created_at)
    )


def _details(machine: Machine) -> dict[str, str]:
    return {"name": machine.user.display_name, "roles": " ".join(role.name for role in machine.user.roles)}


@router.get("")
def list_machines(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[MachineAnswer]:
    statement = select(Machine).join(User, User.id == Machine.user_id).order_by(User.created_at, User.id)
    return page_of(session, statement, query, _show)


@router.post("", status_code=201)
def create(body: MachineBody, journal: AdminJournal) -> MachineAnswer:
    """A machine without a network and a key cannot call: add both."""
    roles = [role.id for role in body.roles]
    machine = machines.create(journal.session, body.name, body.description, roles)
    journal.note("machine.create", machine.user_id, _details(machine))
    return _show(machine)


@router.get("/{machine_id}")
def get(machine_id: str, _reader: AdminReader, session: ReadSession) -> MachineAnswer:
    return _show(machines.find(session, machine_id))


@router.put("/{machine_id}")
def change(machine_id: str, body: MachineBody, journal: AdminJournal) -> MachineAnswer:
    """Name, description and roles are these afterwards."""
    roles = [role.id for role in body.roles]
    machine = machines.change(journal.session, machine_id, body.name, body.description, roles)
    journal.note("machine.change", machine.user_id, _details(machine))
    return _show(machine)


@router.patch("/{machine_id}")
def change_state(machine_id: str, body: StateBody, journal: AdminJournal) -> MachineAnswer:
    """Disabling ends every token at once, refuses every key and takes the machine's wallets out of the policy."""
    machine = machines.set_disabled(journal.session, machine_id, body.disabled)
    journal.note("machine.disable" if body.disabled else "machine.enable", machine.user_id)
    return _show(machine)


@router.delete("/{machine_id}", status_code=204)
def delete(machine_id: str, journal: AdminJournal) -> None:
    machines.delete(journal.session, machine_id)
    journal.note("machine.delete", machine_id)


@router.get("/{machine_id}/ip-whitelist")
def list_networks(machine_id: str, _reader: AdminReader, session: ReadSession, query: ThePage) -> Page[NetworkAnswer]:
    machines.find(session, machine_id)
    mine = select(AllowedNetwork).where(AllowedNetwork.user_id == machine_id)
    return page_of(session, mine.order_by(AllowedNetwork.created_at, AllowedNetwork.id), query, _show_network)


@router.post("/{machine_id}/ip-whitelist", status_code=201)
def allow_network(machine_id: str, body: NetworkBody, journal: AdminJournal) -> NetworkAnswer:
    machines.find(journal.session, machine_id)
    row = machines.allow_network(journal.session, machine_id, body.ip_address, body.description)
    journal.note("machine.network.allow", machine_id, {"network": row.network})
    return _show_network(row)


@router.delete("/{machine_id}/ip-whitelist/{network_id}", status_code=204)
def remove_network(machine_id: str, network_id: str, journal: AdminJournal) -> None:
    row = machines.remove_network(journal.session, machine_id, network_id)
    journal.note("machine.network.remove", machine_id, {"network": row.network})


@router.post("/{machine_id}/wallets", status_code=201)
def link_wallet(machine_id: str, body: WalletBody, journal: AdminJournal, identity: TheIdentity) -> MachineAnswer:
    """Give the machine a wallet on the administrator's word; the machine can also prove one itself (EIP-4361)."""
    machine = machines.find(journal.session, machine_id)
    limit = identity.settings.wallets_per_user_max
    wallets.link(journal.session, UserId(machine_id), Address(body.wallet_address), limit)
    journal.note("machine.wallet.link", machine_id, {"wallet": address_text(body.wallet_address)})
    journal.session.refresh(machine.user)
    return _show(machine)


@router.delete("/{machine_id}/wallets/{address}", status_code=204)
def unlink_wallet(machine_id: str, address: str, journal: AdminJournal) -> None:
    machines.find(journal.session, machine_id)
    wallets.unlink(journal.session, UserId(machine_id), parse_address(address))
    journal.note("machine.wallet.unlink", machine_id, {"wallet": address.lower()})
