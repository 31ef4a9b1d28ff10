"""Methods that run code: judged by the policy at every call frame, in the core."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from anyio.to_thread import run_sync

from prividium import clock
from prividium._core import Transaction, decode_transaction
from prividium.errors import Forbidden
from prividium.permissions.readable import must_be_contract
from prividium.rpc import execution_params, params
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import RpcError
from prividium.rpc.handlers import filtered
from prividium.rpc.params import Params, Simulation
from prividium.rpc.refusals import SYNC_TIMEOUT, dropped
from prividium.types import Address, Hash32, Json, to_hex, to_quantity

SYNC_MS_DEFAULT: Final = 2_000
DROPPED_LOOK_SECONDS: Final = 0.5
"""How often a waiting send looks whether its transaction was dropped, which no block announces."""


@dataclass(frozen=True)
class SignedTransaction:
    raw: bytes
    transaction: Transaction
    timeout_ms: int | None = None


def parse_signed(values: Params) -> SignedTransaction:
    """Decodes and recovers the signer; raises `CoreError`."""
    raw = params.raw_transaction(values)
    return SignedTransaction(raw, decode_transaction(raw))


def parse_signed_sync(values: Params) -> SignedTransaction:
    timeout_ms = execution_params.sync_timeout(values)
    raw = params.raw_transaction(values[:1])
    return SignedTransaction(raw, decode_transaction(raw), timeout_ms)


def permit_signed(chain: Chain, caller: Caller, signed: SignedTransaction) -> None:
    _require_own(caller, Address(signed.transaction.sender))


def permit_simulation(chain: Chain, caller: Caller, simulation: Simulation) -> None:
    """`from` must be the caller's own. The policy judges the rest when the call runs, empty data included."""
    _require_own(caller, simulation.sender)


def call(chain: Chain, caller: Caller, simulation: Simulation) -> Json:
    chain.require_head(simulation.block)
    if _of_contract(caller, simulation):
        return to_hex(chain.ledger.read(simulation.request))
    return to_hex(chain.ledger.call(simulation.request, judged=True))


async def call_soon(chain: Chain, caller: Caller, simulation: Simulation) -> Json:
    """As `call`, without a thread."""
    chain.require_head(simulation.block)
    return to_hex(await chain.reads.run(simulation.request, of_contract=_of_contract(caller, simulation)))


def estimate_gas(chain: Chain, caller: Caller, simulation: Simulation) -> Json:
    chain.require_head(simulation.block)
    return to_quantity(chain.ledger.estimate_gas(simulation.request, judged=True))


def send(chain: Chain, caller: Caller, signed: SignedTransaction) -> Future[bytes]:
    """The hash, once the transaction is durable: a crash after the answer does not lose it."""
    return chain.submit(signed.raw)


def send_sync(chain: Chain, caller: Caller, signed: SignedTransaction) -> Coroutine[None, None, Json]:
    """EIP-7966: the receipt as its sender sees it, once the transaction is in a block."""
    longest = chain.limits.sync_ms_max
    timeout_ms = min(longest, signed.timeout_ms or SYNC_MS_DEFAULT)
    return _receipt_of(chain.live, caller.unprivileged, chain.submit(signed.raw), timeout_ms)


async def _receipt_of(chain: Chain, caller: Caller, submitted: Future[bytes], timeout_ms: int) -> Json:
    deadline = clock.monotonic() + timeout_ms / 1000
    transaction_hash = Hash32(await asyncio.wrap_future(submitted))
    if not chain.waiting.acquire(blocking=False):
        raise _not_yet("the transaction is accepted, but too many others are waited for", transaction_hash)
    try:
        while True:
            height = chain.height
            found = await run_sync(_receipt_or_drop, chain, caller, transaction_hash)
            if found is not None:
                return found
            left = deadline - clock.monotonic()
            if left <= 0:
                text = f"the transaction is accepted but was in no block within {timeout_ms} ms"
                raise _not_yet(text, transaction_hash)
            await chain.heights.beyond(height, min(left, DROPPED_LOOK_SECONDS))
    finally:
        chain.waiting.release()


def _receipt_or_drop(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Json:
    found = filtered.receipt(chain, caller, transaction_hash)
    code = chain.ledger.dropped(transaction_hash) if found is None else None
    if code is not None:
        raise dropped(code)
    return found


def _not_yet(text: str, transaction_hash: Hash32) -> RpcError:
    return RpcError(SYNC_TIMEOUT, text, "sync_timeout", to_hex(transaction_hash))


def _require_own(caller: Caller, sender: Address) -> None:
    if not caller.person.owns(sender):
        raise Forbidden("wallet.not_owned_by_user", "forbidden")


def require_readable(chain: Chain, caller: Caller, simulation: Simulation) -> None:
    """Raises DeniedError for a read that `call` would not run at all."""
    if _of_contract(caller, simulation):
        chain.ledger.require_readable(simulation.request)


def _of_contract(caller: Caller, simulation: Simulation) -> bool:
    to = simulation.to
    return must_be_contract(to, is_own=to is not None and caller.person.owns(to))
