"""Parameters of the methods that run code in other ways than one call: proofs, traces, simulations, waiting sends."""

from dataclasses import dataclass
from typing import Final

from prividium.rpc import params
from prividium.rpc.params import BlockId, Params, Simulation, arity, block_at, data, object_of, quantity, wrong
from prividium.types import Address, Hash32, Json

SLOTS_MAX: Final = 100
SIMULATED_BLOCKS_MAX: Final = 16
SIMULATED_CALLS_MAX: Final = 64
TRACER: Final = "callTracer"
_SLOT_BYTES: Final = 32
_TRACE_FIELDS: Final = frozenset({"tracer", "tracerConfig", "timeout"})
_TRACER_FIELDS: Final = frozenset({"onlyTopCall", "withLog"})
_SIMULATION_FIELDS: Final = frozenset({"blockStateCalls", "traceTransfers", "validation", "returnFullTransactions"})
_BLOCK_FIELDS: Final = frozenset({"calls", "blockOverrides", "stateOverrides"})


@dataclass(frozen=True)
class SlotAt:
    address: Address
    slot: int
    block: BlockId


@dataclass(frozen=True)
class ProofQuery:
    address: Address
    slots: tuple[int, ...]
    block: BlockId


@dataclass(frozen=True)
class TraceOptions:
    only_top: bool


@dataclass(frozen=True)
class TransactionTrace:
    hash: Hash32
    options: TraceOptions


@dataclass(frozen=True)
class CallTrace:
    call: Simulation
    options: TraceOptions


@dataclass(frozen=True)
class Sequence:
    """Blocks of calls, each on the state that those before it left."""

    blocks: tuple[tuple[Simulation, ...], ...]
    block: BlockId


def storage_at(values: Params) -> SlotAt:
    arity(values, 2, 3)
    return SlotAt(params.address("address", values[0]), _slot(values[1]), block_at(values, 2))


def proof(values: Params) -> ProofQuery:
    arity(values, 2, 3)
    if not isinstance(values[1], list) or len(values[1]) > SLOTS_MAX:
        raise wrong("storage keys", f"expected an array of at most {SLOTS_MAX}")
    slots = tuple(_slot(item) for item in values[1])
    return ProofQuery(params.address("address", values[0]), slots, block_at(values, 2))


def transaction_trace(values: Params) -> TransactionTrace:
    arity(values, 1, 2)
    return TransactionTrace(params.hash32("hash", values[0]), _options(values, 1))


def call_trace(values: Params) -> CallTrace:
    arity(values, 1, 3)
    return CallTrace(params.simulation(values[:2]), _options(values, 2))


def sequence(values: Params) -> Sequence:
    """`{blockStateCalls: [{calls}]}` and a block. Nothing can be overridden: a contract may tell in a state, or at a
    time, that has not come what it does not tell now.
    """
    arity(values, 1, 2)
    fields = object_of("simulation", values[0], _SIMULATION_FIELDS)
    for name in sorted(_SIMULATION_FIELDS - {"blockStateCalls"}):
        if fields.get(name) not in (None, False):
            raise wrong("simulation", f"{name} is not supported", "simulation_unsupported")
    blocks = fields.get("blockStateCalls")
    if not isinstance(blocks, list) or not 1 <= len(blocks) <= SIMULATED_BLOCKS_MAX:
        raise wrong("blockStateCalls", f"expected an array of 1 to {SIMULATED_BLOCKS_MAX} blocks")
    calls = tuple(_block_calls(item) for item in blocks)
    if not 1 <= sum(len(block) for block in calls) <= SIMULATED_CALLS_MAX:
        raise wrong("blockStateCalls", f"expected 1 to {SIMULATED_CALLS_MAX} calls in all")
    return Sequence(calls, block_at(values, 1))


def sync_timeout(values: Params) -> int | None:
    """The second parameter of eth_sendRawTransactionSync, in milliseconds: a number (EIP-7966) or a quantity (viem)."""
    arity(values, 1, 2)
    if len(values) < 2 or values[1] is None:
        return None
    given = values[1]
    found = given if isinstance(given, int) and not isinstance(given, bool) else quantity("timeout", given)
    if found < 1:
        raise wrong("timeout", "at least 1 millisecond")
    return found


def text(values: Params) -> str:
    """One identifier."""
    arity(values, 1, 1)
    if not isinstance(values[0], str):
        raise wrong("id", "expected a string")
    return values[0]


def bytes_only(values: Params) -> bytes:
    arity(values, 1, 1)
    return data("data", values[0])


def _block_calls(item: Json) -> tuple[Simulation, ...]:
    fields = object_of("block", item, _BLOCK_FIELDS)
    for name in ("blockOverrides", "stateOverrides"):
        if fields.get(name):
            raise wrong("block", f"{name} are not supported", "state_overrides_unsupported")
    calls = fields.get("calls")
    if not isinstance(calls, list):
        raise wrong("calls", "expected an array")
    return tuple(params.simulation([call]) for call in calls)


def _options(values: Params, index: int) -> TraceOptions:
    given = object_of("trace options", values[index], _TRACE_FIELDS) if len(values) > index else {}
    if given.get("tracer") != TRACER:
        raise wrong("trace options", f'the only tracer is {{"tracer": "{TRACER}"}}', "tracer_unsupported")
    config = object_of("tracerConfig", given.get("tracerConfig") or {}, _TRACER_FIELDS)
    if any(not isinstance(value, bool) for value in config.values()):
        raise wrong("tracerConfig", "expected true or false")
    if config.get("withLog"):
        raise wrong("tracerConfig", "withLog is not supported; logs are in the receipt", "tracer_unsupported")
    return TraceOptions(only_top=bool(config.get("onlyTopCall")))


def _slot(value: Json) -> int:
    """A storage slot: 32 bytes, or a quantity."""
    if isinstance(value, str) and len(value) == 2 + 2 * _SLOT_BYTES:
        return int.from_bytes(data("storage key", value, _SLOT_BYTES), "big")
    return quantity("storage key", value)
