"""A number that grows, as the newest block's, for those who wait for it: from any thread to the event loop."""

import asyncio
from collections.abc import Callable
from threading import Lock


class Heights:
    def __init__(self, current: Callable[[], int]) -> None:
        self._current = current
        self._lock = Lock()
        self._waiting: set[asyncio.Future[None]] = set()

    def notify(self) -> None:
        """The height has grown. Any thread."""
        with self._lock:
            waiting, self._waiting = self._waiting, set()
        for future in waiting:
            loop = future.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_wake, future)

    async def beyond(self, height: int, seconds: float) -> bool:
        """Whether there is a block above `height` in time."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        with self._lock:
            self._waiting.add(future)
        try:
            # Asked after the future is in place: a block in between wakes it.
            if self._current() > height:
                return True
            await asyncio.wait_for(future, seconds)
        except TimeoutError:
            return self._current() > height
        finally:
            with self._lock:
                self._waiting.discard(future)
        return True


def _wake(future: "asyncio.Future[None]") -> None:
    if not future.done():
        future.set_result(None)
