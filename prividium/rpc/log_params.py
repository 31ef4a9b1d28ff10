"""Parameters of the methods about logs: filters, pages of them, subscriptions."""

from dataclasses import dataclass, replace

from prividium.ledger.index import Topic
from prividium.rpc.params import (
    ALTERNATIVES_MAX,
    BlockId,
    Params,
    address,
    arity,
    block_id,
    data,
    hash32,
    object_of,
    quantity,
    wrong,
)
from prividium.types import Address, Hash32, Json, to_hex

FILTER_FIELDS = frozenset({"fromBlock", "toBlock", "address", "topics", "blockHash"})
PAGE_FIELDS = frozenset({"limit", "cursor"})
TOPICS_MAX = 4
_CURSOR_BYTES = 12


@dataclass(frozen=True, order=True)
class Cursor:
    """The last log that was shown, as its reader numbers the logs of the block: it tells what that log told."""

    block: int
    log_index: int

    def text(self) -> str:
        return to_hex(self.block.to_bytes(8, "big") + self.log_index.to_bytes(4, "big"))


@dataclass(frozen=True)
class Paging:
    limit: int | None
    after: Cursor | None


@dataclass(frozen=True)
class LogFilter:
    """Either `block_hash` or the range is set. `paging` is None where the whole answer is wanted."""

    block_hash: Hash32 | None
    first: BlockId
    last: BlockId
    addresses: frozenset[Address]
    topics: tuple[Topic, ...]
    paging: Paging | None = None


def log_page(params: Params) -> LogFilter:
    """A filter, with `limit` and `cursor` if the answer shall come in pages."""
    arity(params, 1, 1)
    fields = object_of("filter", params[0], FILTER_FIELDS | PAGE_FIELDS)
    paged = bool(PAGE_FIELDS & set(fields))
    plain = log_filter([{name: value for name, value in fields.items() if name not in PAGE_FIELDS}])
    return replace(plain, paging=_paging(fields)) if paged else plain


def log_filter(params: Params) -> LogFilter:
    arity(params, 1, 1)
    fields = object_of("filter", params[0], FILTER_FIELDS)
    block_hash = None if fields.get("blockHash") is None else hash32("blockHash", fields["blockHash"])
    if block_hash is not None and (fields.get("fromBlock") is not None or fields.get("toBlock") is not None):
        raise wrong("filter", "blockHash cannot be combined with fromBlock or toBlock")
    first = "latest" if fields.get("fromBlock") is None else block_id("fromBlock", fields["fromBlock"])
    last = "latest" if fields.get("toBlock") is None else block_id("toBlock", fields["toBlock"])
    return LogFilter(block_hash, first, last, _addresses(fields.get("address")), _topics(fields.get("topics")))


def _paging(fields: dict[str, Json]) -> Paging:
    limit = None if fields.get("limit") is None else quantity("limit", fields["limit"])
    if limit == 0:
        raise wrong("limit", "at least 1")
    if fields.get("cursor") is None:
        return Paging(limit, None)
    cursor = data("cursor", fields["cursor"], _CURSOR_BYTES)
    return Paging(limit, Cursor(int.from_bytes(cursor[:8], "big"), int.from_bytes(cursor[8:], "big")))


def subscription(params: Params) -> "LogFilter | None":
    """`newHeads`, or `logs` with an optional filter; None for heads."""
    arity(params, 1, 2)
    match params[0]:
        case "newHeads":
            arity(params, 1, 1)
            return None
        case "logs":
            wanted = object_of("filter", params[1], frozenset({"address", "topics"})) if len(params) == 2 else {}
            return log_filter([wanted])
    raise wrong("subscription", "newHeads or logs; others would tell about other people", "subscription_unsupported")


def _addresses(value: Json) -> frozenset[Address]:
    if value is None:
        return frozenset()
    listed = value if isinstance(value, list) else [value]
    if len(listed) > ALTERNATIVES_MAX:
        raise wrong("address", f"at most {ALTERNATIVES_MAX} addresses")
    return frozenset(address("address", item) for item in listed)


def _topics(value: Json) -> tuple[Topic, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > TOPICS_MAX:
        raise wrong("topics", f"expected an array of at most {TOPICS_MAX}")
    return tuple(_topic(item) for item in value)


def _topic(value: Json) -> Topic:
    if value is None:
        return frozenset()
    listed = value if isinstance(value, list) else [value]
    if len(listed) > ALTERNATIVES_MAX:
        raise wrong("topics", f"at most {ALTERNATIVES_MAX} alternatives")
    return frozenset(hash32("topic", item) for item in listed)
