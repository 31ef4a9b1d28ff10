"""May this caller make this call? The Rust evaluator decides, the same one that the proof runs."""

from dataclasses import dataclass
from typing import TypeAlias

from prividium._core import DeniedError, PolicyTable
from prividium.audit import trail
from prividium.db.engine import Database
from prividium.identity.principal import Principal
from prividium.permissions.rules import AccessType
from prividium.types import Address


@dataclass(frozen=True)
class Allow:
    reason: str
    """Stable id of docs/protocol/policy.md."""


@dataclass(frozen=True)
class Deny:
    reason: str
    """Stable id of docs/protocol/policy.md, or `wallet.not_owned_by_user`."""


Decision: TypeAlias = Allow | Deny


@dataclass(frozen=True)
class Call:
    """A call as it arrives at the door."""

    sender: Address
    target: Address | None
    """None creates a contract."""
    data: bytes
    access: AccessType
    target_has_code: bool
    target_is_precompile: bool = False
    timestamp: int | None = None
    """Of the block that the call would be in, in seconds; None for now."""


def judge_call(table: PolicyTable, principal: Principal, call: Call) -> Decision:
    """The door's verdict on the top-level call; inner calls are judged while it executes."""
    if not principal.owns(call.sender):
        return Deny("wallet.not_owned_by_user")
    try:
        reason = table.decide(
            call.sender,
            call.target,
            call.data,
            call.access,
            call.target_has_code,
            call.target_is_precompile,
            call.timestamp,
        )
    except DeniedError as denied:
        return Deny(denied.code)
    return Allow(reason)


def record_denial(
    database: Database, principal: Principal | None, reason: str, action: str, subject: str, request_id: str
) -> None:
    """One audit entry, in a transaction of its own. `subject` names contract and selector, never arguments."""
    with database.write() as session:
        trail.record(
            session,
            actor=None if principal is None else principal.user_id,
            action=action,
            outcome="denied",
            reason=reason,
            subject=subject,
            request_id=request_id,
        )
