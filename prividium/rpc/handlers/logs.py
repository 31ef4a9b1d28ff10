"""eth_getLogs, and the search that filters and subscriptions share: the index names candidates, the store's records and
the one visibility function decide.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from prividium.identity.principal import Principal
from prividium.ledger.index import LogPlace, LogQuery, Reach
from prividium.permissions.event_rules import EventRules
from prividium.permissions.visibility import FULL_READ, Sight
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import INVALID_PARAMS, RpcError
from prividium.rpc.forms import log_form
from prividium.rpc.log_params import Cursor, LogFilter
from prividium.rpc.params import BlockId
from prividium.rpc.refusals import LIMIT_EXCEEDED
from prividium.rpc.views import SeenBlock, seen_block
from prividium.types import Json


@dataclass(frozen=True)
class LogPage:
    logs: list[Json]
    next: Cursor | None
    """Where to go on; None if that was all."""


def logs(chain: Chain, caller: Caller, wanted: LogFilter) -> Json:
    """All logs, or `{logs, cursor}` if the filter asks for pages."""
    query = _query(chain, wanted)
    if wanted.paging is None:
        return _whole(chain, caller, query)
    limit = min(wanted.paging.limit or chain.limits.logs_max, chain.limits.logs_max)
    page = LogPage([], None) if query is None else search(chain, caller, query, limit, wanted.paging.after)
    return {"logs": page.logs, "cursor": None if page.next is None else page.next.text()}


def search(chain: Chain, caller: Caller, query: LogQuery, limit: int, after: Cursor | None = None) -> LogPage:
    """The first `limit` visible logs of the query behind `after`."""
    found: list[Json] = []
    last: Cursor | None = None
    sight = chain.sight()
    reach = _reach(caller.person, sight.rules)
    for number, in_block in groupby(_places(chain, query, reach, after), key=lambda place: place.block_number):
        for cursor, form in _forms_at(chain, caller, number, in_block, sight):
            if after is not None and cursor <= after:
                continue
            if len(found) == limit:
                return LogPage(found, last)
            found.append(form)
            last = cursor
    return LogPage(found, None)


def _whole(chain: Chain, caller: Caller, query: LogQuery | None) -> Json:
    if query is None:
        return []
    page = search(chain, caller, query, chain.limits.logs_max)
    if page.next is not None:
        message = f"more than {chain.limits.logs_max} logs match; ask for fewer blocks, or for pages with `limit`"
        raise RpcError(LIMIT_EXCEEDED, message, "too_many_logs")
    return page.logs


def _places(chain: Chain, query: LogQuery, reach: Reach | None, after: Cursor | None) -> Iterator[LogPlace]:
    first = query.first_block if after is None else max(query.first_block, after.block)
    if first > query.last_block:
        return iter(())
    return chain.index.log_places(LogQuery(first, query.last_block, query.addresses, query.topics), reach)


def _query(chain: Chain, wanted: LogFilter) -> LogQuery | None:
    """None if the range lies beyond the newest block."""
    if wanted.block_hash is not None:
        first = last = _number(chain, wanted.block_hash)
    else:
        first, last = _number(chain, wanted.first), min(_number(chain, wanted.last), chain.height)
        if first > _number(chain, wanted.last):
            raise RpcError(INVALID_PARAMS, "invalid filter: fromBlock is after toBlock", "params_invalid")
    if last - first >= chain.limits.block_range_max:
        message = f"invalid filter: at most {chain.limits.block_range_max} blocks at a time"
        raise RpcError(INVALID_PARAMS, message, "block_range_too_wide")
    return LogQuery(first, last, wanted.addresses, wanted.topics) if first <= last else None


def _number(chain: Chain, block: BlockId) -> int:
    if isinstance(block, int):
        return block
    number = chain.number(block)
    if number is None:
        raise RpcError(INVALID_PARAMS, "invalid filter: the block does not exist", "block_unknown")
    return number


def _reach(person: Principal, rules: EventRules) -> Reach | None:
    """Where it is worth looking: the person's own transactions, and contracts with a rule for the person."""
    if person.may(FULL_READ):
        return None
    contracts = {
        address for address, listed in rules.by_contract.items() if any(rule.serves(person) for rule in listed)
    }
    return Reach(person.wallets, frozenset(contracts))


def _forms_at(
    chain: Chain, caller: Caller, number: int, places: Iterator[LogPlace], sight: Sight
) -> Iterator[tuple[Cursor, dict[str, Json]]]:
    block = chain.ledger.block(number)
    if block is not None:
        yield from _forms(seen_block(chain, caller, block, sight), places)


def _forms(view: SeenBlock, places: Iterator[LogPlace]) -> Iterator[tuple[Cursor, dict[str, Json]]]:
    hashes = view.block.transaction_hashes
    wanted = {(hashes[place.transaction_position], place.position) for place in places}
    for seen in view.transactions:
        for entry in seen.logs:
            if (seen.transaction.hash, entry.position) in wanted:
                yield Cursor(view.block.number, entry.index), log_form(view, seen, entry)
