"""Methods whose answers hold only what the caller may see. Hidden and absent are answered alike: null."""

from prividium.rpc import forms
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.params import BlockQuery
from prividium.rpc.views import SeenBlock, seen_block, seen_pending, seen_transaction
from prividium.types import Hash32, Json, to_quantity


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
    view = _view(chain, caller, query)
    return None if view is None else forms.block_form(view, query.full)


def transaction_count(chain: Chain, caller: Caller, query: BlockQuery) -> Json:
    """How many of the block's transactions the caller sees."""
    view = _view(chain, caller, query)
    return None if view is None else to_quantity(len(view.transactions))


def _view(chain: Chain, caller: Caller, query: BlockQuery) -> SeenBlock | None:
    found = chain.block(query.block)
    return None if found is None else seen_block(chain, caller, found, chain.event_rules())
