"""The table of what a wallet may ask by its secret address. Everything else is forbidden."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final, TypeAlias

from prividium.db.engine import Database
from prividium.errors import Forbidden
from prividium.identity.principal import Principal
from prividium.rpc import forms, params
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.handlers import account, chain, execute, filtered
from prividium.rpc.params import Params
from prividium.rpc.views import SeenBlock
from prividium.rpc.wallet import allowances
from prividium.rpc.wallet.allowances import Announced
from prividium.types import Address, Hash32, Json, to_hex

SOME_CODE: Final = "0x60606040"
"""Prividium's answer for every address: wallets then show a call as a call."""
_ZERO: Final = to_hex(bytes(32))

Answer: TypeAlias = "Json | Future[bytes]"


@dataclass(frozen=True)
class WalletCall:
    """Who asks by the address, and what of."""

    chain: Chain
    database: Database
    holder: Principal

    @property
    def caller(self) -> Caller:
        return Caller(self.holder)


@dataclass(frozen=True)
class WalletMethod:
    sentence: str
    run: Callable[[WalletCall, Params], Answer]


def _block(call: WalletCall, values: Params) -> Json:
    """Number and base fee are real; the rest would tell a finder of the address how the chain is used."""
    found = call.chain.block(params.block_by_number(values).block)
    if found is None:
        return None
    form = forms.block_form(SeenBlock(found, ()), full=False)
    if not isinstance(form, dict):
        raise TypeError("a block is shown as an object")
    return {**form, "hash": _ZERO, "parentHash": _ZERO, "timestamp": "0x0"}


def _code(call: WalletCall, values: Params) -> Json:
    asked = params.account_at(values)
    return account.code(call.chain, call.caller, asked) if call.holder.owns(asked.address) else SOME_CODE


def _balance(call: WalletCall, values: Params) -> Json:
    asked = params.account_at(values)
    _require_covered(call, asked.address)
    return account.balance(call.chain, call.caller, asked)


def _transaction_count(call: WalletCall, values: Params) -> Json:
    """Wallets ask at a number or for `pending`; npm `prividium doctor` takes an answer for `latest` for a fault."""
    asked = params.account_at(values)
    if asked.block == "latest":
        raise Forbidden("wallet.tag_not_covered", "forbidden")
    _require_covered(call, asked.address)
    return account.transaction_count(call.chain, call.caller, asked)


def _transaction(call: WalletCall, values: Params) -> Json:
    asked = params.hash_only(values)
    return filtered.transaction(call.chain, call.caller, asked) if _covers(call, asked) else None


def _receipt(call: WalletCall, values: Params) -> Json:
    asked = params.hash_only(values)
    return filtered.receipt(call.chain, call.caller, asked) if _covers(call, asked) else None


def _send(call: WalletCall, values: Params) -> Future[bytes]:
    """The policy judges it as any other transaction, each frame."""
    signed = execute.parse_signed(values)
    execute.permit_signed(call.chain, call.caller, signed)
    sent = signed.transaction
    to = None if sent.to is None else Address(sent.to)
    announced = Announced(Address(sent.sender), sent.nonce, to, sent.data, sent.value)
    with call.database.write() as session:
        known = allowances.use(session, call.holder.user_id, announced, Hash32(sent.hash))
    if not known:
        raise Forbidden("wallet.transaction_not_authorized", "forbidden")
    return execute.send(call.chain, call.caller, signed)


def _require_covered(call: WalletCall, address: Address) -> None:
    with call.database.read() as session:
        covered = call.holder.owns(address) and allowances.covers_wallet(session, call.holder.user_id, address)
    if not covered:
        raise Forbidden("wallet.nothing_authorized", "forbidden")


def _covers(call: WalletCall, transaction_hash: Hash32) -> bool:
    with call.database.read() as session:
        return allowances.covers_transaction(session, call.holder.user_id, transaction_hash)


def _plain(answer: Callable[[Chain, Caller, None], Json]) -> Callable[[WalletCall, Params], Json]:
    def run(call: WalletCall, values: Params) -> Json:
        params.none(values)
        return answer(call.chain, call.caller, None)

    return run


WALLET_METHODS: Final[dict[str, WalletMethod]] = {
    "eth_chainId": WalletMethod("The chain id.", _plain(chain.chain_id)),
    "net_version": WalletMethod("The chain id in decimal.", _plain(chain.network_version)),
    "web3_clientVersion": WalletMethod("Name and version of the node.", _plain(chain.client_version)),
    "eth_gasPrice": WalletMethod("0x0: gas is free.", _plain(chain.zero_price)),
    "eth_blockNumber": WalletMethod("Number of the newest block.", _plain(chain.block_number)),
    "eth_getBlockByNumber": WalletMethod("Number, gas limit and base fee of a block; all else is constant.", _block),
    "eth_getCode": WalletMethod(f"The code of the person's own wallets; `{SOME_CODE}` for every other address.", _code),
    "eth_getBalance": WalletMethod("Of a wallet for which a transaction is announced.", _balance),
    "eth_getTransactionCount": WalletMethod(
        "Of a wallet for which a transaction is announced, at a block's number or for `pending`.", _transaction_count
    ),
    "eth_getTransactionByHash": WalletMethod("A transaction that was announced and sent; else null.", _transaction),
    "eth_getTransactionReceipt": WalletMethod("Receipt of such a transaction; else null.", _receipt),
    "eth_sendRawTransaction": WalletMethod("Takes the very transaction that was announced.", _send),
}
