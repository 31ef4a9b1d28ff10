"""Appending to the audit trail and checking it.

`entryHash = SHA-256(canonical JSON of the entry)`, where the JSON holds every column but the hash itself, keys sorted,
no spaces, `requestHash` and `policyVersion` only where they are set, and `previousHash` is the hash of the entry before
(32 zero bytes for the first). No secret belongs into an
entry: tokens, codes, signatures and call arguments stay out.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sqlalchemy import BigInteger, Integer, column, select, table
from sqlalchemy.orm import Session

from prividium import clock
from prividium.audit.models import AuditEntry, AuditHead

Outcome = Literal["allowed", "denied", "failed"]

SUBJECT_LENGTH_MAX: Final = 512
_CHECK_CHUNK_ROWS: Final = 1_000
_EMPTY: Final[Mapping[str, str]] = {}
_POLICY = table("policy_state", column("id", Integer), column("version", BigInteger))
"""Of the package `permissions`, which comes after this one."""


class AuditChainBroken(Exception):
    """The trail was changed: `sequence` is the first entry that does not fit."""

    def __init__(self, sequence: int, problem: str) -> None:
        super().__init__(f"audit entry {sequence}: {problem}")
        self.sequence = sequence
        self.problem = problem


@dataclass(frozen=True)
class Anchor:
    """The newest entry at some time."""

    sequence: int
    entry_hash: bytes


@dataclass(frozen=True)
class Event:
    """What an entry tells."""

    actor: str | None
    action: str
    outcome: Outcome
    reason: str = ""
    subject: str = ""
    request_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)
    request_hash: bytes | None = None


def record(
    session: Session,
    *,
    actor: str | None,
    action: str,
    outcome: Outcome,
    reason: str = "",
    subject: str = "",
    request_id: str = "",
    details: Mapping[str, str] = _EMPTY,
    request_hash: bytes | None = None,
) -> None:
    """Append one entry in the caller's transaction: it is kept if and only if what it tells is kept."""
    record_all(session, [Event(actor, action, outcome, reason, subject, request_id, details, request_hash)])


def record_all(session: Session, events: Sequence[Event]) -> None:
    """Append the entries in their order, by one statement however many there are; otherwise as `record`."""
    # Pending changes go first, so that every transaction takes the policy's lock before the trail's.
    session.flush()
    head = session.execute(select(AuditHead).where(AuditHead.id == 1).with_for_update()).scalar_one()
    session.refresh(head)
    version, now = session.scalar(select(_POLICY.c.version).where(_POLICY.c.id == 1)), clock.now()
    for event in events:
        entry = AuditEntry(
            sequence=head.sequence + 1,
            time=now,
            actor=event.actor,
            action=event.action,
            outcome=event.outcome,
            reason=event.reason,
            subject=event.subject[:SUBJECT_LENGTH_MAX],
            request_id=event.request_id,
            details=dict(event.details),
            request_hash=event.request_hash,
            policy_version=version,
            previous_hash=head.entry_hash,
        )
        entry.entry_hash = entry_hash(entry)
        session.add(entry)
        head.sequence, head.entry_hash = entry.sequence, entry.entry_hash
    session.flush()


def entry_hash(entry: AuditEntry) -> bytes:
    fields: dict[str, object] = {
        "sequence": entry.sequence,
        "time": entry.time,
        "actor": entry.actor,
        "action": entry.action,
        "outcome": entry.outcome,
        "reason": entry.reason,
        "subject": entry.subject,
        "requestId": entry.request_id,
        "details": entry.details,
        "previousHash": entry.previous_hash.hex(),
    }
    if entry.request_hash is not None:
        fields["requestHash"] = entry.request_hash.hex()
    if entry.policy_version is not None:
        fields["policyVersion"] = entry.policy_version
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).digest()


def verify_chain(session: Session, anchor: Anchor | None = None) -> int:
    """Number of entries, all of them checked; raises AuditChainBroken at the first changed, missing or added one.

    `anchor`: a head that was noted outside the database.
    """
    expected, previous = 1, bytes(32)
    rows = session.scalars(select(AuditEntry).order_by(AuditEntry.sequence)).yield_per(_CHECK_CHUNK_ROWS)
    for entry in rows:
        if entry.sequence != expected:
            raise AuditChainBroken(expected, "is missing")
        if entry.previous_hash != previous:
            raise AuditChainBroken(expected, "does not follow the entry before")
        if entry.entry_hash != entry_hash(entry):
            raise AuditChainBroken(expected, "was changed")
        if anchor is not None and anchor.sequence == expected and anchor.entry_hash != entry.entry_hash:
            raise AuditChainBroken(expected, "is another than was noted outside the database")
        expected, previous = expected + 1, entry.entry_hash
    head = session.get_one(AuditHead, 1)
    if head.sequence != expected - 1 or head.entry_hash != previous:
        raise AuditChainBroken(expected, "is missing at the end of the trail")
    if anchor is not None and anchor.sequence >= expected:
        raise AuditChainBroken(
            expected, f"is missing: the trail had {anchor.sequence} entries, noted outside the database"
        )
    return expected - 1
