"""POST /api/wallet/transaction-authorization: announce the transaction that one's wallet is going to send."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from prividium._core import Ledger, PolicyTable
from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.errors import Forbidden, InvalidInput
from prividium.identity.caller import Caller, RequestId, TheIdentity
from prividium.identity.principal import Principal
from prividium.permissions.decide import Call, Deny, judge_call, record_denial
from prividium.permissions.readable import PRECOMPILE_NUMBER_MAX
from prividium.permissions.source import PolicySource
from prividium.rest import AddressIn, Answer, Body, address_text, time_text
from prividium.rpc.wallet import allowances
from prividium.rpc.wallet.allowances import NONCE_MAX, VALUE_MAX, Announced
from prividium.types import Address, from_hex, to_hex

router = APIRouter(prefix="/api/wallet", tags=["wallet"])

DATA_LENGTH_MAX = 2 + 2 * 2**18
Data = Annotated[str, Field(pattern=r"^0x([0-9a-fA-F]{2})*$", max_length=DATA_LENGTH_MAX)]
Amount = Annotated[str, Field(pattern=r"^(0|[1-9][0-9]{0,77})$")]


@dataclass(frozen=True)
class WalletSource:
    """What the route needs of the node; `app.state.wallet_source` holds it."""

    ledger: Ledger
    policy: PolicySource


def _source(request: Request) -> WalletSource:
    return cast(WalletSource, request.app.state.wallet_source)


Source = Annotated[WalletSource, Depends(_source)]


class AuthorizationBody(Body):
    wallet_address: AddressIn
    nonce: Annotated[int, Field(ge=0, le=NONCE_MAX)]
    to_address: AddressIn | None
    """null creates a contract."""
    calldata: Data = "0x"
    value: Amount = "0"
    """In wei, decimal."""


class AuthorizationAnswer(Answer):
    message: str = "RPC enabled for this transaction"
    active_until: str


@router.post("/transaction-authorization")
def authorize_transaction(
    body: AuthorizationBody,
    caller: Caller,
    session: WriteSession,
    identity: TheIdentity,
    source: Source,
    request_id: RequestId,
) -> AuthorizationAnswer:
    """For an hour the wallet may send exactly this transaction by its secret address, if the rules allow it then."""
    announced = _announced(body)
    if caller.kind != "user":
        raise Forbidden("session_required", "a machine sends headers: it needs no address of its own")
    reason = _denial(source, caller, announced)
    if reason is not None:
        # Which rule denied would tell whether a contract exists; the trail knows.
        subject = "creation" if announced.to is None else f"{to_hex(announced.to)} {to_hex(announced.data[:4])}"
        record_denial(identity.database, caller, reason, "wallet.authorize", subject, request_id)
        raise Forbidden("transaction_not_allowed", "you may not send this transaction")
    active_until = allowances.announce(session, caller.user_id, announced)
    trail.record(
        session,
        actor=caller.user_id,
        action="wallet.authorize",
        outcome="allowed",
        subject=address_text(announced.wallet),
        request_id=request_id,
    )
    return AuthorizationAnswer(active_until=time_text(active_until))


def _announced(body: AuthorizationBody) -> Announced:
    to = None if body.to_address is None else Address(body.to_address)
    data, value = from_hex(body.calldata), int(body.value)
    if value > VALUE_MAX:
        raise InvalidInput("value_invalid", "a value is below 2^256")
    if not data and (value == 0 or to is None):
        raise InvalidInput("transaction_empty", "the transaction has neither call data nor a value to transfer")
    return Announced(Address(body.wallet_address), body.nonce, to, data, value)


def _denial(source: WalletSource, caller: Principal, announced: Announced) -> str | None:
    """The door's verdict on the call itself; its frames are judged when it is sent."""
    table: PolicyTable = source.policy.table()
    has_code, precompile = False, False
    if announced.to is not None:
        has_code = bool(source.ledger.code(announced.to))
        precompile = int.from_bytes(announced.to, "big") <= PRECOMPILE_NUMBER_MAX
    call = Call(announced.wallet, announced.to, announced.data, "write", has_code, precompile)
    decision = judge_call(table, caller, call)
    return decision.reason if isinstance(decision, Deny) else None
