"""Applications, as administrators register them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import update
from sqlalchemy.orm import Session

from prividium import clock
from prividium.errors import NotFound
from prividium.identity.application_models import Application
from prividium.identity.models import LoginSession


@dataclass(frozen=True)
class ApplicationDraft:
    name: str
    description: str
    image_url: str | None
    origin: str
    redirect_uris: Sequence[str]


def find(session: Session, application_id: str) -> Application:
    """Raises NotFound("application_unknown")."""
    found = session.get(Application, application_id)
    if found is None:
        raise NotFound("application_unknown", "there is no such application")
    return found


def create(session: Session, draft: ApplicationDraft) -> Application:
    """The client id is ours, so that nobody registers under a name that people trust."""
    now = clock.now()
    made = Application(id=clock.new_id(), oauth_client_id=clock.new_id(), created_at=now)
    _fill(made, draft, now)
    session.add(made)
    session.flush()
    return made


def change(session: Session, application_id: str, draft: ApplicationDraft) -> Application:
    found = find(session, application_id)
    _fill(found, draft, clock.now())
    session.flush()
    return found


def delete(session: Session, application_id: str) -> Application:
    """Every session that people gave it ends now."""
    found = find(session, application_id)
    live = (LoginSession.client_id == found.oauth_client_id, LoginSession.revoked_at.is_(None))
    session.execute(update(LoginSession).where(*live).values(revoked_at=clock.now()))
    session.delete(found)
    session.flush()
    return found


def _fill(row: Application, draft: ApplicationDraft, now: int) -> None:
    row.name, row.description, row.image_url = draft.name, draft.description, draft.image_url
    row.origin, row.oauth_redirect_uris = draft.origin, list(dict.fromkeys(draft.redirect_uris))
    row.updated_at = now
