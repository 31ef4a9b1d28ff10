"""Methods about one address: the caller's own wallets, and everybody's for those with full read access."""

import json
from typing import Any

from prividium.errors import Forbidden
from prividium.permissions.visibility import sees_account
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.execution_params import ProofQuery, SlotAt
from prividium.rpc.params import AccountAt
from prividium.types import Json, to_hex, to_quantity


def permit(chain: Chain, caller: Caller, account: AccountAt | SlotAt | ProofQuery) -> None:
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


def storage(chain: Chain, caller: Caller, slot: SlotAt) -> Json:
    chain.require_head(slot.block)
    return to_hex(chain.ledger.storage(slot.address, slot.slot).to_bytes(32, "big"))


def proof(chain: Chain, caller: Caller, query: ProofQuery) -> Json:
    """Paths in our own tree (`docs/rpc.md`): what EIP-1186 shows, a Merkle-Patricia trie's nodes, there are none of."""
    batch = chain.require_batch_end(query.block)
    opened: dict[str, Any] = json.loads(chain.ledger.open_account(batch, query.address, list(query.slots)))
    account = opened["account"]
    if account is not None:
        account["nonce"], account["balance"] = to_quantity(account["nonce"]), to_quantity(int(account["balance"]))
    opened["batchNumber"] = to_quantity(opened["batchNumber"])
    opened["blockNumber"] = to_quantity(opened["blockNumber"])
    shown: Json = opened
    return shown
