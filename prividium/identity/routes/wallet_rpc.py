"""/api/wallet: the secret address for a person's wallet."""

from fastapi import APIRouter, Response

from prividium.audit import trail
from prividium.db.edge import WriteSession
from prividium.errors import Forbidden
from prividium.identity.caller import Caller, RequestId, TheIdentity
from prividium.identity.principal import Principal
from prividium.rest import Answer

router = APIRouter(prefix="/wallet", tags=["wallet"])


class TokenAnswer(Answer):
    token: str
    """The address for the wallet is `/rpc/wallet/{token}`."""


class RenewedAnswer(Answer):
    new_wallet_token: str
    message: str = "All previous wallet tokens have been invalidated"


def _user(caller: Principal) -> str:
    if caller.kind != "user":
        raise Forbidden("session_required", "a machine sends headers: it needs no address of its own")
    return caller.user_id


@router.get("/personal-rpc-token")
def show_token(
    response: Response, caller: Caller, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> TokenAnswer:
    """The same until it is invalidated; applications show it to the wallet."""
    response.headers["Cache-Control"] = "no-store"
    shown = identity.wallet_rpc_tokens.show(session, _user(caller))
    if shown.is_new:
        _note(session, caller, "wallet.token.create", request_id)
    return TokenAnswer(token=shown.token)


@router.post("/invalidate")
def renew_token(
    response: Response, caller: Caller, session: WriteSession, identity: TheIdentity, request_id: RequestId
) -> RenewedAnswer:
    """A new token; the old one ends, and so does what was authorised."""
    response.headers["Cache-Control"] = "no-store"
    token = identity.wallet_rpc_tokens.renew(session, _user(caller))
    _note(session, caller, "wallet.token.invalidate", request_id)
    return RenewedAnswer(new_wallet_token=token)


def _note(session: WriteSession, caller: Principal, action: str, request_id: str) -> None:
    trail.record(session, actor=caller.user_id, action=action, outcome="allowed", request_id=request_id)
