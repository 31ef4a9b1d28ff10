"""Methods that run code: judged by the policy at every call frame, in the core."""

from concurrent.futures import Future
from dataclasses import dataclass

from prividium._core import Transaction, decode_transaction
from prividium.errors import Forbidden
from prividium.rpc import params
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.params import Params, Simulation
from prividium.types import Address, Json, to_hex, to_quantity

PRECOMPILE_NUMBER_MAX = 0x1FF
"""Precompiles lie at small numbers (EIP-7951 has the largest today, 0x100)."""


@dataclass(frozen=True)
class SignedTransaction:
    raw: bytes
    transaction: Transaction


def parse_signed(values: Params) -> SignedTransaction:
    """Decodes and recovers the signer; raises `CoreError`."""
    raw = params.raw_transaction(values)
    return SignedTransaction(raw, decode_transaction(raw))


def permit_signed(chain: Chain, caller: Caller, signed: SignedTransaction) -> None:
    _require_own(caller, Address(signed.transaction.sender))


def permit_simulation(chain: Chain, caller: Caller, simulation: Simulation) -> None:
    """`from` must be the caller's own. The policy judges the rest when the call runs, empty data included."""
    _require_own(caller, simulation.sender)


def call(chain: Chain, caller: Caller, simulation: Simulation) -> Json:
    chain.require_head(simulation.block)
    _require_readable(chain, caller, simulation)
    return to_hex(chain.ledger.call(simulation.request, judged=True))


def estimate_gas(chain: Chain, caller: Caller, simulation: Simulation) -> Json:
    chain.require_head(simulation.block)
    return to_quantity(chain.ledger.estimate_gas(simulation.request, judged=True))


def send(chain: Chain, caller: Caller, signed: SignedTransaction) -> Future[bytes]:
    """The hash, once the transaction is durable: a crash after the answer does not lose it."""
    return chain.submit(signed.raw)


def _require_own(caller: Caller, sender: Address) -> None:
    if not caller.person.owns(sender):
        raise Forbidden("wallet.not_owned_by_user", "forbidden")


def _require_readable(chain: Chain, caller: Caller, simulation: Simulation) -> None:
    """A read of an address without code is refused like that of a contract without rule: they must look alike."""
    to = simulation.to
    if to is None or caller.person.owns(to) or int.from_bytes(to, "big") <= PRECOMPILE_NUMBER_MAX:
        return
    if not chain.ledger.code(to):
        raise Forbidden("permission.missing", "forbidden")
