"""`/api/disclosures`: one file that an auditor takes away.

Allowed for holders of `disclosure_read`, and for everybody about themselves: their wallets' balances, and transactions
that they signed or received. Anything else looks like what does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from prividium._core import CoreError, Ledger
from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.disclosure.statements import token_balance, transaction
from prividium.disclosure.verify import compose
from prividium.errors import Conflict, NotFound, Unavailable
from prividium.identity.caller import Caller
from prividium.identity.principal import Principal
from prividium.types import Hash32, Json, parse_address, parse_hash

PERMISSION = "disclosure_read"

router = APIRouter(prefix="/api/disclosures", tags=["disclosures"])


@dataclass(frozen=True)
class AnchorAddress:
    """Where the chain settles."""

    l1_chain_id: int
    settlement: str


@dataclass(frozen=True)
class DisclosureSource:
    """What the routes need of the node; `app.state.disclosures` holds it."""

    ledger: Ledger
    chain_id: int
    anchor: Callable[[], AnchorAddress | None]
    """None until the contracts are deployed."""


def _source(request: Request) -> DisclosureSource:
    return cast(DisclosureSource, request.app.state.disclosures)


Source = Annotated[DisclosureSource, Depends(_source)]


class BalanceRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=42)
    account: str = Field(max_length=42)
    batch: int = Field(ge=1, lt=2**63)


class TransactionRequest(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    transaction_hash: str = Field(alias="transactionHash", max_length=66)


@router.post("/balance")
def disclose_balance(body: BalanceRequest, caller: Caller, source: Source, session: WriteSession) -> JSONResponse:
    """A token balance at the end of a batch; 404 for what the caller may not know."""
    token, account = parse_address(body.token), parse_address(body.account)
    if not (caller.may(PERMISSION) or caller.owns(account)):
        raise _hidden()
    try:
        statement, opening = token_balance.obtain(source.ledger, body.batch, token, account)
    except CoreError as error:
        raise _refusal(error) from error
    return _answer(session, caller, source, statement, opening)


@router.post("/transaction")
def disclose_transaction(
    body: TransactionRequest, caller: Caller, source: Source, session: WriteSession
) -> JSONResponse:
    """A transaction in a sealed batch; 404 for what does not exist or the caller may not know."""
    transaction_hash = parse_hash(body.transaction_hash)
    if not _may_see(caller, source.ledger, transaction_hash):
        raise _hidden()
    try:
        statement, opening = transaction.obtain(source.ledger, transaction_hash)
    except CoreError as error:
        raise _refusal(error) from error
    return _answer(session, caller, source, statement, opening)


def _may_see(caller: Principal, ledger: Ledger, transaction_hash: Hash32) -> bool:
    found = ledger.transaction(transaction_hash)
    if found is None:
        return False
    return caller.may(PERMISSION) or any(party in caller.wallets for party in (found.sender, found.to))


def _answer(
    session: Session, caller: Principal, source: DisclosureSource, statement: dict[str, Json], opening: Json
) -> JSONResponse:
    anchor = source.anchor()
    if anchor is None:
        raise Unavailable("not_anchored", "the chain has no settlement contract yet; try again when it is anchored")
    kind = str(statement["type"])
    trail.record(session, actor=caller.user_id, action=f"disclosure.{kind}", outcome="allowed")
    document = compose(statement, opening, source.chain_id, anchor.l1_chain_id, anchor.settlement)
    headers = {"Content-Disposition": f'attachment; filename="{kind}.disclosure.json"', "Cache-Control": "no-store"}
    return JSONResponse(document, headers=headers)


def _hidden() -> NotFound:
    return NotFound("not_found", "no such fact, or not yours to know")


def _refusal(error: CoreError) -> Conflict | NotFound:
    if error.code == "absence_undisclosable":
        return Conflict(error.code, error.message)
    return _hidden()
