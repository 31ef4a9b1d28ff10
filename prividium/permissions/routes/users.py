"""/api/users: who exists and which roles they hold. Users come into being by signing in."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from prividium.db.edge import ReadSession
from prividium.identity.caller import AdminReader
from prividium.identity.machine_models import MACHINE_SOURCE
from prividium.identity.models import User
from prividium.identity.profile import UserAnswer, show_user
from prividium.permissions import roles
from prividium.permissions.routes.journal import AdminJournal, RoleRef, ThePage
from prividium.rest import Body, Page, page_of

router = APIRouter(prefix="/users", tags=["users"])


class UserRolesBody(Body):
    roles: Annotated[list[RoleRef], Field(max_length=64)]


class UserBody(Body):
    disabled: bool


@router.get("")
def list_users(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[UserAnswer]:
    statement = select(User).where(User.source != MACHINE_SOURCE).order_by(User.created_at, User.id)
    loaded = (selectinload(User.roles), selectinload(User.role_links), selectinload(User.wallets))
    return page_of(session, statement.options(*loaded), query, show_user)


@router.get("/{user_id}")
def get_user(user_id: str, _reader: AdminReader, session: ReadSession) -> UserAnswer:
    return show_user(roles.find_user(session, user_id))


@router.put("/{user_id}/roles")
def assign_roles(user_id: str, body: UserRolesBody, journal: AdminJournal) -> UserAnswer:
    """The user holds exactly these roles afterwards; one that the identity provider gave stays one of the provider."""
    user = roles.assign_roles(journal.session, user_id, [role.id for role in body.roles])
    journal.note("user.roles", user.id, {"roles": " ".join(role.name for role in user.roles)})
    return show_user(user)


@router.patch("/{user_id}")
def change_user(user_id: str, body: UserBody, journal: AdminJournal) -> UserAnswer:
    """Disabling ends every session at once and takes the user's wallets out of the policy."""
    user = roles.set_disabled(journal.session, user_id, body.disabled)
    journal.note("user.disable" if body.disabled else "user.enable", user.id)
    return show_user(user)
