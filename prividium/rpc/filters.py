"""Filters that a person polls. They live in memory: after a restart, as after their time, clients make new ones."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

from prividium import clock
from prividium.rpc.envelope import RpcError
from prividium.rpc.log_params import Cursor, LogFilter
from prividium.rpc.refusals import LIMIT_EXCEEDED, filter_unknown
from prividium.types import UserId, to_hex

FILTERS_MAX: Final = 20_000
"""Of all people together."""
_ID_BYTES: Final = 16


@dataclass
class Filter:
    """`wanted` is None for a filter of blocks."""

    owner: UserId
    wanted: LogFilter | None
    next_block: int
    """The first block that was not answered with."""
    after: Cursor | None
    """The last log of `next_block` that was answered with, if it was not answered with whole."""
    expires: float


class Filters:
    def __init__(self, per_person_max: int, ttl_seconds: int, now: Callable[[], float] = clock.monotonic) -> None:
        self._per_person_max = per_person_max
        self._ttl_seconds = ttl_seconds
        self._now = now
        self._lock = Lock()
        self._filters: dict[str, Filter] = {}

    def create(self, owner: UserId, wanted: LogFilter | None, next_block: int) -> str:
        """Its id; raises RpcError(-32005)."""
        with self._lock:
            self._drop_expired()
            count = sum(1 for filter_ in self._filters.values() if filter_.owner == owner)
            if count >= self._per_person_max or len(self._filters) >= FILTERS_MAX:
                message = f"at most {self._per_person_max} filters; uninstall one, or wait {self._ttl_seconds} seconds"
                raise RpcError(LIMIT_EXCEEDED, message, "too_many_filters")
            identifier = to_hex(clock.random_bytes(_ID_BYTES))
            self._filters[identifier] = Filter(owner, wanted, next_block, None, self._now() + self._ttl_seconds)
            return identifier

    def find(self, owner: UserId, identifier: str) -> Filter:
        """Lives on from now. Raises RpcError(-32000), the same for another's filter, an expired one and none."""
        with self._lock:
            found = self._filters.get(identifier)
            if found is None or found.owner != owner or found.expires <= self._now():
                raise filter_unknown()
            found.expires = self._now() + self._ttl_seconds
            return found

    def advance(self, found: Filter, next_block: int, after: Cursor | None) -> None:
        with self._lock:
            found.next_block, found.after = next_block, after

    def remove(self, owner: UserId, identifier: str) -> bool:
        """Whether there was one."""
        with self._lock:
            found = self._filters.get(identifier)
            if found is None or found.owner != owner or found.expires <= self._now():
                return False
            del self._filters[identifier]
            return True

    def _drop_expired(self) -> None:
        now = self._now()
        for identifier in [name for name, filter_ in self._filters.items() if filter_.expires <= now]:
            del self._filters[identifier]
