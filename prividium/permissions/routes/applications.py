"""/api/applications: programs of others that people may let act for them."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import AfterValidator, Field
from sqlalchemy import select

from prividium.client_settings import URI_LENGTH_MAX, redirect_uri, web_origin
from prividium.db.edge import ReadSession
from prividium.identity.application_models import Application
from prividium.identity.caller import AdminReader
from prividium.permissions import applications
from prividium.permissions.applications import ApplicationDraft
from prividium.permissions.routes.journal import AdminJournal, ThePage
from prividium.rest import Answer, Body, Page, page_of, time_text

router = APIRouter(prefix="/applications", tags=["applications"])

REDIRECT_URIS_MAX = 16
Uri = Annotated[str, Field(min_length=1, max_length=URI_LENGTH_MAX), AfterValidator(redirect_uri)]
WebOrigin = Annotated[str, Field(min_length=1, max_length=URI_LENGTH_MAX), AfterValidator(web_origin)]


class ApplicationBody(Body):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    description: Annotated[str, Field(max_length=200)] = ""
    image_url: Uri | None = None
    origin: WebOrigin
    """Where its pages are served; they may call this node from there."""
    oauth_redirect_uris: Annotated[list[Uri], Field(max_length=REDIRECT_URIS_MAX)]
    """Where its popup may be sent with a token, compared character by character."""


class ApplicationAnswer(Answer):
    id: str
    oauth_client_id: str
    name: str
    description: str
    image_url: str | None
    origin: str
    oauth_redirect_uris: list[str]
    created_at: str
    updated_at: str


def _show(row: Application) -> ApplicationAnswer:
    return ApplicationAnswer(
        id=row.id,
        oauth_client_id=row.oauth_client_id,
        name=row.name,
        description=row.description,
        image_url=row.image_url,
        origin=row.origin,
        oauth_redirect_uris=row.oauth_redirect_uris,
        created_at=time_text(row.created_at),
        updated_at=time_text(row.updated_at),
    )


def _draft(body: ApplicationBody) -> ApplicationDraft:
    return ApplicationDraft(body.name, body.description, body.image_url, body.origin, body.oauth_redirect_uris)


def _details(row: Application) -> dict[str, str]:
    return {"name": row.name, "origin": row.origin, "redirectUris": " ".join(row.oauth_redirect_uris)}


@router.get("")
def list_applications(_reader: AdminReader, session: ReadSession, query: ThePage) -> Page[ApplicationAnswer]:
    return page_of(session, select(Application).order_by(Application.created_at, Application.id), query, _show)


@router.get("/{application_id}")
def get_application(application_id: str, _reader: AdminReader, session: ReadSession) -> ApplicationAnswer:
    return _show(applications.find(session, application_id))


@router.post("", status_code=201)
def create_application(body: ApplicationBody, journal: AdminJournal) -> ApplicationAnswer:
    made = applications.create(journal.session, _draft(body))
    journal.note("application.create", made.oauth_client_id, _details(made))
    return _show(made)


@router.put("/{application_id}")
def change_application(application_id: str, body: ApplicationBody, journal: AdminJournal) -> ApplicationAnswer:
    changed = applications.change(journal.session, application_id, _draft(body))
    journal.note("application.change", changed.oauth_client_id, _details(changed))
    return _show(changed)


@router.delete("/{application_id}", status_code=204)
def delete_application(application_id: str, journal: AdminJournal) -> None:
    """The sessions that people gave the application end."""
    deleted = applications.delete(journal.session, application_id)
    journal.note("application.delete", deleted.oauth_client_id, _details(deleted))
