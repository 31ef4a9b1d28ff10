"""What one WebSocket has subscribed to, and what it has not been told yet. Nothing queues up: each subscription
remembers how far it has come, and the chain is read when the client can take more.
"""

from dataclasses import dataclass
from threading import Lock
from typing import Final

from prividium import clock
from prividium.ledger.index import LogQuery
from prividium.permissions.visibility import sees_block_details
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import RpcError
from prividium.rpc.forms import head_form
from prividium.rpc.handlers.logs import search
from prividium.rpc.log_params import Cursor, LogFilter
from prividium.rpc.refusals import LIMIT_EXCEEDED
from prividium.types import Json, to_hex

HEADS_AT_ONCE_MAX: Final = 100
_ID_BYTES: Final = 16


@dataclass
class Subscription:
    identifier: str
    wanted: LogFilter | None
    """None for heads."""
    next_block: int
    reads_all: bool
    """Whether it was made, and recorded, with the right to read everything. One that comes later needs another one."""
    after: Cursor | None = None
    """The last log of `next_block` that was sent, if not all of it was."""
    announced: bool = False
    """The client knows the identifier: its answer was sent."""


class Subscriptions:
    """Used by the door's threads and the event loop."""

    def __init__(self, chain: Chain, subscriptions_max: int) -> None:
        self._chain = chain
        self._max = subscriptions_max
        self._lock = Lock()
        self._open: dict[str, Subscription] = {}

    def subscribe(self, wanted: LogFilter | None, *, reads_all: bool) -> str:
        with self._lock:
            if len(self._open) >= self._max:
                message = f"at most {self._max} subscriptions on one connection"
                raise RpcError(LIMIT_EXCEEDED, message, "too_many_subscriptions")
            identifier = to_hex(clock.random_bytes(_ID_BYTES))
            self._open[identifier] = Subscription(identifier, wanted, self._chain.height + 1, reads_all)
            return identifier

    def unsubscribe(self, subscription: str) -> bool:
        with self._lock:
            return self._open.pop(subscription, None) is not None

    def abandon(self) -> None:
        """End those that were not announced: the message that opened them is answered otherwise."""
        with self._lock:
            self._open = {name: item for name, item in self._open.items() if item.announced}

    def announce(self) -> None:
        """All answers so far were sent."""
        with self._lock:
            for subscription in self._open.values():
                subscription.announced = True

    def due(self, height: int) -> list[Subscription]:
        """Those that have not come to `height`."""
        with self._lock:
            return [item for item in self._open.values() if item.announced and item.next_block <= height]

    def is_open(self, subscription: Subscription) -> bool:
        with self._lock:
            return subscription.identifier in self._open


def next_notifications(chain: Chain, caller: Caller, subscription: Subscription, height: int) -> list[Json]:
    """The next things to tell, up to `height`; moves the subscription on."""
    if not subscription.reads_all:
        caller = caller.unprivileged
    results = (
        _heads(chain, caller, subscription, height)
        if subscription.wanted is None
        else _logs(chain, caller, subscription, subscription.wanted, height)
    )
    return [
        {
            "jsonrpc": "2.0",
            "method": "eth_subscription",
            "params": {"subscription": subscription.identifier, "result": result},
        }
        for result in results
    ]


def _heads(chain: Chain, caller: Caller, subscription: Subscription, height: int) -> list[Json]:
    last = min(height, subscription.next_block + HEADS_AT_ONCE_MAX - 1)
    blocks = [chain.ledger.block(number) for number in range(subscription.next_block, last + 1)]
    subscription.next_block = last + 1
    details = sees_block_details(caller.principal)
    return [head_form(block, details) for block in blocks if block is not None]


def _logs(chain: Chain, caller: Caller, subscription: Subscription, wanted: LogFilter, height: int) -> list[Json]:
    last = min(height, subscription.next_block + chain.limits.block_range_max - 1)
    query = LogQuery(subscription.next_block, last, wanted.addresses, wanted.topics)
    page = search(chain, caller, query, HEADS_AT_ONCE_MAX, subscription.after)
    if page.next is None:
        subscription.next_block, subscription.after = last + 1, None
    else:
        subscription.next_block, subscription.after = page.next.block, page.next
    return page.logs
