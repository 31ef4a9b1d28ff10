"""/api/sessions: where one is signed in, and ending it."""

from fastapi import APIRouter

from prividium.audit import trail
from prividium.client_settings import ADMIN_PANEL
from prividium.db.edge import ReadSession, WriteSession
from prividium.identity import sessions
from prividium.identity.caller import RequestId, SessionCaller
from prividium.identity.models import LoginSession
from prividium.identity.principal import Principal
from prividium.rest import Answer, time_text

router = APIRouter(prefix="/sessions", tags=["sessions"])


class ListedSession(Answer):
    id: str
    kind: str
    """`browser`, `cli`, `siwe`, `machine`, `application` or `oidc`."""
    client_id: str | None
    """The application that holds the session."""
    ip_address: str | None
    user_agent: str | None
    created_at: str
    expires_at: str
    renewable_until: str


class MySession(ListedSession):
    is_current: bool


class MySessions(Answer):
    items: list[MySession]


def session_fields(found: LoginSession) -> dict[str, str | None]:
    return {
        "id": found.id,
        "kind": found.kind,
        "client_id": found.client_id,
        "ip_address": found.network_address,
        "user_agent": found.user_agent,
        "created_at": time_text(found.created_at),
        "expires_at": time_text(found.expires_at),
        "renewable_until": time_text(found.renewable_until),
    }


def _reach(principal: Principal) -> str | None:
    """Whose sessions the caller may see and end: an application its own, a person all of theirs (None)."""
    return None if principal.client_id == ADMIN_PANEL else principal.client_id


@router.get("")
def list_sessions(principal: SessionCaller, session: ReadSession) -> MySessions:
    """The caller's live sessions, newest first; an application sees those that it was given."""
    found = sessions.live_sessions(session, principal.user_id, _reach(principal))
    items = [
        MySession.model_validate({**session_fields(one), "is_current": one.id == principal.session_id}) for one in found
    ]
    return MySessions(items=items)


@router.post("/revoke-others", status_code=204)
def revoke_others(principal: SessionCaller, session: WriteSession, request_id: RequestId) -> None:
    """End every session but this one."""
    ended = sessions.revoke_all(session, principal.user_id, keep=principal.session_id, client_id=_reach(principal))
    trail.record(
        session,
        actor=principal.user_id,
        action="session.revoke_others",
        outcome="allowed",
        request_id=request_id,
        details={"sessions": str(ended)},
    )


@router.post("/{session_id}/revoke", status_code=204)
def revoke(session_id: str, principal: SessionCaller, session: WriteSession, request_id: RequestId) -> None:
    found = sessions.find_session(session, session_id, principal.user_id)
    if _reach(principal) not in (None, found.client_id):
        raise sessions.unknown()
    sessions.revoke(session, found.id)
    trail.record(
        session,
        actor=principal.user_id,
        action="session.revoke",
        outcome="allowed",
        subject=found.id,
        request_id=request_id,
    )
