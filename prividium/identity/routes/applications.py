"""/api/oauth-clients and /api/public-applications: what everybody may know of the applications."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from sqlalchemy import select

from prividium.db.edge import ReadSession
from prividium.identity.application_models import Application
from prividium.identity.caller import Caller, TheIdentity
from prividium.rest import Answer, Page, PageQuery, page_of, page_query

router = APIRouter(tags=["applications"])


class OAuthClientAnswer(Answer):
    oauth_client_id: str
    oauth_redirect_uris: list[str]
    name: str


class ApplicationCard(Answer):
    id: str
    name: str
    description: str
    image_url: str | None
    origin: str


def _card(row: Application) -> ApplicationCard:
    return ApplicationCard(
        id=row.id, name=row.name, description=row.description, image_url=row.image_url, origin=row.origin
    )


@router.get("/oauth-clients/{oauth_client_id}")
def get_client(
    oauth_client_id: str, response: Response, session: ReadSession, identity: TheIdentity
) -> OAuthClientAnswer:
    """An application by its client id, and where it may be sent."""
    response.headers["Cache-Control"] = "no-store, private"
    client = identity.oauth_clients.find(session, oauth_client_id)
    return OAuthClientAnswer(
        oauth_client_id=client.client_id, oauth_redirect_uris=list(client.redirect_uris), name=client.name
    )


@router.get("/public-applications")
def list_applications(
    _caller: Caller, session: ReadSession, query: Annotated[PageQuery, Depends(page_query)]
) -> Page[ApplicationCard]:
    """The gallery of applications, by name."""
    return page_of(session, select(Application).order_by(Application.name, Application.id), query, _card)
