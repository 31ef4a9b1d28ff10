"""Every change by an administrator leaves an entry in the audit trail, in the same transaction."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import Depends, Query

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.identity.caller import Action, AdminWriter, RequestId, TheIdentity
from prividium.rest import Body, PageQuery, page_query

_EMPTY: Final[Mapping[str, str]] = {}

ThePage = Annotated[PageQuery, Depends(page_query)]
ContractQuery = Annotated[str | None, Query(alias="contractAddress")]


class RoleRef(Body):
    id: str


class Journal:
    """The request's write session with its author."""

    def __init__(
        self,
        session: WriteSession,
        author: AdminWriter,
        request_id: RequestId,
        action: Action,
        identity: TheIdentity,
    ) -> None:
        self._request_hash = identity.request_hasher.of_text(action)
        self.session = session
        self._author = author
        self._request_id = request_id

    def note(self, action: str, subject: str, details: Mapping[str, str] = _EMPTY) -> None:
        trail.record(
            self.session,
            actor=self._author.user_id,
            action=action,
            outcome="allowed",
            subject=subject,
            request_id=self._request_id,
            request_hash=self._request_hash,
            details=details,
        )


AdminJournal = Annotated[Journal, Depends(Journal, scope="function")]
