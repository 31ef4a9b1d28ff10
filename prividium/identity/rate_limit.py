"""A bound on how often one caller may try."""

from collections import OrderedDict, deque
from threading import Lock
from typing import Final

from prividium import clock
from prividium.errors import RateLimited

KEYS_MAX: Final = 20_000


class SlidingWindow:
    """At most `limit` events per key in any `window_seconds`; remembers at most KEYS_MAX keys in this process."""

    def __init__(self, limit: int, window_seconds: float = 60.0, keys_max: int = KEYS_MAX) -> None:
        self._limit = limit
        self._window_seconds = window_seconds
        self._keys_max = keys_max
        self._events: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def spend(self, key: str) -> None:
        """Count one event; raises RateLimited("rate_limited") if it is one too many."""
        now = clock.monotonic()
        with self._lock:
            events = self._events.setdefault(key, deque())
            self._events.move_to_end(key)
            if len(self._events) > self._keys_max:
                self._events.popitem(last=False)
            while events and events[0] <= now - self._window_seconds:
                events.popleft()
            if len(events) >= self._limit:
                raise RateLimited("rate_limited", "too many requests; wait a minute and try again")
            events.append(now)
