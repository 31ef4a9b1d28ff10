"""Why a call would be allowed or denied: the verdict of the Rust core, frame by frame, and the rules that it asked."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from prividium._core import CallRequest, CoreError, DeniedError, ExplainedFrame, Ledger
from prividium.errors import Conflict, InvalidInput, Unavailable
from prividium.identity.models import User, Wallet
from prividium.permissions.models import Contract, FunctionRule
from prividium.permissions.readable import must_be_contract
from prividium.permissions.rules import AccessType
from prividium.permissions.table import rules_in_force
from prividium.types import Address

_SELECTOR_BYTES = 4


@dataclass(frozen=True)
class Question:
    """`user_id` or `sender` says who calls."""

    user_id: str | None
    sender: Address | None
    to: Address | None
    """None creates a contract."""
    data: bytes
    value: int
    """Wei."""
    access: AccessType


@dataclass(frozen=True)
class Step:
    frame: ExplainedFrame
    contract_name: str | None
    """None: not registered."""
    rule: FunctionRule | None
    """The row for this function of the contract, its own or its template's."""


@dataclass(frozen=True)
class Explained:
    allowed: bool
    reason: str
    user: User | None
    sender: Address | None
    decisive: int | None
    """Position of the step that decided; None: it was decided before anything ran."""
    steps: Sequence[Step]


def explain(session: Session, ledger: Ledger, question: Question) -> Explained:
    """Raises InvalidInput("caller_missing", "from_missing", "user_unknown"), Conflict with the core's code for a call
    that cannot run at all, such as `insufficient_funds`, and Unavailable for a store that does not answer.
    """
    user, sender = _caller(session, question)
    if sender is None:
        return Explained(False, "wallet.not_linked", user, None, None, ())
    owned = frozenset() if user is None else frozenset(wallet.address for wallet in user.wallets)
    if user is not None and sender not in owned:
        return Explained(False, "wallet.not_owned_by_user", user, sender, None, ())
    try:
        request = CallRequest(sender, question.to, question.data, question.value)
        contract_only = question.access == "read" and must_be_contract(question.to, is_own=question.to in owned)
        unreadable = _unreadable(ledger, request) if contract_only else ""
        found = ledger.explain(request, question.access)
    except CoreError as error:
        raise _refusal(error) from None
    if found.allowed and unreadable:
        return Explained(False, unreadable, user, sender, None, ())
    reason = found.frames[found.decisive].reason
    return Explained(found.allowed, reason, user, sender, found.decisive, _steps(session, found.frames))


def selector_of(frame: ExplainedFrame) -> bytes:
    """Empty for data that is too short for a function, and for creations."""
    return frame.data[:_SELECTOR_BYTES] if len(frame.data) >= _SELECTOR_BYTES else b""


def _unreadable(ledger: Ledger, request: CallRequest) -> str:
    """Why the door does not even run a read; empty if it does."""
    try:
        ledger.require_readable(request)
    except DeniedError as refused:
        return refused.code
    return ""


def _caller(session: Session, question: Question) -> tuple[User | None, Address | None]:
    if question.user_id is None:
        if question.sender is None:
            raise InvalidInput("caller_missing", "say who calls: from, userId or both")
        owner = select(User).join(Wallet, Wallet.user_id == User.id).where(Wallet.address == question.sender)
        return session.scalar(owner), question.sender
    user = session.get(User, question.user_id)
    if user is None:
        raise InvalidInput("user_unknown", "there is no such user or machine")
    if question.sender is not None:
        return user, question.sender
    if len(user.wallets) > 1:
        raise InvalidInput("from_missing", "the user has several wallets: say which one calls")
    return user, Address(user.wallets[0].address) if user.wallets else None


def _steps(session: Session, frames: Sequence[ExplainedFrame]) -> list[Step]:
    targets = {frame.target for frame in frames if frame.target is not None}
    registered = session.scalars(select(Contract).where(Contract.address.in_(targets)))
    names = {contract.address: contract.name for contract in registered}
    found = rules_in_force(session, Contract.address.in_(targets))
    rules = {(contract, rule.selector): rule for contract, rule in found}
    return [
        Step(frame, names.get(frame.target), rules.get((Address(frame.target), selector_of(frame))))
        if frame.target is not None
        else Step(frame, None, None)
        for frame in frames
    ]


def _refusal(error: CoreError) -> Conflict | Unavailable:
    kind = Unavailable if error.code.startswith(("store_", "ledger_")) else Conflict
    return kind(error.code, error.message)
