"""Parameters of the methods, parsed strictly as the Ethereum JSON-RPC specification (execution-apis) writes them.

Every function raises `RpcError(-32602)` naming the parameter and the problem.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from prividium._core import CallRequest
from prividium.errors import InvalidInput
from prividium.rpc.envelope import INVALID_PARAMS, RpcError
from prividium.types import Address, Hash32, Json, from_hex, parse_address, parse_hash

Params = Sequence[Json]
Tag = Literal["latest", "pending", "safe", "finalized", "earliest"]
BlockId = Tag | int | Hash32
"""A tag, a number or a hash."""

TAGS = frozenset(get_args(Tag))
CALL_FIELDS = frozenset({"from", "to", "gas", "value", "data", "input"})
PRICE_FIELDS = frozenset({"gasPrice", "maxFeePerGas", "maxPriorityFeePerGas", "nonce", "type", "chainId", "accessList"})
"""Accepted because wallets send them; gas is free and a simulation does not look at them."""
ALTERNATIVES_MAX = 100
QUANTITY_MAX = 2**256 - 1

_HASH_CHARACTERS = 66
_QUANTITY = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})")


@dataclass(frozen=True)
class AccountAt:
    address: Address
    block: BlockId


@dataclass(frozen=True)
class Simulation:
    sender: Address
    request: CallRequest
    to: Address | None
    data: bytes
    block: BlockId


@dataclass(frozen=True)
class BlockQuery:
    block: BlockId
    full: bool = False


@dataclass(frozen=True)
class IndexedQuery:
    block: BlockQuery
    index: int


@dataclass(frozen=True)
class FeeHistoryQuery:
    count: int
    newest: BlockId
    percentiles: int


def wrong(name: str, problem: str, reason: str = "params_invalid") -> RpcError:
    return RpcError(INVALID_PARAMS, f"invalid {name}: {problem}", reason)


def none(params: Params) -> None:
    arity(params, 0, 0)


def account_at(params: Params) -> AccountAt:
    arity(params, 1, 2)
    return AccountAt(address("address", params[0]), block_at(params, 1))


def raw_transaction(params: Params) -> bytes:
    arity(params, 1, 1)
    return data("transaction", params[0])


def hash_only(params: Params) -> Hash32:
    arity(params, 1, 1)
    return hash32("hash", params[0])


def block_by_number(params: Params) -> BlockQuery:
    arity(params, 1, 2)
    return BlockQuery(block_id("block", params[0]), _flag(params))


def block_by_hash(params: Params) -> BlockQuery:
    arity(params, 1, 2)
    return BlockQuery(hash32("block hash", params[0]), _flag(params))


def block_only(params: Params) -> BlockQuery:
    arity(params, 1, 1)
    return BlockQuery(block_id("block", params[0]))


def indexed_by_number(params: Params) -> IndexedQuery:
    arity(params, 2, 2)
    return IndexedQuery(block_by_number(params[:1]), quantity("index", params[1]))


def indexed_by_hash(params: Params) -> IndexedQuery:
    arity(params, 2, 2)
    return IndexedQuery(block_by_hash(params[:1]), quantity("index", params[1]))


def fee_history(params: Params) -> FeeHistoryQuery:
    arity(params, 2, 3)
    percentiles = params[2] if len(params) > 2 and params[2] is not None else []
    if not isinstance(percentiles, list) or len(percentiles) > ALTERNATIVES_MAX:
        raise wrong("percentiles", f"an array of at most {ALTERNATIVES_MAX} numbers")
    count = params[0]
    number = count if isinstance(count, int) and not isinstance(count, bool) else quantity("block count", count)
    if not 1 <= number <= 1024:
        raise wrong("block count", "between 1 and 1024")
    return FeeHistoryQuery(number, block_id("newest block", params[1]), len(percentiles))


def simulation(params: Params) -> Simulation:
    """`{from, to, gas, value, data | input}` and a block; state overrides are not supported."""
    if len(params) > 2:
        raise wrong("params", "state overrides are not supported", "state_overrides_unsupported")
    arity(params, 1, 2)
    fields = object_of("call", params[0], CALL_FIELDS | PRICE_FIELDS)
    if fields.get("from") is None:
        raise wrong("call", "`from` is required: one of your wallets", "from_required")
    sender = address("from", fields["from"])
    to = None if fields.get("to") is None else address("to", fields["to"])
    payload = _payload(fields)
    gas = None if fields.get("gas") is None else quantity("gas", fields["gas"])
    if gas is not None and gas >= 2**64:
        raise wrong("gas", "must be below 2^64")
    value = 0 if fields.get("value") is None else quantity("value", fields["value"])
    return Simulation(sender, CallRequest(sender, to, payload, value, gas), to, payload, block_at(params, 1))


def block_id(name: str, value: Json) -> BlockId:
    """A tag, a quantity, a hash, or an EIP-1898 object."""
    if isinstance(value, dict):
        fields = object_of(name, value, frozenset({"blockNumber", "blockHash", "requireCanonical"}))
        if (fields.get("blockNumber") is None) == (fields.get("blockHash") is None):
            raise wrong(name, "give blockNumber or blockHash")
        if fields.get("blockHash") is not None:
            return hash32(name, fields["blockHash"])
        return quantity(name, fields["blockNumber"])
    if isinstance(value, str) and value in TAGS:
        return _tag(value)
    if isinstance(value, str) and len(value) == _HASH_CHARACTERS:
        return hash32(name, value)
    number = quantity(name, value)
    if number >= 2**63:
        raise wrong(name, "no such block number")
    return number


def quantity(name: str, value: Json) -> int:
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise wrong(name, "expected a quantity: 0x and hexadecimal digits without leading zeros")
    return int(value, 16)


def data(name: str, value: Json, length: int | None = None) -> bytes:
    if not isinstance(value, str):
        raise wrong(name, "expected 0x-prefixed hexadecimal data")
    try:
        return from_hex(value, length)
    except InvalidInput as error:
        raise wrong(name, error.message, error.code) from None


def address(name: str, value: Json) -> Address:
    return parse_address("0x" + data(name, value, 20).hex())


def hash32(name: str, value: Json) -> Hash32:
    return parse_hash("0x" + data(name, value, 32).hex())


def _tag(value: str) -> Tag:
    return next(tag for tag in get_args(Tag) if tag == value)


def arity(params: Params, least: int, most: int) -> None:
    if not least <= len(params) <= most:
        expected = str(most) if least == most else f"{least} to {most}"
        raise wrong("params", f"expected {expected} parameters, got {len(params)}")


def block_at(params: Params, index: int) -> BlockId:
    if len(params) <= index or params[index] is None:
        return "latest"
    return block_id("block", params[index])


def _flag(params: Params) -> bool:
    if len(params) < 2:
        return False
    if not isinstance(params[1], bool):
        raise wrong("second parameter", "expected true or false")
    return params[1]


def object_of(name: str, value: Json, known: frozenset[str]) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise wrong(name, "expected an object")
    unknown = sorted(set(value) - known)
    if unknown:
        raise wrong(name, f"field {unknown[0][:40]!r} is not supported")
    return value


def _payload(fields: dict[str, Json]) -> bytes:
    given = [data(name, fields[name]) for name in ("data", "input") if fields.get(name) is not None]
    if len(given) == 2 and given[0] != given[1]:
        raise wrong("call", "`data` and `input` differ; give one of them")
    return given[0] if given else b""
