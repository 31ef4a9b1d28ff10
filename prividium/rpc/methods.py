"""The table: every method, its treatment, who may call it, and what it does. A method that is not here does not exist;
deny is the default. `docs/rpc.md` shows this table (`python -m prividium.rpc.document`).
"""

from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar

from prividium.rpc import execution_params, log_params, params
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.forbidden import NAMES, NAMESPACES
from prividium.rpc.handlers import account, chain, execute, filtered, polling, simulate, subscribe, trace
from prividium.rpc.handlers.logs import logs
from prividium.rpc.params import Params
from prividium.types import Json

Answer: TypeAlias = "Json | Future[bytes] | Coroutine[None, None, Json]"
"""A future is a hash that comes when a transaction is durable; a coroutine, anything else that comes later."""
A = TypeVar("A")


class Treatment(Enum):
    """Who may call. The value is the word that the document uses."""

    PUBLIC = "public"
    SIGNED_IN = "signed in"
    OWN_ADDRESS = "own address"
    JUDGED = "judged"
    SIGNED = "signed"
    FILTERED = "filtered"
    TRACED = "traced"
    PERSONAL = "personal"
    SOCKET = "socket"
    FORBIDDEN = "forbidden"


WHO: dict[Treatment, str] = {
    Treatment.PUBLIC: "anybody, without login",
    Treatment.SIGNED_IN: "whoever is signed in; nothing in the answer is about anybody else",
    Treatment.OWN_ADDRESS: "whoever linked the address; holders of `full_read_access` any address",
    Treatment.JUDGED: "whoever linked `from`, as far as the policy allows the call and every frame that it opens",
    Treatment.SIGNED: "whoever linked the signer, as far as the policy allows the transaction and every frame of it",
    Treatment.FILTERED: "whoever is signed in; the answer holds what the caller may see and nothing else",
    Treatment.TRACED: "whoever sent it; holders of `full_read_access`",
    Treatment.PERSONAL: "whoever is signed in; only the person who made a filter can use it",
    Treatment.SOCKET: "whoever is signed in, over a WebSocket",
    Treatment.FORBIDDEN: "nobody",
}


@dataclass(frozen=True)
class Method:
    treatment: Treatment
    sentence: str
    run: Callable[[Chain, Caller, Params], Answer] | None = None
    """Parses, permits and answers; None if the method is forbidden."""
    soon: Callable[[Chain, Caller, Params], Answer] | None = None
    """The same on an event loop, where it may not wait; None if it might."""

    @property
    def who(self) -> str:
        return WHO[self.treatment]


def _open(_chain: Chain, _caller: Caller, _arguments: object) -> None:
    """No question beyond the login."""


def _method(
    treatment: Treatment,
    sentence: str,
    parse: Callable[[Params], A],
    answer: Callable[[Chain, Caller, A], Answer],
    permit: Callable[[Chain, Caller, A], None] = _open,
    soon: Callable[[Chain, Caller, A], Answer] | None = None,
) -> Method:
    def running(answers: Callable[[Chain, Caller, A], Answer]) -> Callable[[Chain, Caller, Params], Answer]:
        def run(on: Chain, caller: Caller, values: Params) -> Answer:
            arguments = parse(values)
            permit(on, caller, arguments)
            return answers(on, caller, arguments)

        return run

    return Method(treatment, sentence, running(answer), None if soon is None else running(soon))


def _known(treatment: Treatment, sentence: str, answer: Callable[[Chain, Caller, None], Answer]) -> Method:
    """A method without parameters whose answer is at hand."""
    return _method(treatment, sentence, params.none, answer, soon=answer)


_PUBLIC: dict[str, Method] = {
    "eth_chainId": _known(Treatment.PUBLIC, "The chain id.", chain.chain_id),
    "net_version": _known(Treatment.PUBLIC, "The chain id in decimal.", chain.network_version),
    "web3_clientVersion": _known(Treatment.PUBLIC, "Name and version of the node.", chain.client_version),
    "eth_gasPrice": _known(Treatment.PUBLIC, "0x0: gas is free.", chain.zero_price),
}

_SIGNED_IN: dict[str, Method] = {
    "eth_blockNumber": _known(Treatment.SIGNED_IN, "Number of the newest block.", chain.block_number),
    "eth_maxPriorityFeePerGas": _known(Treatment.SIGNED_IN, "0x0: gas is free.", chain.zero_price),
    "eth_feeHistory": _method(
        Treatment.SIGNED_IN, "Zeros: how full blocks were is not told.", params.fee_history, chain.fee_history
    ),
    "eth_syncing": _known(Treatment.SIGNED_IN, "false: there is one node.", chain.syncing),
    "eth_coinbase": _known(Treatment.SIGNED_IN, "The configured receiver of fees.", chain.coinbase),
    "eth_protocolVersion": _known(
        Treatment.SIGNED_IN, "0x0: the node speaks no peer-to-peer protocol.", chain.protocol_version
    ),
    "eth_accounts": _known(Treatment.SIGNED_IN, "The caller's linked wallets.", chain.accounts),
    "web3_sha3": _method(
        Treatment.SIGNED_IN, "Keccak-256 of the given bytes.", execution_params.bytes_only, chain.sha3
    ),
}

_OWN_ADDRESS: dict[str, Method] = {
    "eth_getBalance": _method(
        Treatment.OWN_ADDRESS, "Balance at the newest block.", params.account_at, account.balance, account.permit
    ),
    "eth_getTransactionCount": _method(
        Treatment.OWN_ADDRESS,
        "Nonce at the newest block; `pending` counts what waits.",
        params.account_at,
        account.transaction_count,
        account.permit,
    ),
    "eth_getCode": _method(
        Treatment.OWN_ADDRESS, "Code at the newest block.", params.account_at, account.code, account.permit
    ),
    "eth_getStorageAt": _method(
        Treatment.OWN_ADDRESS,
        "A storage slot at the newest block.",
        execution_params.storage_at,
        account.storage,
        account.permit,
    ),
    "eth_getProof": _method(
        Treatment.OWN_ADDRESS,
        "The account and slots of it with their paths to a batch's state root, in our shape (see below).",
        execution_params.proof,
        account.proof,
        account.permit,
    ),
}

_EXECUTION: dict[str, Method] = {
    "eth_call": _method(
        Treatment.JUDGED,
        "Runs a call as a read; no overrides.",
        params.simulation,
        execute.call,
        execute.permit_simulation,
        soon=execute.call_soon,
    ),
    "eth_estimateGas": _method(
        Treatment.JUDGED,
        "The smallest gas limit that succeeds, judged as a write.",
        params.simulation,
        execute.estimate_gas,
        execute.permit_simulation,
    ),
    "eth_simulateV1": _method(
        Treatment.JUDGED,
        "Runs up to 64 calls on top of each other; each is judged as a write, one that only reading permits runs as a "
        "read; no overrides.",
        execution_params.sequence,
        simulate.simulate,
        simulate.permit,
    ),
    "debug_traceCall": _method(
        Treatment.JUDGED,
        "Frames of a call that is judged as a read, `callTracer` only; inner frames as far as they are visible.",
        execution_params.call_trace,
        trace.trace_call,
        trace.permit_call,
    ),
    "debug_traceTransaction": _method(
        Treatment.TRACED,
        "Frames of a transaction, `callTracer` only; inner frames as far as they are visible.",
        execution_params.transaction_trace,
        trace.trace_transaction,
    ),
    "eth_sendRawTransaction": _method(
        Treatment.SIGNED,
        "Takes a transaction; answers when it is durable.",
        execute.parse_signed,
        execute.send,
        execute.permit_signed,
    ),
    "eth_sendRawTransactionSync": _method(
        Treatment.SIGNED,
        "Takes a transaction; answers with its receipt, or error 4 after the time given (EIP-7966).",
        execute.parse_signed_sync,
        execute.send_sync,
        execute.permit_signed,
    ),
}

_COUNT = "How many transactions of the block the caller sees."
_AT_INDEX = "A transaction of a block, counted among those that the caller sees."

_FILTERED: dict[str, Method] = {
    "eth_getTransactionByHash": _method(
        Treatment.FILTERED, "A transaction, in a block or waiting.", params.hash_only, filtered.transaction
    ),
    "eth_getTransactionByBlockNumberAndIndex": _method(
        Treatment.FILTERED, _AT_INDEX, params.indexed_by_number, filtered.transaction_at
    ),
    "eth_getTransactionByBlockHashAndIndex": _method(
        Treatment.FILTERED, _AT_INDEX, params.indexed_by_hash, filtered.transaction_at
    ),
    "eth_getTransactionReceipt": _method(Treatment.FILTERED, "A receipt.", params.hash_only, filtered.receipt),
    "eth_getBlockReceipts": _method(Treatment.FILTERED, "Receipts of a block.", params.block_only, filtered.receipts),
    "eth_getBlockByNumber": _method(
        Treatment.FILTERED, "A block with a redacted header.", params.block_by_number, filtered.block
    ),
    "eth_getBlockByHash": _method(
        Treatment.FILTERED, "A block with a redacted header.", params.block_by_hash, filtered.block
    ),
    "eth_getBlockTransactionCountByNumber": _method(
        Treatment.FILTERED, _COUNT, params.block_by_number, filtered.transaction_count
    ),
    "eth_getBlockTransactionCountByHash": _method(
        Treatment.FILTERED, _COUNT, params.block_by_hash, filtered.transaction_count
    ),
    "eth_getLogs": _method(
        Treatment.FILTERED, "Logs of a filter, in pages if it asks for them.", log_params.log_page, logs
    ),
}

_PERSONAL: dict[str, Method] = {
    "eth_newFilter": _method(Treatment.PERSONAL, "A filter of logs.", log_params.log_filter, polling.new_filter),
    "eth_newBlockFilter": _method(Treatment.PERSONAL, "A filter of blocks.", params.none, polling.new_block_filter),
    "eth_getFilterChanges": _method(
        Treatment.PERSONAL, "What is new, as the caller may see it now.", execution_params.text, polling.changes
    ),
    "eth_getFilterLogs": _method(
        Treatment.PERSONAL, "All logs of the filter's range.", execution_params.text, polling.filter_logs
    ),
    "eth_uninstallFilter": _method(Treatment.PERSONAL, "Removes a filter.", execution_params.text, polling.uninstall),
    "eth_subscribe": _method(
        Treatment.SOCKET,
        "`newHeads` with redacted headers, or `logs` that the caller may see.",
        log_params.subscription,
        subscribe.subscribe,
    ),
    "prividium_authenticate": _method(
        Treatment.SOCKET,
        "First message of a WebSocket without an Authorization header; its parameter is the session token.",
        execution_params.text,
        subscribe.authenticate,
    ),
    "eth_unsubscribe": _method(Treatment.SOCKET, "Ends a subscription.", execution_params.text, subscribe.unsubscribe),
}

METHODS: dict[str, Method] = {
    **_PUBLIC,
    **_SIGNED_IN,
    **_OWN_ADDRESS,
    **_EXECUTION,
    **_FILTERED,
    **_PERSONAL,
    **{name: Method(Treatment.FORBIDDEN, sentence) for name, sentence in NAMES.items()},
}


_OTHERS_DATA = frozenset({Treatment.OWN_ADDRESS, Treatment.FILTERED, Treatment.TRACED})
_OTHERS_LOGS = frozenset({"eth_getFilterChanges", "eth_getFilterLogs", "eth_subscribe"})
_OTHERS_FRAMES = frozenset({"debug_traceCall", "eth_simulateV1"})
"""Judged like every call, but inner frames and logs are shown whole."""


def reads_others(name: str) -> bool:
    """Whether `full_read_access` shows more than one's own by this method."""
    method = METHODS.get(name)
    return method is not None and (method.treatment in _OTHERS_DATA or name in _OTHERS_LOGS | _OTHERS_FRAMES)


def find_method(name: str) -> Method | None:
    """None if nobody knows the method; a namespace is forbidden but for the methods of it that are listed."""
    found = METHODS.get(name)
    if found is not None:
        return found
    namespace, underscore, _ = name.partition("_")
    reason = NAMESPACES.get(namespace + underscore)
    return None if reason is None else Method(Treatment.FORBIDDEN, reason)
