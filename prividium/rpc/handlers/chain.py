"""Methods about the chain as a whole; none tells what anybody did."""

from eth_utils.crypto import keccak

from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import INVALID_PARAMS, RpcError
from prividium.rpc.params import FeeHistoryQuery
from prividium.types import Json, to_hex, to_quantity


def chain_id(chain: Chain, caller: Caller, nothing: None) -> Json:
    return to_quantity(chain.chain_id)


def network_version(chain: Chain, caller: Caller, nothing: None) -> Json:
    return str(chain.chain_id)


def client_version(chain: Chain, caller: Caller, nothing: None) -> Json:
    return chain.client_version


def block_number(chain: Chain, caller: Caller, nothing: None) -> Json:
    return to_quantity(chain.height)


def zero_price(chain: Chain, caller: Caller, nothing: None) -> Json:
    """Gas is free: the institution pays for its machines, not its users for transactions."""
    return "0x0"


def protocol_version(chain: Chain, caller: Caller, nothing: None) -> Json:
    """Of the peer-to-peer protocol, which the node does not speak."""
    return "0x0"


def coinbase(chain: Chain, caller: Caller, nothing: None) -> Json:
    return to_hex(chain.ledger.head().beneficiary)


def sha3(chain: Chain, caller: Caller, given: bytes) -> Json:
    return to_hex(keccak(given))


def syncing(chain: Chain, caller: Caller, nothing: None) -> Json:
    return False


def accounts(chain: Chain, caller: Caller, nothing: None) -> Json:
    """The caller's linked wallets; the node holds no keys of theirs."""
    return [to_hex(wallet) for wallet in sorted(caller.person.wallets)]


def fee_history(chain: Chain, caller: Caller, query: FeeHistoryQuery) -> Json:
    """EIP-1559 history of a chain without fees; how full blocks were is nobody's business."""
    newest = chain.number(query.newest)
    if newest is None:
        raise RpcError(INVALID_PARAMS, "the newest block does not exist", "block_unknown")
    count = min(query.count, newest + 1)
    form: dict[str, Json] = {
        "oldestBlock": to_quantity(newest + 1 - count),
        "baseFeePerGas": ["0x0"] * (count + 1),
        "gasUsedRatio": [0.0] * count,
    }
    if query.percentiles:
        form["reward"] = [["0x0"] * query.percentiles] * count
    return form
