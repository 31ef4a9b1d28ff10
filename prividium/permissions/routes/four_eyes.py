"""/api/four-eyes: what only two administrators together may change."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, model_validator
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.permissions import contracts, four_eyes, roles, templates
from prividium.permissions.approval_models import FourEyesMark
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import AddressIn, Answer, Body, Page, page_of, time_text
from prividium.types import Address, Selector, from_hex

router = APIRouter(prefix="/four-eyes", tags=["four-eyes"])


class MarkBody(Body):
    """A contract with all its rules, one function of it, a template, or a role."""

    contract_address: AddressIn | None = None
    method_selector: Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{8})?$")] | None = None
    template_id: Annotated[str, Field(min_length=1, max_length=21)] | None = None
    role_id: Annotated[str, Field(min_length=1, max_length=21)] | None = None

    @model_validator(mode="after")
    def _one_subject(self) -> "MarkBody":
        if sum(value is not None for value in (self.contract_address, self.template_id, self.role_id)) != 1:
            raise ValueError("name one of contractAddress, templateId and roleId")
        if self.method_selector is not None and self.contract_address is None:
            raise ValueError("methodSelector needs contractAddress")
        return self


class MarkAnswer(Answer):
    id: str
    subject: str
    """`contract:0x…`, `function:0x…:0x…`, `template:…` or `role:…`."""
    created_by: str
    created_at: str


def _show(mark: FourEyesMark) -> MarkAnswer:
    return MarkAnswer(
        id=mark.id, subject=mark.subject, created_by=mark.created_by, created_at=time_text(mark.created_at)
    )


@router.get("")
def list_marks(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[MarkAnswer]:
    return page_of(session, select(FourEyesMark).order_by(FourEyesMark.subject), query, _show)


@router.post("", status_code=201)
def add_mark(body: MarkBody, journal: AdminJournal) -> MarkAnswer:
    """From now on changes of it need two administrators."""
    contract = None if body.contract_address is None else Address(body.contract_address)
    selector = None if body.method_selector is None else Selector(from_hex(body.method_selector))
    if contract is not None:
        contracts.find_contract(journal.session, contract)
    elif body.template_id is not None:
        templates.find_template(journal.session, body.template_id)
    else:
        roles.find_role(journal.session, body.role_id or "")
    subject = four_eyes.subject_of(contract, selector, body.template_id, body.role_id)
    mark = four_eyes.add_mark(journal.session, subject, journal.author_id)
    journal.note("four_eyes.add", subject)
    return _show(mark)


@router.delete("/{mark_id}", status_code=204)
def remove_mark(mark_id: str, journal: AdminJournal) -> None:
    """Always needs a second administrator itself."""
    mark = four_eyes.remove_mark(journal.session, mark_id)
    journal.note("four_eyes.remove", mark.subject)
