"""The SQL index: what the store has, rebuilt from it at will."""

from collections.abc import Callable

from eth_utils.crypto import keccak
from sqlalchemy import func, select

from prividium._core import CoreError, Ledger
from prividium.bench.traffic import Traffic, address_of
from prividium.db.engine import Database
from prividium.ledger.index import LedgerIndex, LogPlace, LogQuery, Reach
from prividium.ledger.models import IndexedBlock, IndexedLog, IndexedTransaction
from prividium.types import Address, Hash32
from tests.unit.ledger.conftest import Rules

TRANSFER = Hash32(keccak(text="Transfer(address,address,uint256)"))
SECONDS_MAX = 20.0


def fill(ledger: Ledger, rules: Rules, traffic: Traffic) -> int:
    """Put all traffic into blocks; returns the number of transactions."""
    ledger.set_policy(rules.table())
    everything = traffic.set_up + traffic.transfers
    for raw in everything:
        (answer,) = ledger.submit([raw])
        assert not isinstance(answer, CoreError), answer.message
        assert ledger.produce_block(ledger.head().timestamp + 1) is not None
    return len(everything)


def rows(database: Database) -> tuple[int, int, int]:
    with database.read() as session:
        counts = [
            session.scalar(select(func.count()).select_from(model))
            for model in (IndexedBlock, IndexedTransaction, IndexedLog)
        ]
    return counts[0] or 0, counts[1] or 0, counts[2] or 0


def everywhere(**changes: object) -> LogQuery:
    return LogQuery(**{"first_block": 0, "last_block": 2**40, "addresses": frozenset(), "topics": (), **changes})  # type: ignore[arg-type]


def test_at_start_the_index_catches_up_with_the_store(
    ledger: Ledger, database: Database, rules: Rules, traffic: Traffic
) -> None:
    count = fill(ledger, rules, traffic)
    index = LedgerIndex(database, ledger)
    index.start()
    index.stop()
    assert index.height == ledger.head().number == count
    assert rows(database)[:2] == (count + 1, count)


def test_a_new_block_is_indexed_when_it_is_announced(
    ledger: Ledger, index: LedgerIndex, rules: Rules, traffic: Traffic
) -> None:
    ledger.set_policy(rules.table())
    ledger.submit(traffic.set_up[:1])
    block = ledger.produce_block(2)
    assert block is not None
    index.notify(block)
    assert index.wait_for(block.number, SECONDS_MAX)


def test_a_rebuilt_index_is_the_same(ledger: Ledger, database: Database, rules: Rules, traffic: Traffic) -> None:
    fill(ledger, rules, traffic)
    index = LedgerIndex(database, ledger)
    index.catch_up()
    before, places = rows(database), list(index.log_places(everywhere(), None))
    steps: list[tuple[int, int]] = []
    index.rebuild(lambda done, head: steps.append((done, head)))
    assert (rows(database), list(index.log_places(everywhere(), None))) == (before, places)
    assert steps[-1] == (ledger.head().number, ledger.head().number)


def test_rows_of_another_chain_are_thrown_away(
    ledger: Ledger, database: Database, rules: Rules, traffic: Traffic
) -> None:
    with database.write() as session:
        for number in (0, 1, 2):
            session.add(
                IndexedBlock(number=number, hash=bytes([number + 1]) * 32, timestamp=1, gas_used=0, transaction_count=0)
            )
    index = LedgerIndex(database, ledger)
    index.start()
    index.stop()
    assert rows(database) == (1, 0, 0)


def test_logs_are_found_by_contract_topic_block_and_reach(
    ledger: Ledger, database: Database, rules: Rules, traffic: Traffic
) -> None:
    fill(ledger, rules, traffic)
    index = LedgerIndex(database, ledger)
    index.catch_up()
    everything = list(index.log_places(everywhere(), None))
    transfers = list(index.log_places(everywhere(topics=(frozenset({TRANSFER}),)), None))
    assert everything == sorted(everything)
    assert len(transfers) == len(traffic.wallets) + len(traffic.transfers)
    assert list(index.log_places(everywhere(addresses=frozenset({traffic.fund})), None)) == everything
    assert list(index.log_places(everywhere(addresses=frozenset({Address(bytes(20))})), None)) == []
    first = everything[0]
    assert list(index.log_places(everywhere(last_block=first.block_number), None)) == [first]
    wallet = address_of(traffic.wallets[0])
    own = list(index.log_places(everywhere(), Reach(frozenset({wallet}), frozenset())))
    assert len(own) == len(traffic.transfers) // len(traffic.wallets)
    assert list(index.log_places(everywhere(), Reach(frozenset(), frozenset({traffic.fund})))) == everything
    assert list(index.log_places(everywhere(), Reach(frozenset(), frozenset()))) == []


def test_a_wanted_topic_position_must_exist(ledger: Ledger, database: Database, rules: Rules, traffic: Traffic) -> None:
    fill(ledger, rules, traffic)
    index = LedgerIndex(database, ledger)
    index.catch_up()
    anything = frozenset[Hash32]()
    assert list(index.log_places(everywhere(topics=(anything, anything, anything)), None))
    assert list(index.log_places(everywhere(topics=(anything,) * 4), None)) == []


def test_pages_join_without_gap_or_double(
    ledger: Ledger, database: Database, rules: Rules, traffic: Traffic, monkeypatch: object
) -> None:
    fill(ledger, rules, traffic)
    index = LedgerIndex(database, ledger)
    index.catch_up()
    whole = list(index.log_places(everywhere(), None))
    from prividium.ledger import index as module

    before = module.PLACES_PER_PAGE
    module.PLACES_PER_PAGE = 2
    try:
        assert list(index.log_places(everywhere(), None)) == whole
    finally:
        module.PLACES_PER_PAGE = before
    assert len({(place.block_number, place.transaction_position, place.position) for place in whole}) == len(whole)


def test_the_index_survives_a_restart_in_the_middle(
    open_ledger: Callable[[], Ledger], database: Database, rules: Rules, traffic: Traffic
) -> None:
    ledger = open_ledger()
    ledger.set_policy(rules.table())
    ledger.submit(traffic.set_up[:1])
    ledger.produce_block(2)
    first = LedgerIndex(database, ledger)
    first.catch_up()
    ledger.submit(traffic.set_up[1:2])
    ledger.produce_block(3)
    ledger.close()
    ledger = open_ledger()
    second = LedgerIndex(database, ledger)
    second.start()
    second.stop()
    assert rows(database)[:2] == (3, 2)
    assert isinstance(next(second.log_places(everywhere(), None)), LogPlace)
    ledger.close()
