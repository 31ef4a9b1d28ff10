"""Changes that wait for a second administrator, and what becomes of them: each step is in the audit trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from prividium import clock
from prividium.audit import trail
from prividium.errors import Conflict, Forbidden, NotFound
from prividium.identity.models import User
from prividium.permissions.approval_models import PolicyProposal
from prividium.permissions.roles import ADMIN_WRITE

PROPOSAL_TTL_SECONDS: Final = 7 * 86_400
PENDING_MAX: Final = 100


@dataclass(frozen=True)
class Wanted:
    """The request that would have changed something."""

    method: str
    path: str
    body: str
    author: str
    request_id: str


def propose(session: Session, wanted: Wanted, subjects: Sequence[str]) -> PolicyProposal:
    """Raises Conflict("too_many_proposals")."""
    expire_due(session)
    waiting = select(func.count()).select_from(PolicyProposal).where(PolicyProposal.status == "pending")
    if (session.scalar(waiting) or 0) >= PENDING_MAX:
        raise Conflict("too_many_proposals", f"{PENDING_MAX} changes wait already; decide some first")
    now = clock.now()
    proposal = PolicyProposal(
        id=clock.new_id(),
        method=wanted.method,
        path=wanted.path,
        body=wanted.body,
        subjects=list(subjects),
        status="pending",
        requested_by=wanted.author,
        requested_at=now,
        expires_at=now + PROPOSAL_TTL_SECONDS,
    )
    session.add(proposal)
    _record(session, proposal, "proposal.create", wanted.author, wanted.request_id)
    return proposal


def find_proposal(session: Session, proposal_id: str) -> PolicyProposal:
    """Raises NotFound("proposal_unknown")."""
    proposal = session.get(PolicyProposal, proposal_id, with_for_update=True)
    if proposal is None:
        raise NotFound("proposal_unknown", "there is no such proposal")
    return proposal


def approve(session: Session, proposal_id: str, author: str, request_id: str) -> PolicyProposal:
    """Mark it as applied; the caller applies it in the same transaction, so that both happen once or not at all.

    Raises Forbidden("own_proposal"), Conflict("proposal_decided", "proposal_expired", "requester_not_administrator").
    """
    proposal = _pending(session, proposal_id)
    if proposal.requested_by == author:
        raise Forbidden("own_proposal", "another administrator has to approve what you proposed")
    requester = session.get(User, proposal.requested_by)
    roles = [] if requester is None or requester.disabled else requester.roles
    if not any(ADMIN_WRITE in role.system_permissions for role in roles):
        raise Conflict("requester_not_administrator", "who proposed this is no administrator any more: reject it")
    _decide(session, proposal, "applied", author)
    _record(session, proposal, "proposal.approve", author, request_id)
    return proposal


def reject(session: Session, proposal_id: str, author: str, request_id: str) -> PolicyProposal:
    """Also by who proposed it. Raises Conflict("proposal_decided", "proposal_expired")."""
    proposal = _pending(session, proposal_id)
    _decide(session, proposal, "rejected", author)
    _record(session, proposal, "proposal.reject", author, request_id)
    return proposal


def expire_due(session: Session) -> None:
    """Close what nobody decided in time."""
    due = select(PolicyProposal).where(PolicyProposal.status == "pending", PolicyProposal.expires_at <= clock.now())
    for proposal in session.scalars(due.with_for_update()):
        _decide(session, proposal, "expired", None)
        _record(session, proposal, "proposal.expire", None, "")


def _pending(session: Session, proposal_id: str) -> PolicyProposal:
    proposal = find_proposal(session, proposal_id)
    if proposal.status == "expired" or (proposal.status == "pending" and proposal.expires_at <= clock.now()):
        raise Conflict("proposal_expired", "nobody approved this in time; propose the change again")
    if proposal.status != "pending":
        raise Conflict("proposal_decided", f"this proposal is {proposal.status} already")
    return proposal


def _decide(session: Session, proposal: PolicyProposal, status: str, author: str | None) -> None:
    proposal.status, proposal.decided_by, proposal.decided_at = status, author, clock.now()
    session.flush()


def _record(session: Session, proposal: PolicyProposal, action: str, author: str | None, request_id: str) -> None:
    trail.record(
        session,
        actor=author,
        action=action,
        outcome="allowed",
        subject=f"{proposal.method} {proposal.path}",
        request_id=request_id,
        details={"proposal": proposal.id, "requestedBy": proposal.requested_by, "marks": " ".join(proposal.subjects)},
    )
