"""`prividium up`: the whole node in one process, with the prover and the embedded L1 as its children."""

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from rich.logging import RichHandler
from rich.panel import Panel
from rich.table import Table

from prividium.app import build_application
from prividium.commands.node_options import DataDir
from prividium.errors import ConfigurationError
from prividium.identity.dev_people import PASSWORD, PEOPLE
from prividium.node.parts import Node
from prividium.node.status import ASSURANCE
from prividium.rpc.socket_protocol import SocketProtocol
from prividium.settings import Settings, load_settings

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 30
SHUTDOWN_SECONDS_MAX = 10


def register(app: typer.Typer) -> None:
    app.command(name="up")(up)


def up(
    data_dir: DataDir = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; default 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; default 8000, 0 takes a free one.")] = None,
) -> None:
    """Start the node and serve until SIGINT or SIGTERM. Exit status: 0 stopped, 2 wrong configuration."""
    settings = load_settings(data_dir, host=host, port=port)
    console = Console(soft_wrap=True)
    _log_to(console, settings.log_level)
    with listening(settings) as (listener, settled):
        node = Node(settled)
        with console.status("starting"):
            node.start()
        try:
            server = _Server(server_configuration(node))
            console.print(_summary(node))
            server.run([listener])
        finally:
            with console.status("stopping: writing what was accepted"):
                node.stop()
    console.print("stopped; nothing accepted was lost")


@contextmanager
def listening(settings: Settings) -> Iterator[tuple[socket.socket, Settings]]:
    """The listening socket, taken before anything else starts, and settings that name its port."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
            listener.listen(BACKLOG)
        except OSError as error:
            text = (
                f"port {settings.port} on {settings.host} cannot be used ({error.strerror}): stop what uses it, or set "
                "another with --port or PRIVIDIUM_PORT"
            )
            raise ConfigurationError("port_taken", text) from None
        yield listener, settings.model_copy(update={"port": listener.getsockname()[1]})


class _Server(uvicorn.Server):
    """Leaves the end of the process to `up`: the node is stopped after the last answer."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        before = {number: signal.signal(number, self._ask_to_end) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask_to_end(self, number: int, frame: FrameType | None) -> None:
        # A second signal does not wait for open connections any more.
        self.force_exit = self.should_exit
        self.should_exit = True


def server_configuration(node: Node) -> uvicorn.Config:
    return uvicorn.Config(
        build_application(node),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(node.settings.trusted_proxies),
        forwarded_allow_ips=list(node.settings.trusted_proxies),
        date_header=True,
        lifespan="off",
        ws=SocketProtocol,
        ws_max_size=node.settings.rpc_body_bytes_max,
        # Compression would let a reader of the traffic guess secrets by the length of messages.
        ws_per_message_deflate=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS_MAX,
        backlog=BACKLOG,
    )


def _log_to(console: Console, level: str) -> None:
    logging.basicConfig(
        level=level.upper(), format="%(message)s", handlers=[RichHandler(console=console, show_path=False)], force=True
    )
    for chatty in ("uvicorn.error", "httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


def _summary(node: Node) -> Panel:
    settings = node.settings
    table = Table.grid(padding=(0, 2))
    table.add_row("RPC", f"{settings.base_url}/rpc  (bearer token)")
    table.add_row("chain", f"{settings.chain_name}, id {settings.chain_id}")
    table.add_row("data", str(node.folder.path))
    if settings.identity.uses_dev_idp:
        table.add_row("sign in", f"development identity provider at {settings.base_url}/dev-idp: never in production")
        table.add_row("people", ", ".join(person.username for person in PEOPLE) + f" (password: {PASSWORD})")
    else:
        table.add_row("sign in", "\n".join(issuer.client.issuer for issuer in node.identity.issuers))
    table.add_row("proofs", "on" if node.proving is not None else "off (prover_enabled)")
    table.add_row("L1", _l1(node))
    table.add_row("", f"[dim]{ASSURANCE}[/]")
    return Panel(table, title=f"prividium {node.version}", expand=False)


def _l1(node: Node) -> str:
    if node.settlement is None:
        return "off"
    return "embedded anvil, for development" if node.settings.l1_url is None else "by URL"
