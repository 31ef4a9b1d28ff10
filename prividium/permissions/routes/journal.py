"""Every change by an administrator leaves an entry in the audit trail, in the same transaction; what two have to agree
on is undone and becomes a proposal.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Final

from fastapi import Depends, Query, Request

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.errors import PrividiumError
from prividium.identity.caller import Action, AdminWriter, RequestId, TheIdentity
from prividium.permissions.approval_models import PolicyProposal
from prividium.permissions.four_eyes import Touched
from prividium.permissions.proposals import Wanted
from prividium.rest import Body, PageQuery, page_query

_EMPTY: Final[Mapping[str, str]] = {}

ThePage = Annotated[PageQuery, Depends(page_query)]
ContractQuery = Annotated[str | None, Query(alias="contractAddress")]


class RoleRef(Body):
    id: str


class ApprovalNeeded(PrividiumError):
    """The change touches what two administrators have to agree on."""

    def __init__(self, wanted: Wanted, subjects: Sequence[str]) -> None:
        super().__init__("approval_needed", "another administrator has to approve this change")
        self.wanted = wanted
        self.subjects = subjects


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
        self.author_id = author.user_id
        self.request_id = request_id
        self.approved: PolicyProposal | None = None
        """The proposal that the request applies."""

    def note(self, action: str, subject: str, details: Mapping[str, str] = _EMPTY) -> None:
        if self.approved is not None:
            details = {**details, "proposal": self.approved.id, "requestedBy": self.approved.requested_by}
        trail.record(
            self.session,
            actor=self.author_id,
            action=action,
            outcome="allowed",
            subject=subject,
            request_id=self.request_id,
            request_hash=self._request_hash,
            details=details,
        )


async def _body(request: Request) -> str:
    return (await request.body()).decode(errors="replace")


def journal_of(
    request: Request,
    session: WriteSession,
    author: AdminWriter,
    request_id: RequestId,
    action: Action,
    identity: TheIdentity,
    body: Annotated[str, Depends(_body)],
) -> Iterator[Journal]:
    touched = Touched(session)
    journal = Journal(session, author, request_id, action, identity)
    yield journal
    subjects = touched.marks()
    if subjects and journal.approved is None:
        raise ApprovalNeeded(Wanted(request.method, request.url.path, body, author.user_id, request_id), subjects)


AdminJournal = Annotated[Journal, Depends(journal_of, scope="function")]
