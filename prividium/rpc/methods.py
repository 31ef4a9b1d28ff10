"""The table: every method and its treatment. A method that is not here does not exist; deny is the default.

Treatments: PUBLIC without login; SIGNED_IN nothing private in the answer; OWN_ADDRESS only for the caller's wallets;
JUDGED the policy decides over every call frame; SIGNED the signer must be the caller's wallet, and judged; FILTERED the
answer holds what the caller may see; FORBIDDEN never.
"""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias, TypeVar

from prividium.rpc import params
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.handlers import account, chain, execute, filtered
from prividium.rpc.handlers.logs import logs
from prividium.rpc.params import Params
from prividium.types import Json

Answer: TypeAlias = "Json | Future[bytes]"
"""A future is a hash that comes when a transaction is durable."""
A = TypeVar("A")


class Treatment(Enum):
    PUBLIC = "public"
    SIGNED_IN = "signed in"
    OWN_ADDRESS = "own address"
    JUDGED = "judged"
    SIGNED = "signed"
    FILTERED = "filtered"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True)
class Method:
    treatment: Treatment
    run: Callable[[Chain, Caller, Params], Answer] | None = None
    """Parses, permits and answers; None if the method is forbidden."""


def _open(_chain: Chain, _caller: Caller, _arguments: object) -> None:
    """No question beyond the login."""


def _method(
    treatment: Treatment,
    parse: Callable[[Params], A],
    answer: Callable[[Chain, Caller, A], Answer],
    permit: Callable[[Chain, Caller, A], None] = _open,
) -> Method:
    def run(on: Chain, caller: Caller, values: Params) -> Answer:
        arguments = parse(values)
        permit(on, caller, arguments)
        return answer(on, caller, arguments)

    return Method(treatment, run)


_FORBIDDEN_NAMES = (
    "eth_accountInfo eth_blobBaseFee eth_callMany eth_createAccessList eth_getAccount eth_getAccountInfo "
    "eth_getBlockReceipts eth_getFilterChanges eth_getFilterLogs eth_getHeaderByHash eth_getHeaderByNumber "
    "eth_getProof eth_getRawTransactionByBlockHashAndIndex eth_getRawTransactionByBlockNumberAndIndex "
    "eth_getRawTransactionByHash eth_getStorageAt eth_getTransactionByBlockHashAndIndex "
    "eth_getTransactionByBlockNumberAndIndex eth_getUncleByBlockHashAndIndex eth_getUncleByBlockNumberAndIndex "
    "eth_getUncleCountByBlockHash eth_getUncleCountByBlockNumber eth_newBlockFilter eth_newFilter "
    "eth_newPendingTransactionFilter eth_sendRawTransactionSync eth_sendTransaction eth_sign eth_signTransaction "
    "eth_signTypedData eth_signTypedData_v4 eth_simulateV1 eth_subscribe eth_uninstallFilter eth_unsubscribe "
    "eth_coinbase eth_protocolVersion web3_sha3"
)
FORBIDDEN_NAMESPACES = ("admin_", "debug_", "miner_", "ots_", "personal_", "trace_", "txpool_", "unstable_", "zks_")

METHODS: dict[str, Method] = {
    "eth_chainId": _method(Treatment.PUBLIC, params.none, chain.chain_id),
    "net_version": _method(Treatment.PUBLIC, params.none, chain.network_version),
    "web3_clientVersion": _method(Treatment.PUBLIC, params.none, chain.client_version),
    "eth_blockNumber": _method(Treatment.SIGNED_IN, params.none, chain.block_number),
    "eth_gasPrice": _method(Treatment.SIGNED_IN, params.none, chain.zero_price),
    "eth_maxPriorityFeePerGas": _method(Treatment.SIGNED_IN, params.none, chain.zero_price),
    "eth_feeHistory": _method(Treatment.SIGNED_IN, params.fee_history, chain.fee_history),
    "eth_syncing": _method(Treatment.SIGNED_IN, params.none, chain.syncing),
    "eth_accounts": _method(Treatment.SIGNED_IN, params.none, chain.accounts),
    "eth_getBalance": _method(Treatment.OWN_ADDRESS, params.account_at, account.balance, account.permit),
    "eth_getTransactionCount": _method(
        Treatment.OWN_ADDRESS, params.account_at, account.transaction_count, account.permit
    ),
    "eth_getCode": _method(Treatment.OWN_ADDRESS, params.account_at, account.code, account.permit),
    "eth_call": _method(Treatment.JUDGED, params.simulation, execute.call, execute.permit_simulation),
    "eth_estimateGas": _method(Treatment.JUDGED, params.simulation, execute.estimate_gas, execute.permit_simulation),
    "eth_sendRawTransaction": _method(Treatment.SIGNED, execute.parse_signed, execute.send, execute.permit_signed),
    "eth_getTransactionByHash": _method(Treatment.FILTERED, params.hash_only, filtered.transaction),
    "eth_getTransactionReceipt": _method(Treatment.FILTERED, params.hash_only, filtered.receipt),
    "eth_getBlockByNumber": _method(Treatment.FILTERED, params.block_by_number, filtered.block),
    "eth_getBlockByHash": _method(Treatment.FILTERED, params.block_by_hash, filtered.block),
    "eth_getBlockTransactionCountByNumber": _method(
        Treatment.FILTERED, params.block_by_number, filtered.transaction_count
    ),
    "eth_getBlockTransactionCountByHash": _method(Treatment.FILTERED, params.block_by_hash, filtered.transaction_count),
    "eth_getLogs": _method(Treatment.FILTERED, params.log_filter, logs),
    **{name: Method(Treatment.FORBIDDEN) for name in _FORBIDDEN_NAMES.split()},
}


def find_method(name: str) -> Method | None:
    """None if nobody knows the method; a whole namespace can be forbidden."""
    if name.startswith(FORBIDDEN_NAMESPACES):
        return Method(Treatment.FORBIDDEN)
    return METHODS.get(name)
