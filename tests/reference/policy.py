"""Conditions of rules (policy.md, "Conditions" and "Limits"), judged on decoded values instead of bytes.

Call data is canonical if encoding what it decodes to gives the same bytes again.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError, ParseError

Step = int | Literal["*"]
COUNTERS = hashlib.sha256(b"prividium.policy.counters").digest()[:20]


@dataclass(frozen=True)
class Predicate:
    """`test` is "signer", a list of values, or a pair (low, high) of numbers."""

    path: tuple[Step, ...]
    test: Literal["signer"] | list[Any] | tuple[int, int]


@dataclass(frozen=True)
class Limit:
    period: int
    maximum: int
    path: tuple[Step, ...] | None = None


def decoded(types: Sequence[str], data: bytes) -> tuple[Any, ...] | None:
    """The arguments, or None if `data` is not their one encoding."""
    try:
        # A string is whatever bytes it holds: Solidity does not ask for UTF-8 either.
        listed = [type_.replace("string", "bytes") for type_ in types]
        values = decode(listed, data)
        return values if encode(listed, values) == data else None
    except (DecodingError, EncodingError, ParseError, OverflowError):
        return None


def at(value: object, path: Sequence[Step]) -> Iterator[Any]:
    """Every value that the path leads to."""
    if not path:
        yield value
    elif path[0] == "*":
        for element in value:
            yield from at(element, path[1:])
    elif path[0] < len(value):
        yield from at(value[path[0]], path[1:])


def holds(predicate: Predicate, values: tuple[Any, ...], signer: bytes) -> bool:
    found = list(at(values, predicate.path))
    return bool(found) and all(passes(predicate.test, value, signer) for value in found)


def passes(test: Literal["signer"] | list[Any] | tuple[int, int], value: object, signer: bytes) -> bool:
    if test == "signer":
        return bool(value == "0x" + signer.hex())
    if isinstance(test, list):
        return value in test
    low, high = test
    return isinstance(value, int) and low <= value <= high


def arguments_are_right(
    types: Sequence[str], predicates: Sequence[Predicate], data: bytes, signer: bytes
) -> bool | None:
    """None if the arguments cannot be read."""
    values = decoded(types, data[4:])
    return None if values is None else all(holds(predicate, values, signer) for predicate in predicates)


def counter_slot(account: bytes, target: bytes, selector: bytes, limit: Limit) -> bytes:
    steps = b"".join((0xFFFF if step == "*" else step).to_bytes(2, "big") for step in limit.path or ())
    identity = bytes([0 if limit.path is None else 1]) + limit.period.to_bytes(4, "big")
    identity += bytes([len(limit.path or ())]) + steps
    return hashlib.sha256(account + target + selector + identity + b"\x0e").digest()


class Counter:
    """One user's counter for one limit."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.sums: dict[int, int] = {}

    def count(self, timestamp: int, values: tuple[Any, ...]) -> bool:
        """Counts the call and says so, or does neither."""
        period = timestamp // self.limit.period
        amount = 1 if self.limit.path is None else sum(at(values, self.limit.path))
        after = self.sums.get(period, 0) + amount
        if after > self.limit.maximum:
            return False
        self.sums[period] = after
        return True

    def word(self, timestamp: int) -> bytes:
        """The slot's value after the last counted call, made at `timestamp`."""
        period = timestamp // self.limit.period
        return period.to_bytes(8, "big") + self.sums[period].to_bytes(24, "big")
