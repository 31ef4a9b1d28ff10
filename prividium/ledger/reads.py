"""Calls at the head for an event loop: the core runs them on its own threads, and no thread of Python waits for them.

A thread of Python that runs a call fights with the loop for the interpreter: that costs more than the call.
"""

import asyncio
from itertools import count

from prividium._core import CallRequest, Ledger, ReadQueue


class Reads:
    """For the first event loop that asks, and no other."""

    def __init__(self, ledger: Ledger, threads: int) -> None:
        self._queue = ReadQueue(ledger, threads)
        self._tickets = count()
        self._waiting: dict[int, asyncio.Future[bytes]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def run(self, request: CallRequest, *, of_contract: bool) -> bytes:
        """As `Ledger.read` if `of_contract`, else as `Ledger.call`; raises what they raise."""
        loop = asyncio.get_running_loop()
        if self._loop is None:
            self._loop = loop
            loop.add_reader(self._queue.fileno(), self._answer)
        if self._loop is not loop:
            raise RuntimeError("calls of another event loop were expected")
        ticket = next(self._tickets)
        future: asyncio.Future[bytes] = loop.create_future()
        self._waiting[ticket] = future
        self._queue.submit(ticket, request, of_contract)
        try:
            return await future
        finally:
            del self._waiting[ticket]

    def _answer(self) -> None:
        for ticket, answer in self._queue.fetch():
            future = self._waiting.get(ticket)
            if future is None or future.done():
                continue
            if isinstance(answer, bytes):
                future.set_result(answer)
            else:
                future.set_exception(answer)
