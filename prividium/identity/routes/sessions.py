"""/api/auth/current-session, extend-session and logout."""

from fastapi import APIRouter, Request, Response

from prividium.audit import trail
from prividium.db.edge import ReadSession, WriteSession
from prividium.identity import sessions
from prividium.identity.caller import RequestId, SessionCaller, TheIdentity, cookie_token, session_cookie
from prividium.identity.models import LoginSession
from prividium.identity.secrecy import csrf_token
from prividium.rest import Answer, time_text

router = APIRouter(prefix="/auth", tags=["auth"])


class SessionAnswer(Answer):
    type: str = "user"
    expires_at: str
    renewable_until: str
    csrf_token: str | None = None
    """For pages: to be sent as X-CSRF-Token with every change."""


def _answer(found: LoginSession, request: Request) -> SessionAnswer:
    by_cookie = None if request.headers.get("authorization") else cookie_token(request)
    return SessionAnswer(
        expires_at=time_text(found.expires_at),
        renewable_until=time_text(found.renewable_until),
        csrf_token=None if by_cookie is None else csrf_token(by_cookie),
    )


@router.get("/current-session")
def current_session(
    request: Request, response: Response, principal: SessionCaller, session: ReadSession
) -> SessionAnswer:
    response.headers["Cache-Control"] = "no-store"
    return _answer(session.get_one(LoginSession, principal.session_id), request)


@router.post("/extend-session")
def extend_session(
    request: Request, principal: SessionCaller, session: WriteSession, identity: TheIdentity
) -> SessionAnswer:
    """Another idle period from now, never past `renewableUntil`."""
    return _answer(sessions.extend(session, principal.session_id, identity.session_limits), request)


@router.post("/logout", status_code=204)
def logout(
    response: Response, principal: SessionCaller, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> None:
    sessions.revoke(session, principal.session_id)
    trail.record(session, actor=principal.user_id, action="logout", outcome="allowed", request_id=request_id)
    response.delete_cookie(session_cookie(identity), httponly=True, samesite="lax", secure=identity.secure)
