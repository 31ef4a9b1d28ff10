"""/api/audit-logs: reading and checking the audit trail."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import select

from prividium.audit.models import AuditEntry
from prividium.audit.trail import AuditChainBroken, verify_chain
from prividium.db.edge import ReadSession
from prividium.identity.caller import PRIVILEGED_READ, AdminReader
from prividium.permissions.routes.journal import ThePage
from prividium.rest import Answer, Page, page_of, time_text
from prividium.types import to_hex

router = APIRouter(prefix="/audit-logs", tags=["audit"])


class AuditAnswer(Answer):
    sequence: int
    time: str
    actor: str | None
    action: str
    outcome: str
    reason: str
    subject: str
    request_id: str
    details: dict[str, str]
    request_hash: str | None
    policy_version: int | None
    previous_hash: str
    entry_hash: str


class VerificationAnswer(Answer):
    intact: bool
    entries: int
    """Number of entries that fit."""
    problem: str | None = None


def _show(entry: AuditEntry) -> AuditAnswer:
    return AuditAnswer(
        sequence=entry.sequence,
        time=time_text(entry.time),
        actor=entry.actor,
        action=entry.action,
        outcome=entry.outcome,
        reason=entry.reason,
        subject=entry.subject,
        request_id=entry.request_id,
        details=entry.details,
        request_hash=None if entry.request_hash is None else to_hex(entry.request_hash),
        policy_version=entry.policy_version,
        previous_hash=to_hex(entry.previous_hash),
        entry_hash=to_hex(entry.entry_hash),
    )


@router.get("")
def list_entries(
    _reader: AdminReader,
    session: ReadSession,
    query: ThePage,
    actor: Annotated[str | None, Query(max_length=21)] = None,
    action: Annotated[str | None, Query(max_length=64)] = None,
    outcome: Annotated[str | None, Query(max_length=8)] = None,
    request_id: Annotated[str | None, Query(alias="requestId", max_length=64)] = None,
    before: Annotated[int | None, Query(ge=1, le=2**62)] = None,
    reads: bool = True,
) -> Page[AuditAnswer]:
    """Newest first. `before`: only entries of smaller numbers, so that pages stay in place while the trail grows.

    `reads=false` leaves the reads of administrators out, this one included.
    """
    statement = select(AuditEntry).order_by(AuditEntry.sequence.desc())
    for column, wanted in (
        (AuditEntry.actor, actor),
        (AuditEntry.action, action),
        (AuditEntry.outcome, outcome),
        (AuditEntry.request_id, request_id),
    ):
        if wanted is not None:
            statement = statement.where(column == wanted)
    if not reads:
        statement = statement.where(AuditEntry.action != PRIVILEGED_READ)
    if before is not None:
        statement = statement.where(AuditEntry.sequence < before)
    return page_of(session, statement, query, _show)


@router.get("/verification")
def verify(_reader: AdminReader, session: ReadSession) -> VerificationAnswer:
    """Check the hash chain from the first entry to the last."""
    try:
        return VerificationAnswer(intact=True, entries=verify_chain(session))
    except AuditChainBroken as broken:
        return VerificationAnswer(intact=False, entries=broken.sequence - 1, problem=str(broken))
