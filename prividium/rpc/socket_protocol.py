"""The server's side of a WebSocket, which does not wait for ever for a client that does not read."""

import asyncio
from typing import Final

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LINGER_SECONDS: Final = 2.0
"""Time for the last bytes of a socket that is done with."""


class SocketProtocol(WebSocketsSansIOProtocol):
    def on_task_complete(self, task: "asyncio.Task[None]") -> None:
        """Closing waits until everything is sent, and to a client that does not read that is never."""
        super().on_task_complete(task)
        self.loop.call_later(LINGER_SECONDS, self.transport.abort)
