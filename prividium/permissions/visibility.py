"""What of the chain a caller sees. Pure: the same facts and rules give the same view.

| caller                              | transaction | logs                         |
|-------------------------------------|-------------|------------------------------|
| holds `full_read_access`            | Full        | all                          |
| sent it                             | Full        | all                          |
| is its recipient                    | Full        | those that event rules allow |
| event rules allow some of its logs  | Redacted    | those                        |
| anybody else, or nobody             | Hidden      | none                         |

Redacted shows where the transaction lies and the allowed logs: neither sender, recipient, value, nonce, input nor gas.
Hidden must be answered exactly as if the transaction did not exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from prividium.identity.principal import Principal
from prividium.permissions.event_rules import EventRules, LogFacts
from prividium.types import Address

FULL_READ: Final = "full_read_access"


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


def visible_transaction(
    principal: Principal | None, sender: bytes, to: bytes | None, logs: Sequence[LogFacts], rules: EventRules
) -> View:
    """`to`: None for the creation of a contract."""
    if principal is None:
        return Hidden()
    everything = tuple(range(len(logs)))
    if principal.may(FULL_READ) or principal.owns(Address(sender)):
        return Full(everything)
    allowed = tuple(index for index in everything if rules.allows(principal, logs[index]))
    if to is not None and principal.owns(Address(to)):
        return Full(allowed)
    return Redacted(allowed) if allowed else Hidden()


def visible_logs(
    principal: Principal | None, sender: bytes, logs: Sequence[LogFacts], rules: EventRules
) -> tuple[int, ...]:
    """Indices of the logs of one transaction that `eth_getLogs` may return."""
    return visible_transaction(principal, sender, None, logs, rules).logs


def sees_block_details(principal: Principal | None) -> bool:
    """False: gas used, size, bloom, roots and the transactions of others are not shown."""
    return principal is not None and principal.may(FULL_READ)


def sees_account(principal: Principal | None, address: bytes) -> bool:
    """May balance and nonce of the address be shown?"""
    return principal is not None and (principal.may(FULL_READ) or principal.owns(Address(address)))
