"""POST /rpc/wallet/{token}: one request at a time, by whoever knows the address.

The token is the credential. It is in no log and no audit entry, and the answer never repeats it.
"""

import asyncio
import logging
from concurrent.futures import Future

from starlette.requests import Request
from starlette.responses import Response

from prividium.db.engine import Database
from prividium.errors import Forbidden, PrividiumError, RateLimited, Unauthorized
from prividium.identity.credentials import address_of
from prividium.identity.principal import Principal
from prividium.identity.wallet_rpc_tokens import holder
from prividium.rpc.dispatch import Door, Noted, method_label, response, too_many
from prividium.rpc.envelope import (
    INTERNAL_ERROR,
    INVALID_REQUEST,
    Call,
    Malformed,
    RpcError,
    error_envelope,
    result_envelope,
)
from prividium.rpc.refusals import FORBIDDEN, UNAUTHORIZED, method_forbidden, refusal
from prividium.rpc.wallet.methods import WALLET_METHODS, Answer, WalletCall
from prividium.types import Json, to_hex

log = logging.getLogger(__name__)


class WalletDoor:
    """Beside the `door`, whose limits count for both."""

    def __init__(self, door: Door, database: Database) -> None:
        self._door = door
        self._database = database

    async def endpoint(self, request: Request) -> Response:
        request_id = str(request.state.request_id)
        try:
            body = await self._door.read(request)
            principal = await self._door.in_thread(self._who, request.path_params["token"], address_of(request))
            call = self._one_call(body)
        except RpcError as error:
            return response(error_envelope(None, error), 413 if error.reason == "body_too_large" else 200)
        except RateLimited as error:
            return too_many(error)
        except PrividiumError as error:
            if isinstance(error, Unauthorized):
                await self._record(Noted(None, "wallet", error.code, "", request_id))
            return response(error_envelope(None, refusal(error)), 200)
        answer = await self._answer(call, principal, request_id)
        return Response(status_code=200) if call.notification else response(answer, 200)

    def _who(self, token: str, address: str) -> Principal:
        """Raises Unauthorized and RateLimited; strangers cannot guess faster than the limit."""
        try:
            with self._database.read() as session:
                found = holder(session, token, address)
        except Unauthorized:
            self._door.spend_stranger(address)
            raise
        self._door.spend_person(found)
        return found

    def _one_call(self, body: bytes) -> Call:
        parsed = self._door.parse(body)
        item = parsed.items[0]
        if parsed.batch:
            raise RpcError(INVALID_REQUEST, "one request at a time", "batch_unsupported")
        if isinstance(item, Malformed):
            raise item.error
        return item

    async def _answer(self, call: Call, principal: Principal, request_id: str) -> Json:
        try:
            answer = await self._door.in_thread(self._run, call, principal)
            if isinstance(answer, Future):
                return result_envelope(call.id, to_hex(await asyncio.wrap_future(answer)))
            return result_envelope(call.id, answer)
        except Exception as error:
            shown = refusal(error)
            if shown.code in (FORBIDDEN, UNAUTHORIZED):
                reason = error.code if isinstance(error, Forbidden) else shown.reason
                await self._record(Noted(principal, f"wallet.{method_label(call.method)}", reason, "", request_id))
            elif shown.code == INTERNAL_ERROR:
                log.error("request %s: wallet method %s failed", request_id, method_label(call.method), exc_info=error)
            return error_envelope(call.id, shown)

    def _run(self, call: Call, principal: Principal) -> Answer:
        method = WALLET_METHODS.get(call.method)
        if method is None:
            raise method_forbidden(call.method[:64])
        return method.run(WalletCall(self._door.chain, self._database, principal), call.params)

    async def _record(self, note: Noted) -> None:
        await self._door.in_thread(self._door.record, [note])
