"""Methods whose answers hold only what the caller may see. Hidden and absent are answered alike: null."""

from prividium.rpc import forms
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.params import BlockQuery, IndexedQuery
from prividium.rpc.views import Pending, Placed, SeenBlock, seen_block, seen_transaction
from prividium.types import Hash32, Json, to_quantity


def transaction(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Json:
    found = seen_transaction(chain, caller, transaction_hash)
    if isinstance(found, Pending):
        return forms.pending_form(found.transaction)
    return None if found is None else forms.transaction_form(found.block, found.seen)


def receipt(chain: Chain, caller: Caller, transaction_hash: Hash32) -> Json:
    found = seen_transaction(chain, caller, transaction_hash)
    return forms.receipt_form(found.block, found.seen) if isinstance(found, Placed) else None


def block(chain: Chain, caller: Caller, query: BlockQuery) -> Json:
    view = _view(chain, caller, query)
    return None if view is None else forms.block_form(view, query.full)


def transaction_count(chain: Chain, caller: Caller, query: BlockQuery) -> Json:
    """How many of the block's transactions the caller sees."""
    view = _view(chain, caller, query)
    return None if view is None else to_quantity(len(view.transactions))


def receipts(chain: Chain, caller: Caller, query: BlockQuery) -> Json:
    view = _view(chain, caller, query)
    return None if view is None else [forms.receipt_form(view, seen) for seen in view.transactions]


def transaction_at(chain: Chain, caller: Caller, query: IndexedQuery) -> Json:
    """The index counts the transactions that the caller sees."""
    view = _view(chain, caller, query.block)
    if view is None or query.index >= len(view.transactions):
        return None
    return forms.transaction_form(view, view.transactions[query.index])


def _view(chain: Chain, caller: Caller, query: BlockQuery) -> SeenBlock | None:
    found = chain.block(query.block)
    return None if found is None else seen_block(chain, caller, found, chain.sight())
