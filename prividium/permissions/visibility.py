"""What of the chain a caller sees: the one place that decides it, for transactions, receipts, logs, blocks, traces,
simulations and subscriptions. Pure: the same facts and rules give the same view.

| caller                              | transaction | logs                                                   |
|-------------------------------------|-------------|--------------------------------------------------------|
| holds `full_read_access`            | Full        | all                                                    |
| sent it                             | Full        | allowed by event rules, or naming nobody but the caller |
| is its recipient                    | Full        | allowed by event rules                                 |
| event rules allow some of its logs  | Redacted    | those                                                  |
| anybody else, or nobody             | Hidden      | none                                                   |

A log names a person if one of its topics, or a word of its data, is a linked wallet of that person. One that names
another person is shown to the sender only if it names the sender too, as a transfer between the two does.

Redacted shows where the transaction lies and the allowed logs: neither sender, recipient, value, nonce, input nor gas.
Hidden must be answered exactly as if the transaction did not exist.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from prividium.identity.principal import Principal
from prividium.permissions.event_rules import EventRules, LogFacts
from prividium.types import Address

FULL_READ: Final = "full_read_access"
_WORD: Final = 32
_PADDING: Final = bytes(12)
_SELECTOR: Final = 4
_CALLS: Final = ("CALL", "STATICCALL", "DELEGATECALL", "CALLCODE")


@dataclass(frozen=True)
class Sight:
    """What decides beside the record that is looked at."""

    rules: EventRules
    people: frozenset[Address]
    """Every linked wallet of anybody."""


@dataclass(frozen=True)
class Full:
    logs: tuple[int, ...]
    """Indices of the visible logs within the transaction."""


@dataclass(frozen=True)
class Redacted:
    logs: tuple[int, ...]


@dataclass(frozen=True)
class Hidden:
    logs: tuple[int, ...] = ()


View: TypeAlias = Full | Redacted | Hidden


class LogContent(LogFacts, Protocol):
    @property
    def data(self) -> bytes: ...


class FrameFacts(Protocol):
    """A frame of a trace (`_core.TraceFrame`)."""

    @property
    def depth(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def to(self) -> bytes | None: ...
    @property
    def data(self) -> bytes: ...
    @property
    def permitted(self) -> bool: ...


def visible_transaction(
    principal: Principal | None, sender: bytes, to: bytes | None, logs: Sequence[LogContent], sight: Sight
) -> View:
    """`to`: None for the creation of a contract."""
    if principal is None:
        return Hidden()
    everything = tuple(range(len(logs)))
    if principal.may(FULL_READ):
        return Full(everything)
    allowed = tuple(index for index in everything if sight.rules.allows(principal, logs[index]))
    if principal.owns(Address(sender)):
        own = {index for index in everything if not _tells_of_others(principal, _named_in_log(logs[index]), sight)}
        return Full(tuple(sorted(own.union(allowed))))
    if to is not None and principal.owns(Address(to)):
        return Full(allowed)
    return Redacted(allowed) if allowed else Hidden()


def sees_block_details(principal: Principal | None) -> bool:
    """False: gas used, size, bloom, roots and the transactions of others are not shown."""
    return principal is not None and principal.may(FULL_READ)


def sees_account(principal: Principal | None, address: bytes) -> bool:
    """May balance, nonce, code, storage and proof of the address be shown?"""
    return principal is not None and (principal.may(FULL_READ) or principal.owns(Address(address)))


def sees_trace(principal: Principal | None, sender: bytes) -> bool:
    """May the execution of a transaction of `sender` be shown? What its frames show, `sees_frame` decides."""
    return principal is not None and (principal.may(FULL_READ) or principal.owns(Address(sender)))


def sees_frame(principal: Principal | None, frame: FrameFacts, sight: Sight) -> bool:
    """May a frame of a trace of the caller's own be shown? Inner ones only if the caller could make that very call
    directly and it names no other person. What an inner frame returned is for the contract that called: `sees_returns`.
    """
    if principal is None:
        return False
    if frame.depth == 0 or principal.may(FULL_READ):
        return True
    if not frame.permitted or frame.kind not in _CALLS:
        return False
    return not _tells_of_others(principal, _named_in_call(frame), sight)


def sees_returns(principal: Principal | None, frame: FrameFacts) -> bool:
    """May return data and revert text of the frame be shown?"""
    return principal is not None and (frame.depth == 0 or principal.may(FULL_READ))


def _tells_of_others(principal: Principal, named: Iterator[Address], sight: Sight) -> bool:
    people = {address for address in named if address in sight.people or principal.owns(address)}
    return bool(people) and not any(principal.owns(address) for address in people)


def _named_in_log(log: LogContent) -> Iterator[Address]:
    for topic in log.topics:
        yield from _addresses_in(topic)
    yield from _addresses_in(log.data)


def _named_in_call(frame: FrameFacts) -> Iterator[Address]:
    if frame.to is not None:
        yield Address(frame.to)
    yield from _addresses_in(frame.data[_SELECTOR:])


def _addresses_in(data: bytes) -> Iterator[Address]:
    """Words that are left-padded addresses."""
    for start in range(0, len(data) - _WORD + 1, _WORD):
        if data[start : start + 12] == _PADDING:
            yield Address(data[start + 12 : start + _WORD])
