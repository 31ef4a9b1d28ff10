"""/api/contracts."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, JsonValue
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.permissions import contracts
from prividium.permissions.abi import ENTRIES_MAX, Abi
from prividium.permissions.models import Contract
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import AddressIn, Answer, Body, Page, address_text, page_of, time_text
from prividium.types import Address, parse_address

router = APIRouter(prefix="/contracts", tags=["contracts"])


class ContractBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=128)]
    abi: Annotated[list[dict[str, JsonValue]], Field(max_length=ENTRIES_MAX)]
    owner: str | None = None
    """Id of the user who answers for the contract."""


class NewContractBody(ContractBody):
    contract_address: AddressIn


class ContractAnswer(Answer):
    contract_address: str
    name: str
    abi: list[dict[str, object]]
    owner: str | None
    created_at: str
    updated_at: str


def _show(contract: Contract) -> ContractAnswer:
    return ContractAnswer(
        contract_address=address_text(contract.address),
        name=contract.name,
        abi=contract.abi,
        owner=contract.owner_user_id,
        created_at=time_text(contract.created_at),
        updated_at=time_text(contract.updated_at),
    )


def _abi(body: ContractBody) -> Abi:
    return [dict(entry) for entry in body.abi]


@router.get("")
def list_contracts(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[ContractAnswer]:
    return page_of(session, select(Contract).order_by(Contract.created_at, Contract.address), query, _show)


@router.get("/{address}")
def get_contract(address: str, _reader: AdminReader, session: ReadSession) -> ContractAnswer:
    return _show(contracts.find_contract(session, parse_address(address)))


@router.post("", status_code=201)
def register(body: NewContractBody, journal: AdminJournal) -> ContractAnswer:
    """Make a contract known. Nobody may call it before a rule says so."""
    contract = contracts.register(journal.session, Address(body.contract_address), body.name, _abi(body), body.owner)
    journal.note("contract.register", address_text(contract.address), {"name": contract.name})
    return _show(contract)


@router.put("/{address}")
def change(address: str, body: ContractBody, journal: AdminJournal) -> ContractAnswer:
    contract = contracts.change(journal.session, parse_address(address), body.name, _abi(body), body.owner)
    journal.note("contract.change", address_text(contract.address), {"name": contract.name})
    return _show(contract)


@router.delete("/{address}", status_code=204)
def remove(address: str, journal: AdminJournal) -> None:
    contract = contracts.remove(journal.session, parse_address(address))
    journal.note("contract.remove", address_text(contract.address), {"name": contract.name})
