"""Methods about one address: the caller's own wallets, and everybody's for those with full read access."""

from prividium.errors import Forbidden
from prividium.permissions.visibility import sees_account
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.params import AccountAt
from prividium.types import Json, to_hex, to_quantity


def permit(chain: Chain, caller: Caller, account: AccountAt) -> None:
    """Foreign addresses are refused before anything is read, whether they exist or not."""
    if not sees_account(caller.principal, account.address):
        raise Forbidden("account.not_own", "forbidden")


def balance(chain: Chain, caller: Caller, account: AccountAt) -> Json:
    chain.require_head(account.block)
    return to_quantity(chain.ledger.balance(account.address))


def transaction_count(chain: Chain, caller: Caller, account: AccountAt) -> Json:
    chain.require_head(account.block)
    return to_quantity(chain.ledger.nonce(account.address, account.block == "pending"))


def code(chain: Chain, caller: Caller, account: AccountAt) -> Json:
    chain.require_head(account.block)
    return to_hex(chain.ledger.code(account.address))
