"""/api/roles."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.identity.models import Role
from prividium.identity.profile import RoleAnswer, show_role
from prividium.permissions import roles
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import Body, Page, page_of

router = APIRouter(prefix="/roles", tags=["roles"])


class RoleBody(Body):
    role_name: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w .:-]+$")]
    system_permissions: list[str] = Field(default_factory=list, max_length=64)


def _details(role: Role) -> dict[str, str]:
    return {"name": role.name, "systemPermissions": " ".join(role.system_permissions)}


@router.get("")
def list_roles(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[RoleAnswer]:
    return page_of(session, select(Role).order_by(Role.policy_id), query, show_role)


@router.get("/{role_id}")
def get_role(role_id: str, _reader: AdminReader, session: ReadSession) -> RoleAnswer:
    return show_role(roles.find_role(session, role_id))


@router.post("", status_code=201)
def create_role(body: RoleBody, journal: AdminJournal) -> RoleAnswer:
    role = roles.create_role(journal.session, body.role_name, body.system_permissions)
    journal.note("role.create", role.id, _details(role))
    return show_role(role)


@router.put("/{role_id}")
def change_role(role_id: str, body: RoleBody, journal: AdminJournal) -> RoleAnswer:
    role = roles.change_role(journal.session, role_id, body.role_name, body.system_permissions)
    journal.note("role.change", role.id, _details(role))
    return show_role(role)


@router.delete("/{role_id}", status_code=204)
def delete_role(role_id: str, journal: AdminJournal) -> None:
    role = roles.delete_role(journal.session, role_id)
    journal.note("role.delete", role_id, _details(role))
