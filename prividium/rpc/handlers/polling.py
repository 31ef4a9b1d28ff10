"""Filters: a person makes them, asks for what is new, and sees what that person may see at the time of asking."""

from prividium.ledger.index import LogQuery
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.filters import Filter
from prividium.rpc.handlers.logs import logs, search
from prividium.rpc.log_params import LogFilter
from prividium.rpc.params import wrong
from prividium.rpc.refusals import filter_unknown
from prividium.types import Json, to_hex


def new_filter(chain: Chain, caller: Caller, wanted: LogFilter) -> Json:
    if wanted.block_hash is not None:
        raise wrong("filter", "blockHash names the past; a filter waits for new blocks")
    return chain.filters.create(caller.person.user_id, wanted, chain.height + 1)


def new_block_filter(chain: Chain, caller: Caller, nothing: None) -> Json:
    return chain.filters.create(caller.person.user_id, None, chain.height + 1)


def changes(chain: Chain, caller: Caller, identifier: str) -> Json:
    """What came since the last time; no more than `rpc_logs_max` at a time, the rest next time."""
    found = chain.filters.find(caller.person.user_id, identifier)
    return _new_blocks(chain, found) if found.wanted is None else _new_logs(chain, caller, found, found.wanted)


def filter_logs(chain: Chain, caller: Caller, identifier: str) -> Json:
    """As eth_getLogs answers the filter's own range."""
    found = chain.filters.find(caller.person.user_id, identifier)
    if found.wanted is None:
        raise filter_unknown()
    return logs(chain, caller, found.wanted)


def uninstall(chain: Chain, caller: Caller, identifier: str) -> Json:
    return chain.filters.remove(caller.person.user_id, identifier)


def _new_blocks(chain: Chain, found: Filter) -> Json:
    last = min(chain.height, found.next_block + chain.limits.logs_max - 1)
    hashes: list[Json] = []
    for number in range(found.next_block, last + 1):
        block = chain.ledger.block(number)
        if block is not None:
            hashes.append(to_hex(block.hash))
    chain.filters.advance(found, last + 1, None)
    return hashes


def _new_logs(chain: Chain, caller: Caller, found: Filter, wanted: LogFilter) -> Json:
    last = min(chain.height, found.next_block + chain.limits.block_range_max - 1)
    lowest = wanted.first if isinstance(wanted.first, int) else 0
    highest = wanted.last if isinstance(wanted.last, int) else last
    query = LogQuery(max(found.next_block, lowest), min(last, highest), wanted.addresses, wanted.topics)
    if query.first_block > query.last_block:
        chain.filters.advance(found, last + 1, None)
        return []
    page = search(chain, caller, query, chain.limits.logs_max, found.after)
    if page.next is None:
        chain.filters.advance(found, last + 1, None)
    else:
        chain.filters.advance(found, page.next.block, page.next)
    return page.logs
