"""Conditions of rules and their bytes in the policy table (docs/protocol/policy.md, "Conditions")."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from prividium.errors import InvalidInput

LISTED_MAX: Final = 256
LIMITS_PER_RULE_MAX: Final = 4
PERIOD_SECONDS_MAX: Final = 0xFFFFFFFF
MAXIMUM_BITS: Final = 192
_SIGNER, _ONE_OF, _BETWEEN = 1, 2, 3
_CALLS, _SUM = 0, 1
_SECONDS_MAX: Final = 2**64 - 1

Path: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class IsSigner:
    """The word is the address of who signs."""

    def encode(self) -> bytes:
        return bytes([_SIGNER])


@dataclass(frozen=True)
class IsOneOf:
    """The word is one of these."""

    words: frozenset[bytes]

    def encode(self) -> bytes:
        if not 0 < len(self.words) <= LISTED_MAX:
            raise InvalidInput("values_count_invalid", f"a list holds 1 to {LISTED_MAX} different values")
        return bytes([_ONE_OF]) + len(self.words).to_bytes(2, "big") + b"".join(sorted(self.words))


@dataclass(frozen=True)
class IsBetween:
    """The word is a number from `low` to `high`, both included."""

    low: bytes
    high: bytes

    def encode(self) -> bytes:
        return bytes([_BETWEEN]) + self.low + self.high


@dataclass(frozen=True)
class Predicate:
    """Every word at the end of `path` passes `test`, and there is one."""

    path: Path
    test: IsSigner | IsOneOf | IsBetween

    def encode(self) -> bytes:
        return encode_path(self.path) + self.test.encode()


@dataclass(frozen=True)
class Limit:
    """At most `maximum` calls in `period` seconds; with `path`, the words at its end add up to at most that."""

    period: int
    maximum: int
    path: Path | None = None

    def __post_init__(self) -> None:
        if not 0 < self.period <= PERIOD_SECONDS_MAX:
            raise InvalidInput("limit_period_invalid", f"a period has 1 to {PERIOD_SECONDS_MAX} seconds")
        if not 0 <= self.maximum < 1 << MAXIMUM_BITS:
            raise InvalidInput("limit_maximum_invalid", f"a maximum is a number below 2^{MAXIMUM_BITS}")

    def identity(self) -> bytes:
        """All of it but the maximum."""
        kind = _CALLS if self.path is None else _SUM
        return bytes([kind]) + self.period.to_bytes(4, "big") + encode_path(self.path or ())

    def encode(self) -> bytes:
        return self.identity() + self.maximum.to_bytes(MAXIMUM_BITS // 8, "big")


@dataclass(frozen=True)
class Conditions:
    """What a rule asks beyond its type; raises InvalidInput for a span that is none and for equal limits."""

    valid_from: int = 0
    """First second in which the rule applies."""
    valid_until: int = 0
    """First second in which it applies no more; 0: never."""
    types: bytes = b""
    """Of all arguments; empty if neither predicates nor sums read any."""
    predicates: tuple[Predicate, ...] = ()
    limits: tuple[Limit, ...] = ()

    def __post_init__(self) -> None:
        if not (0 <= self.valid_from <= _SECONDS_MAX and 0 <= self.valid_until <= _SECONDS_MAX):
            raise InvalidInput("validity_invalid", "a rule's time lies between 1970 and the end of 64-bit seconds")
        if self.valid_until and self.valid_from >= self.valid_until:
            raise InvalidInput("validity_invalid", "a rule must begin before it ends")
        if len({limit.identity() for limit in self.limits}) != len(self.limits):
            raise InvalidInput("limit_twice", "two limits count the same over the same period; keep the lower one")
        if len(self.limits) > LIMITS_PER_RULE_MAX:
            raise InvalidInput("rule_too_large", f"a rule holds at most {LIMITS_PER_RULE_MAX} limits")

    def __bool__(self) -> bool:
        return bool(self.valid_from or self.valid_until or self.predicates or self.limits)

    def encode(self) -> bytes:
        limits = sorted(self.limits, key=Limit.identity)
        return b"".join(
            (
                self.valid_from.to_bytes(8, "big"),
                self.valid_until.to_bytes(8, "big"),
                len(self.types).to_bytes(2, "big"),
                self.types,
                _counted(predicate.encode() for predicate in self.predicates),
                _counted(limit.encode() for limit in limits),
            )
        )


NO_CONDITIONS: Final = Conditions()


def encode_path(path: Path) -> bytes:
    return bytes([len(path)]) + b"".join(step.to_bytes(2, "big") for step in path)


def _counted(items: Iterable[bytes]) -> bytes:
    listed = list(items)
    return bytes([len(listed)]) + b"".join(listed)
