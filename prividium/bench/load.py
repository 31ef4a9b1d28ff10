"""A load of HTTP requests on one server: throughput over several connections, latency over one.

Written on sockets because the load must cost less than what it measures: an HTTP library spends more time on a request
than the node does.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast
from urllib.parse import urlsplit

from prividium import clock
from prividium.errors import PrividiumError

_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Load:
    """What one run saw. `seconds`: one latency a request, sorted; `elapsed`: the whole run."""

    seconds: tuple[float, ...]
    elapsed: float

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed

    def percentile(self, share: float) -> float:
        """The latency that `share` of the requests did not exceed."""
        return self.seconds[min(int(len(self.seconds) * share), len(self.seconds) - 1)]


def request_bytes(url: str, body: bytes, token: str | None) -> bytes:
    """A POST of JSON as it goes over the wire."""
    parts = urlsplit(url)
    lines = [f"POST {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", "Content-Type: application/json"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def spread(requests: Sequence[bytes], connections: int) -> list[Sequence[bytes]]:
    """The same load over several connections; what the first of them sends comes first."""
    return [requests[number::connections] for number in range(connections)]


def drive(url: str, lanes: Sequence[Sequence[bytes]]) -> Load:
    """Send every request once: a connection for each lane, which sends the next one as soon as one is answered.

    Raises PrividiumError("bench_refused") for an answer that is not HTTP 200, or holds a JSON-RPC error.
    """
    return asyncio.run(_drive(url, lanes))


async def _drive(url: str, requests: Sequence[Sequence[bytes]]) -> Load:
    parts, loop = urlsplit(url), asyncio.get_running_loop()
    host, port = parts.hostname or "", parts.port or 80
    seconds = list[float]()
    lanes = [_Lane(iter(lane), seconds) for lane in requests]
    for lane in lanes:
        await loop.create_connection(partial(_itself, lane), host, port)
    started = clock.monotonic()
    for lane in lanes:
        lane.send_next()
    await asyncio.gather(*(lane.done for lane in lanes))
    return Load(tuple(sorted(seconds)), clock.monotonic() - started)


def _itself(lane: "_Lane") -> "_Lane":
    return lane


class _Lane(asyncio.Protocol):
    """One kept-alive connection."""

    def __init__(self, waiting: Iterator[bytes], seconds: list[float]) -> None:
        self._waiting = waiting
        self._seconds = seconds
        self._buffer = b""
        self._sent = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send_next(self) -> None:
        request = next(self._waiting, None)
        if request is None:
            self._end()
            return
        self._sent = clock.monotonic()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(_HEAD_END)
        if head_end < 0:
            return
        head = self._buffer[:head_end]
        start = head_end + len(_HEAD_END)
        if len(self._buffer) < start + _content_length(head):
            return
        self._seconds.append(clock.monotonic() - self._sent)
        body, self._buffer = self._buffer[start:], b""
        if not head.startswith(b"HTTP/1.1 200") or b'"error"' in body:
            self._end(PrividiumError("bench_refused", f"the load was refused: {body[:300].decode(errors='replace')}"))
            return
        self.send_next()

    def connection_lost(self, error: Exception | None) -> None:
        self._end(PrividiumError("bench_cut", "the server closed the connection under load"))

    def _end(self, error: PrividiumError | None = None) -> None:
        if self.done.done():
            return
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)
        self._transport.close()


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        if line.lower().startswith(_LENGTH):
            return int(line[len(_LENGTH) :])
    raise PrividiumError("bench_answer", "an answer without Content-Length")
