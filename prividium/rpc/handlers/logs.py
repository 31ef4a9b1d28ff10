"""eth_getLogs: the index names candidates, the store's records and the event rules decide."""

from collections.abc import Iterator
from itertools import groupby

from prividium.identity.principal import Principal
from prividium.ledger.index import LogPlace, LogQuery, Reach
from prividium.permissions.event_rules import EventRules
from prividium.permissions.visibility import FULL_READ
from prividium.rpc.chain import Caller, Chain
from prividium.rpc.envelope import INVALID_PARAMS, RpcError
from prividium.rpc.forms import log_form
from prividium.rpc.params import BlockId, LogFilter
from prividium.rpc.refusals import LIMIT_EXCEEDED
from prividium.rpc.views import SeenBlock, seen_block
from prividium.types import Json


def logs(chain: Chain, caller: Caller, wanted: LogFilter) -> Json:
    query = _query(chain, wanted)
    if query is None:
        return []
    found: list[Json] = []
    rules = chain.event_rules()
    places = chain.index.log_places(query, _reach(caller.person, rules))
    for number, in_block in groupby(places, key=lambda place: place.block_number):
        block = chain.ledger.block(number)
        if block is None:
            continue
        found.extend(_forms(seen_block(chain, caller, block, rules), in_block))
        if len(found) > chain.logs_max:
            message = f"more than {chain.logs_max} logs match; ask for fewer blocks"
            raise RpcError(LIMIT_EXCEEDED, message, "too_many_logs")
    return found


def _query(chain: Chain, wanted: LogFilter) -> LogQuery | None:
    """None if the range lies beyond the newest block."""
    if wanted.block_hash is not None:
        first = last = _number(chain, wanted.block_hash)
    else:
        first, last = _number(chain, wanted.first), min(_number(chain, wanted.last), chain.height)
        if first > _number(chain, wanted.last):
            raise RpcError(INVALID_PARAMS, "invalid filter: fromBlock is after toBlock", "params_invalid")
    if last - first >= chain.block_range_max:
        message = f"invalid filter: at most {chain.block_range_max} blocks at a time"
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


def _forms(view: SeenBlock, places: Iterator[LogPlace]) -> Iterator[dict[str, Json]]:
    hashes = view.block.transaction_hashes
    wanted = {(hashes[place.transaction_position], place.position) for place in places}
    for seen in view.transactions:
        for entry in seen.logs:
            if (seen.transaction.hash, entry.position) in wanted:
                yield log_form(view, seen, entry)
