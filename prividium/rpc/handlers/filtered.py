"""Methods whose answers hold only what the caller may see. Hidden and absent are answered alike: null."""

from prividium.rpc import forms
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import Json
from prividium.rpc.params import BlockQuery
from prividium.rpc.views import seen_block, seen_pending, seen_transaction
from prividium.types import Hash32, to_quantity


def transaction(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Json:
    pending = seen_pending(chain, caller, transaction_hash)
    if pending is not None:
        return forms.pending_form(pending)
    seen = seen_transaction(chain, caller, transaction_hash)
    return None if seen is None else forms.transaction_form(*seen)


def receipt(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Json:
    seen = seen_transaction(chain, caller, transaction_hash)
    return None if seen is None else forms.receipt_form(*seen)


def block(chain: Chain, caller: Caller, query: BlockQuery) -> Json:
    found = chain.block(query.block)
    return None if found is None else forms.block_form(seen_block(chain, caller, found), query.full)


def transaction_count(chain: Chain, caller: Caller, query: BlockQuery) -> Json:
    """How many of the block's transactions the caller sees."""
    found = chain.block(query.block)
    return None if found is None else to_quantity(len(seen_block(chain, caller, found).transactions))
