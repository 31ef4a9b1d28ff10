"""/api/contracts."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, JsonValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium.db.edge import ReadSession
from prividium.errors import Conflict, InvalidInput
from prividium.identity.caller import AdminReader
from prividium.permissions import contracts, templates
from prividium.permissions.abi import ENTRIES_MAX, Abi
from prividium.permissions.models import Contract
from prividium.permissions.routes.chain import ledger_of
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import AddressIn, Answer, Body, Page, address_text, page_of, time_text
from prividium.types import Address, parse_address

router = APIRouter(prefix="/contracts", tags=["contracts"])


class ContractBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=128)]
    abi: Annotated[list[dict[str, JsonValue]], Field(max_length=ENTRIES_MAX)] | None = None
    """May be left out with a template, whose ABI it then is."""
    owner: str | None = None
    """Id of the user who answers for the contract."""
    template_id: Annotated[str, Field(max_length=21)] | None = None
    """Its rules count for every function that has no rule of the contract's own."""


class NewContractBody(ContractBody):
    contract_address: AddressIn
    awaiting_deployment: bool = False
    """There is no code at the address yet. Whoever deploys there first decides what the rules are about."""


class ContractAnswer(Answer):
    contract_address: str
    name: str
    abi: list[dict[str, object]]
    owner: str | None
    template_id: str | None
    created_at: str
    updated_at: str


def _show(contract: Contract) -> ContractAnswer:
    return ContractAnswer(
        contract_address=address_text(contract.address),
        name=contract.name,
        abi=contract.abi,
        owner=contract.owner_user_id,
        template_id=contract.template_id,
        created_at=time_text(contract.created_at),
        updated_at=time_text(contract.updated_at),
    )


def _abi(session: Session, body: ContractBody) -> Abi:
    if body.abi is not None:
        return [dict(entry) for entry in body.abi]
    if body.template_id is None:
        raise InvalidInput("abi_missing", "give the contract's ABI, or a template to take it from")
    return templates.find_template(session, body.template_id).abi


def _details(contract: Contract) -> dict[str, str]:
    return {"name": contract.name, "template": contract.template_id or ""}


@router.get("")
def list_contracts(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[ContractAnswer]:
    return page_of(session, select(Contract).order_by(Contract.created_at, Contract.address), query, _show)


@router.get("/by-template/{template_id}")
def list_by_template(
    template_id: str, _reader: AdminReader, session: ReadSession, query: ThePage
) -> Page[ContractAnswer]:
    templates.find_template(session, template_id)
    of_template = select(Contract).where(Contract.template_id == template_id)
    return page_of(session, of_template.order_by(Contract.created_at, Contract.address), query, _show)


@router.get("/{address}")
def get_contract(address: str, _reader: AdminReader, session: ReadSession) -> ContractAnswer:
    return _show(contracts.find_contract(session, parse_address(address)))


@router.post("", status_code=201)
def register(body: NewContractBody, journal: AdminJournal, request: Request) -> ContractAnswer:
    """Make a contract known. Nobody may call it before a rule says so, its own or its template's."""
    abi, address = _abi(journal.session, body), Address(body.contract_address)
    if not body.awaiting_deployment and not ledger_of(request).code(address):
        raise Conflict(
            "contract_not_deployed", "there is no code at this address: deploy first, or say awaitingDeployment"
        )
    contract = contracts.register(journal.session, address, body.name, abi, body.owner, body.template_id)
    journal.note("contract.register", address_text(contract.address), _details(contract))
    return _show(contract)


@router.put("/{address}")
def change(address: str, body: ContractBody, journal: AdminJournal) -> ContractAnswer:
    abi = _abi(journal.session, body)
    contract = contracts.change(journal.session, parse_address(address), body.name, abi, body.owner, body.template_id)
    journal.note("contract.change", address_text(contract.address), _details(contract))
    return _show(contract)


@router.delete("/{address}", status_code=204)
def remove(address: str, journal: AdminJournal) -> None:
    contract = contracts.remove(journal.session, parse_address(address))
    journal.note("contract.remove", address_text(contract.address), _details(contract))
