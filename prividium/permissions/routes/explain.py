"""POST /api/permissions/explain: why a call would be allowed or denied."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from prividium.audit import trail
from prividium.db.edge import database_of
from prividium.identity.caller import AdminReader, RequestId
from prividium.permissions.explain import Explained, Question, Step, explain, selector_of
from prividium.permissions.routes.chain import TheLedger
from prividium.permissions.routes.contract_permissions import RuleFieldsAnswer, show_rule
from prividium.permissions.rules import AccessType
from prividium.rest import AddressIn, Answer, Body, address_text
from prividium.types import Address, from_hex, to_hex

router = APIRouter(prefix="/permissions", tags=["rules"])


class ExplainBody(Body):
    user_id: Annotated[str, Field(min_length=1, max_length=21)] | None = None
    """Who calls: a person or machine, a wallet, or both."""
    from_: Annotated[AddressIn | None, Field(alias="from")] = None
    to: AddressIn | None = None
    """None: a contract is created."""
    data: Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2})*$")] = "0x"
    value: Annotated[str, Field(pattern=r"^0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})$")] = "0x0"
    access_type: AccessType
    """`read` as `eth_call` is judged, `write` as a transaction and `eth_estimateGas` are."""


class AskedRule(RuleFieldsAnswer):
    template_id: str | None
    """Set if the rule is the template's."""


class StepAnswer(Answer):
    """One frame. Arguments and amounts are not repeated: those of inner calls may come from other people's state."""

    depth: int
    kind: str
    """CALL, STATICCALL, DELEGATECALL, CALLCODE, CREATE or CREATE2."""
    caller: str
    contract: str | None
    """Whose rule is asked; null for a creation. For DELEGATECALL the contract in whose context the code runs."""
    contract_name: str | None
    code_of: str | None
    method_selector: str
    access_type: str
    carries_value: bool
    allowed: bool
    reason: str
    waives_inner_calls: bool
    """An umbrella: the frames below are not judged."""
    rule: AskedRule | None


class ExplainAnswer(Answer):
    allowed: bool
    reason: str
    user_id: str | None
    wallet: str | None
    decisive_step: int | None
    """Position in `steps`; null: decided before anything ran."""
    steps: list[StepAnswer]
    """Every frame in the order of execution, those behind the decisive one too: what would be denied next."""


@router.post("/explain")
def explain_call(
    body: ExplainBody, reader: AdminReader, ledger: TheLedger, request: Request, request_id: RequestId
) -> ExplainAnswer:
    """Run the call at the head as the caller would, keep nothing, and tell what the policy decides about each frame."""
    question = Question(
        user_id=body.user_id,
        sender=None if body.from_ is None else Address(body.from_),
        to=None if body.to is None else Address(body.to),
        data=from_hex(body.data),
        value=int(body.value, 16),
        access=body.access_type,
    )
    with database_of(request).write() as session:
        found = explain(session, ledger, question)
        trail.record(
            session,
            actor=reader.user_id,
            action="permissions.explain",
            outcome="allowed",
            subject=_subject(question),
            request_id=request_id,
            details={"user": "" if found.user is None else found.user.id, "answer": found.reason},
        )
        return _show(found)


def _subject(question: Question) -> str:
    sender = "" if question.sender is None else address_text(question.sender)
    target = "creation" if question.to is None else f"{address_text(question.to)} {to_hex(question.data[:4])}"
    return f"{question.access} {sender} {target}"


def _show(found: Explained) -> ExplainAnswer:
    return ExplainAnswer(
        allowed=found.allowed,
        reason=found.reason,
        user_id=None if found.user is None else found.user.id,
        wallet=None if found.sender is None else address_text(found.sender),
        decisive_step=found.decisive,
        steps=[_show_step(step) for step in found.steps],
    )


def _show_step(step: Step) -> StepAnswer:
    frame, rule = step.frame, step.rule
    asked = None
    if rule is not None:
        asked = AskedRule.model_validate({**show_rule(rule).model_dump(), "template_id": rule.template_id})
    return StepAnswer(
        depth=frame.depth,
        kind=frame.kind,
        caller=address_text(frame.sender),
        contract=None if frame.target is None else address_text(frame.target),
        contract_name=step.contract_name,
        code_of=None if frame.code is None else address_text(frame.code),
        method_selector=to_hex(selector_of(frame)),
        access_type=frame.access,
        carries_value=frame.value > 0,
        allowed=frame.allowed,
        reason=frame.reason,
        waives_inner_calls=frame.waives,
        rule=asked,
    )
