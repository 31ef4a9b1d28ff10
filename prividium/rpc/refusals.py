"""The one map from the project's errors to JSON-RPC errors.

Codes: JSON-RPC 2.0 (-32700 … -32603), EIP-1474 (-32000 … -32005), 3 for a revert as in the execution API, and
Prividium's -32090 (sign in) and -32001 (forbidden). A refused transaction says "nonce too low", "insufficient funds"
and so on at the beginning of its message, because wallets recognise these words.

Every denial by a rule reads the same: the rule that denied, or that there is none, would tell whether a contract
exists. The exact reason is in the audit trail under the request id.
"""

from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from prividium._core import CoreError, DeniedError, RevertedError
from prividium.errors import (
    Conflict,
    Forbidden,
    InvalidInput,
    NotFound,
    PrividiumError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from prividium.rpc.envelope import INTERNAL_ERROR, INVALID_PARAMS, METHOD_NOT_FOUND, RpcError

REVERTED: Final = 3
SYNC_TIMEOUT: Final = 4
"""EIP-7966."""
CALL_FAILED: Final = -32015
"""A simulated call that halted without revert data (execution-apis, eth_simulateV1)."""
TRANSACTION_REFUSED: Final = -32000
FORBIDDEN: Final = -32001
UNAVAILABLE: Final = -32002
LIMIT_EXCEEDED: Final = -32005
UNAUTHORIZED: Final = -32090

_MALFORMED: Final = frozenset(
    {"rlp_invalid", "transaction_type_unsupported", "chain_id_mismatch", "signature_invalid", "transaction_too_large"}
)
"""The transaction can never become valid on this chain."""
_WELL_KNOWN: Final = {
    "nonce_too_low": "nonce too low",
    "nonce_too_high": "nonce too high",
    "gas_limit_too_high": "exceeds block gas limit",
    "gas_limit_too_low": "intrinsic gas too low",
    "insufficient_funds": "insufficient funds for gas * price + value",
    "replacement_underpriced": "replacement transaction underpriced",
    "mempool_full": "txpool is full",
    "chain_id_mismatch": "invalid chain id for signer",
    "signature_invalid": "invalid sender",
    "rlp_invalid": "rlp: the transaction cannot be decoded",
    "transaction_type_unsupported": "transaction type not supported",
    "transaction_too_large": "oversized data",
}
"""The words of go-ethereum, which wallets search for."""
_STORE: Final = frozenset({"disk_full", "store_corrupt", "store_io", "ledger_closed"})
_BY_CLASS: Final = (
    (InvalidInput, INVALID_PARAMS),
    (Unauthorized, UNAUTHORIZED),
    (NotFound, FORBIDDEN),
    (Conflict, TRANSACTION_REFUSED),
    (RateLimited, LIMIT_EXCEEDED),
    (Unavailable, UNAVAILABLE),
)
_OWN_REASONS: Final = {
    "wallet.not_owned_by_user": "forbidden: the sender is not one of your linked wallets",
    "wallet.not_linked": "forbidden: the sender is not a linked wallet",
}
_PANIC: Final = bytes.fromhex("4e487b71")
_ERROR: Final = bytes.fromhex("08c379a0")


def refusal(error: Exception) -> RpcError:
    """What the caller is told. An error that nobody foresaw says nothing but that."""
    if isinstance(error, RpcError):
        return error
    if isinstance(error, CoreError):
        return _from_core(error)
    if isinstance(error, Forbidden):
        return forbidden(error.code)
    if isinstance(error, PrividiumError):
        for kind, code in _BY_CLASS:
            if isinstance(error, kind):
                return RpcError(code, error.message, error.code)
    return _unforeseen()


def _unforeseen() -> RpcError:
    return RpcError(INTERNAL_ERROR, "internal error; the header x-request-id names it in the node's log", "internal")


def forbidden(reason: str) -> RpcError:
    """A denial; `reason` is shown only where it is about the caller's own wallets."""
    shown = reason if reason in _OWN_REASONS else "forbidden"
    return RpcError(FORBIDDEN, _OWN_REASONS.get(reason, "forbidden"), shown)


def unauthorized() -> RpcError:
    return RpcError(UNAUTHORIZED, "unauthorized: sign in and send the session token as a bearer token", "not_signed_in")


def method_not_found(method: str) -> RpcError:
    return RpcError(METHOD_NOT_FOUND, f"the method {method[:64]} does not exist", "method_unknown")


def method_forbidden(method: str) -> RpcError:
    return RpcError(FORBIDDEN, f"the method {method} is forbidden on this chain", "method_forbidden")


def dropped(code: str) -> RpcError:
    """Why an accepted transaction never came into a block; reasons of the policy have a dot in them."""
    if "." in code:
        return forbidden(code)
    message = f"{_WELL_KNOWN.get(code, code)}: the transaction was accepted, and dropped when its turn came"
    return RpcError(TRANSACTION_REFUSED, message, code)


def filter_unknown() -> RpcError:
    """The same for another's filter, an expired one, and none."""
    return RpcError(TRANSACTION_REFUSED, "filter not found", "filter_unknown")


def trace_unknown() -> RpcError:
    """Of a transaction that does not exist, that waits, or that the caller may not trace."""
    return RpcError(TRANSACTION_REFUSED, "transaction not found", "transaction_unknown")


def call_failure(output: bytes, out_of_gas: bool) -> RpcError:
    """Why a simulated call failed."""
    if out_of_gas:
        return RpcError(CALL_FAILED, "out of gas, or an invalid operation", "execution_failed")
    return RpcError(REVERTED, revert_message(output), "execution_reverted", "0x" + output.hex())


def _from_core(error: CoreError) -> RpcError:
    if isinstance(error, DeniedError):
        return forbidden(error.code)
    if isinstance(error, RevertedError):
        return RpcError(REVERTED, revert_message(error.data), "execution_reverted", "0x" + error.data.hex())
    if error.code in _STORE:
        return RpcError(UNAVAILABLE, "the chain store does not take requests now; try again later", error.code)
    if error.code == "internal":
        return _unforeseen()
    known = _WELL_KNOWN.get(error.code)
    message = f"{known}: {error.message}" if known else error.message
    return RpcError(INVALID_PARAMS if error.code in _MALFORMED else TRANSACTION_REFUSED, message, error.code)


def revert_message(data: bytes) -> str:
    """`Error(string)` and `Panic(uint256)` in words, as in the Solidity documentation."""
    try:
        if data[:4] == _ERROR:
            return f"execution reverted: {decode(['string'], data[4:])[0]}"
        if data[:4] == _PANIC:
            return f"execution reverted: panic 0x{decode(['uint256'], data[4:])[0]:02x}"
    except (DecodingError, UnicodeDecodeError):
        pass
    return "execution reverted"
