"""/api/admin/sessions: where a user is signed in, and ending it."""

from typing import Annotated

from fastapi import APIRouter, Query

from prividium.db.edge import ReadSession
from prividium.identity import sessions
from prividium.identity.caller import AdminReader
from prividium.identity.routes.my_sessions import ListedSession, session_fields
from prividium.permissions.routes.journal import AdminJournal
from prividium.rest import Answer

router = APIRouter(prefix="/admin/sessions", tags=["sessions"])

UserIdQuery = Annotated[str, Query(alias="userId", min_length=1, max_length=21)]


class AdminSession(ListedSession):
    user_id: str


class AdminSessions(Answer):
    items: list[AdminSession]


@router.get("")
def list_sessions(_reader: AdminReader, session: ReadSession, user_id: UserIdQuery) -> AdminSessions:
    """Live sessions of a user or machine, newest first."""
    found = sessions.live_sessions(session, user_id)
    return AdminSessions(
        items=[AdminSession.model_validate({**session_fields(one), "user_id": one.user_id}) for one in found]
    )


@router.post("/revoke-all", status_code=204)
def revoke_all(journal: AdminJournal, user_id: UserIdQuery) -> None:
    ended = sessions.revoke_all(journal.session, user_id)
    journal.note("session.revoke_all", user_id, {"sessions": str(ended)})


@router.post("/{session_id}/revoke", status_code=204)
def revoke(session_id: str, journal: AdminJournal) -> None:
    found = sessions.find_session(journal.session, session_id)
    sessions.revoke(journal.session, found.id)
    journal.note("session.revoke", found.id, {"user": found.user_id})
