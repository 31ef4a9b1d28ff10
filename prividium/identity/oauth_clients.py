"""Who may ask a person for a token: the applications that administrators registered, and the built-in ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium.client_settings import BUILT_IN_CLIENTS, BUILT_IN_REDIRECT_URIS, origin_of_uri
from prividium.errors import NotFound
from prividium.identity.application_models import Application


@dataclass(frozen=True)
class OAuthClient:
    client_id: str
    name: str
    redirect_uris: tuple[str, ...]
    """A token goes to one of these, compared character by character, and nowhere else."""
    built_in: bool


class OAuthClients:
    """`redirect_uris`: of the settings, by id of a built-in client."""

    def __init__(self, redirect_uris: Mapping[str, tuple[str, ...]]) -> None:
        self._redirect_uris = {**BUILT_IN_REDIRECT_URIS, **redirect_uris}

    def find(self, session: Session, client_id: str) -> OAuthClient:
        """Raises NotFound("client_unknown")."""
        if client_id in BUILT_IN_CLIENTS:
            uris = self._redirect_uris.get(client_id, ())
            return OAuthClient(client_id, BUILT_IN_CLIENTS[client_id], uris, built_in=True)
        found = session.scalar(select(Application).where(Application.oauth_client_id == client_id))
        if found is None:
            raise NotFound("client_unknown", "no application is registered under this client id")
        return OAuthClient(client_id, found.name, tuple(found.oauth_redirect_uris), built_in=False)

    def serves(self, session: Session, origin: str) -> bool:
        """Do pages of an application come from this origin?"""
        if any(origin_of_uri(uri) == origin for uris in self._redirect_uris.values() for uri in uris):
            return True
        return session.scalar(select(Application.id).where(Application.origin == origin).limit(1)) is not None
