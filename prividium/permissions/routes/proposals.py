"""/api/policy-proposals: changes that wait for a second administrator."""

import json
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse
from pydantic import JsonValue
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from prividium.db.edge import database_of
from prividium.identity.caller import AdminReader
from prividium.permissions import proposals
from prividium.permissions.approval_models import PolicyProposal
from prividium.permissions.routes.journal import AdminJournal, ApprovalNeeded, ThePage
from prividium.permissions.routes.replay import replay
from prividium.rest import Answer, Page, page_of, time_text

router = APIRouter(prefix="/policy-proposals", tags=["four-eyes"])

StatusQuery = Annotated[Literal["pending", "applied", "rejected", "expired"] | None, Query()]


class ProposalAnswer(Answer):
    id: str
    status: str
    method: str
    path: str
    body: JsonValue
    subjects: list[str]
    """What of it needs a second administrator."""
    requested_by: str
    requested_at: str
    expires_at: str
    decided_by: str | None
    decided_at: str | None


def _show(proposal: PolicyProposal) -> ProposalAnswer:
    return ProposalAnswer(
        id=proposal.id,
        status=proposal.status,
        method=proposal.method,
        path=proposal.path,
        body=json.loads(proposal.body) if proposal.body else None,
        subjects=proposal.subjects,
        requested_by=proposal.requested_by,
        requested_at=time_text(proposal.requested_at),
        expires_at=time_text(proposal.expires_at),
        decided_by=proposal.decided_by,
        decided_at=None if proposal.decided_at is None else time_text(proposal.decided_at),
    )


async def answer_proposal(request: Request, error: Exception) -> Response:
    """202: the change is written down and waits. What it did was undone before."""
    if not isinstance(error, ApprovalNeeded):
        raise TypeError("not a proposal")
    shown = await run_in_threadpool(_propose, request, error)
    return JSONResponse({"proposal": shown.model_dump(mode="json", by_alias=True)}, 202)


def _propose(request: Request, needed: ApprovalNeeded) -> ProposalAnswer:
    with database_of(request).write() as session:
        return _show(proposals.propose(session, needed.wanted, needed.subjects))


@router.get("")
def list_proposals(
    _reader: AdminReader, request: Request, query: ThePage, status: StatusQuery = None
) -> Page[ProposalAnswer]:
    """Newest first."""
    with database_of(request).write() as session:
        proposals.expire_due(session)
        statement = select(PolicyProposal)
        if status is not None:
            statement = statement.where(PolicyProposal.status == status)
        ordered = statement.order_by(PolicyProposal.requested_at.desc(), PolicyProposal.id)
        return page_of(session, ordered, query, _show)


@router.get("/{proposal_id}")
def get_proposal(proposal_id: str, _reader: AdminReader, request: Request) -> ProposalAnswer:
    with database_of(request).write() as session:
        proposals.expire_due(session)
        return _show(proposals.find_proposal(session, proposal_id))


@router.post("/{proposal_id}/approve")
def approve(proposal_id: str, journal: AdminJournal, request: Request) -> ProposalAnswer:
    """Apply it now, once, as what it was when it was proposed."""
    session = journal.session
    proposal = proposals.approve(session, proposal_id, journal.author_id, journal.request_id)
    journal.approved = proposal
    replay(proposal, journal, request)
    return _show(proposal)


@router.post("/{proposal_id}/reject")
def reject(proposal_id: str, journal: AdminJournal) -> ProposalAnswer:
    """Nothing of it happens; who proposed it may take it back so, too."""
    return _show(proposals.reject(journal.session, proposal_id, journal.author_id, journal.request_id))
