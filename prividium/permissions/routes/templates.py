"""/api/templates: ABIs with rules that contracts take over."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field, JsonValue
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.permissions import templates
from prividium.permissions.abi import ENTRIES_MAX, Abi
from prividium.permissions.models import ContractTemplate
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import Answer, Body, Page, page_of, time_text

router = APIRouter(prefix="/templates", tags=["templates"])


class TemplateBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=128)]
    abi: Annotated[list[dict[str, JsonValue]], Field(max_length=ENTRIES_MAX)]


class TemplateAnswer(Answer):
    id: str
    name: str
    abi: list[dict[str, object]]
    is_shipped: bool
    """It came with the node: its rules can be changed, it cannot be deleted."""
    created_at: str
    updated_at: str


def _show(template: ContractTemplate) -> TemplateAnswer:
    return TemplateAnswer(
        id=template.id,
        name=template.name,
        abi=template.abi,
        is_shipped=template.is_shipped,
        created_at=time_text(template.created_at),
        updated_at=time_text(template.updated_at),
    )


@router.get("")
def list_templates(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[TemplateAnswer]:
    return page_of(session, select(ContractTemplate).order_by(ContractTemplate.name), query, _show)


@router.get("/{template_id}")
def get_template(template_id: str, _reader: AdminReader, session: ReadSession) -> TemplateAnswer:
    return _show(templates.find_template(session, template_id))


@router.post("", status_code=201)
def create_template(body: TemplateBody, journal: AdminJournal) -> TemplateAnswer:
    template = templates.create_template(journal.session, body.name, [dict(entry) for entry in body.abi])
    journal.note("template.create", template.id, {"name": template.name})
    return _show(template)


@router.put("/{template_id}")
def change_template(template_id: str, body: TemplateBody, journal: AdminJournal) -> TemplateAnswer:
    abi: Abi = [dict(entry) for entry in body.abi]
    template = templates.change_template(journal.session, template_id, body.name, abi)
    journal.note("template.change", template.id, {"name": template.name})
    return _show(template)


@router.delete("/{template_id}", status_code=204)
def delete_template(template_id: str, journal: AdminJournal) -> None:
    template = templates.delete_template(journal.session, template_id)
    journal.note("template.delete", template_id, {"name": template.name})
