"""eth_subscribe and eth_unsubscribe: over a WebSocket alone, for the person who opened it."""

from prividium.permissions.visibility import FULL_READ
from prividium.rpc.chain import Caller, Chain, Connection
from prividium.rpc.envelope import INVALID_REQUEST, METHOD_NOT_FOUND, RpcError
from prividium.rpc.log_params import LogFilter
from prividium.types import Json


def subscribe(chain: Chain, caller: Caller, wanted: LogFilter | None) -> Json:
    return _connection(caller).subscribe(wanted, reads_all=caller.person.may(FULL_READ))


def unsubscribe(chain: Chain, caller: Caller, identifier: str) -> Json:
    return _connection(caller).unsubscribe(identifier)


def authenticate(chain: Chain, caller: Caller, token: str) -> Json:
    """`sockets` takes it as the first message of a WebSocket; anywhere else it comes too late."""
    _connection(caller)
    raise RpcError(INVALID_REQUEST, "this connection has a session already", "session_exists")


def _connection(caller: Caller) -> Connection:
    if caller.connection is None:
        message = "subscriptions need a WebSocket: connect to the same address with ws:// or wss://"
        raise RpcError(METHOD_NOT_FOUND, message, "websocket_required")
    return caller.connection
