"""GET /api/profiles/me."""

from fastapi import APIRouter

from prividium.db.edge import ReadSession
from prividium.errors import Unauthorized
from prividium.identity.caller import Caller
from prividium.identity.profile import UserAnswer, show_user
from prividium.identity.sessions import user_with_roles

router = APIRouter(tags=["profile"])


@router.get("/profiles/me")
def me(principal: Caller, session: ReadSession) -> UserAnswer:
    user = user_with_roles(session, principal.user_id)
    if user is None:
        raise Unauthorized("session_invalid", "the session does not exist or was ended; sign in again")
    return show_user(user)
