"""The SQL read model of the chain: filled from the store after each block, rebuilt from it on demand.

It answers "which blocks and logs might concern these people?". What they may see is decided afterwards on the store's
own records (`rpc.views`), so that a wrong row can hide something but never reveal it.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache

from sqlalchemy import BindParameter, Integer, Select, bindparam, delete, func, insert, or_, select, tuple_
from sqlalchemy.orm import Session

from prividium._core import Block, CoreError, Ledger, Receipt, Transaction
from prividium.db.engine import Database
from prividium.errors import PrividiumError, Unavailable
from prividium.ledger.models import IndexedBlock, IndexedLog, IndexedTransaction
from prividium.types import Address, Hash32

log = logging.getLogger(__name__)

BLOCKS_PER_WRITE = 200
PLACES_PER_PAGE = 1_000
RETRY_SECONDS = 1.0
TOPIC_COLUMNS = (IndexedLog.topic0, IndexedLog.topic1, IndexedLog.topic2, IndexedLog.topic3)

Topic = frozenset[Hash32]
"""Alternatives for one topic position; empty means any."""


@dataclass(frozen=True)
class LogQuery:
    first_block: int
    last_block: int
    addresses: frozenset[Address]
    """Emitting contracts; empty means any."""
    topics: tuple[Topic, ...]


@dataclass(frozen=True)
class Reach:
    """Logs that a reader might see: of transactions by these senders, and of these contracts."""

    senders: frozenset[Address]
    contracts: frozenset[Address]


@dataclass(frozen=True, order=True)
class LogPlace:
    """Where a log is: block, transaction in the block, log in the transaction."""

    block_number: int
    transaction_position: int
    position: int


@dataclass(frozen=True)
class _Shape:
    """Which conditions a search for logs has."""

    addresses: bool
    reach: bool
    topics: tuple[bool, ...]
    after: bool

    @staticmethod
    def of(query: LogQuery, reach: Reach | None, after: LogPlace | None) -> "_Shape":
        topics = tuple(bool(wanted) for wanted in query.topics)
        return _Shape(bool(query.addresses), reach is not None, topics, after is not None)


class LedgerIndex:
    def __init__(self, database: Database, ledger: Ledger) -> None:
        self._database = database
        self._ledger = ledger
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._caught_up = threading.Condition()
        self._height = -1
        self._failure: str | None = None
        self._on_height: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="ledger-index", daemon=True)

    @property
    def height(self) -> int:
        """Number of the last block that readers see everywhere: in the store and in the index."""
        return self._height

    @property
    def failure(self) -> str | None:
        return self._failure

    def start(self) -> None:
        """Catch up with the store, then follow it."""
        with self._database.read() as session:
            self._height = _last_indexed(session)
        self._discard_foreign_rows()
        self.catch_up()
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join()

    def notify(self, block: Block) -> None:
        """A block is in the store. Returns at once."""
        self._wake.set()

    def on_height(self, listener: Callable[[], None]) -> None:
        """`listener` runs in the index's thread whenever `height` has grown and must return at once."""
        self._on_height.append(listener)

    def wait_for(self, number: int, timeout_seconds: float) -> bool:
        """Whether block `number` was indexed in time."""
        with self._caught_up:
            return self._caught_up.wait_for(lambda: self._height >= number, timeout_seconds)

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Index every block that the store has and the index lacks; `progress(done, head)` after each write."""
        head = self._ledger.head().number
        while self._height < head:
            last = min(head, self._height + BLOCKS_PER_WRITE)
            with self._database.write() as session:
                for number in range(self._height + 1, last + 1):
                    self._insert(session, number)
            with self._caught_up:
                self._height = last
                self._caught_up.notify_all()
            for listener in self._on_height:
                listener()
            if progress is not None:
                progress(last, head)
            head = self._ledger.head().number

    def rebuild(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Drop every row and read the whole store again."""
        self._clear()
        self.catch_up(progress)

    def log_places(self, query: LogQuery, reach: Reach | None) -> Iterator[LogPlace]:
        """Candidates in order, all of them without `reach`. Pages through the range."""
        after: LogPlace | None = None
        values = _values(query, reach)
        while True:
            statement = _select_places(_Shape.of(query, reach, after))
            with self._database.read() as session:
                rows = session.execute(statement, values).all()
            for row in rows:
                after = LogPlace(row[0], row[1], row[2])
                yield after
            if after is not None:
                values.update((f"after_{name}", value) for name, value in asdict(after).items())
            if len(rows) < PLACES_PER_PAGE:
                return

    # writing

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            try:
                self.catch_up()
                self._failure = None
            except (PrividiumError, CoreError) as error:
                self._failure = error.code
                log.warning("the index cannot follow the chain now: %s", error.message)
                self._stopping.wait(RETRY_SECONDS)
                self._wake.set()
        self._last_catch_up()

    def _last_catch_up(self) -> None:
        try:
            self.catch_up()
        except (PrividiumError, CoreError) as error:
            log.warning("the index is behind and catches up at the next start: %s", error.message)

    def _insert(self, session: Session, number: int) -> None:
        block, stored = self._ledger.block(number), self._ledger.block_transactions(number)
        if block is None or stored is None:
            raise Unavailable("store_incomplete", f"block {number} is missing from the chain store")
        transactions, logs = [], []
        for position, (transaction, receipt) in enumerate(stored):
            transactions.append(_transaction_row(number, position, transaction, receipt))
            logs.extend(_log_rows(number, position, transaction, receipt))
        session.execute(insert(IndexedBlock), [_block_row(block)])
        if transactions:
            session.execute(insert(IndexedTransaction), transactions)
        if logs:
            session.execute(insert(IndexedLog), logs)

    def _discard_foreign_rows(self) -> None:
        """Rows of another chain, or of a store restored to an earlier state, are not this chain's history."""
        if self._height < 0:
            return
        stored = self._ledger.block(self._height)
        with self._database.read() as session:
            indexed = session.get_one(IndexedBlock, self._height).hash
        if stored is None or stored.hash != indexed:
            log.warning("the index does not belong to this chain store and is built anew")
            self._clear()

    def _clear(self) -> None:
        with self._database.write() as session:
            for table in (IndexedLog, IndexedTransaction, IndexedBlock):
                session.execute(delete(table))
        self._height = -1


def _last_indexed(session: Session) -> int:
    height = session.scalar(select(func.max(IndexedBlock.number)))
    return -1 if height is None else height


def _values(query: LogQuery, reach: Reach | None) -> dict[str, object]:
    values: dict[str, object] = {
        "first": query.first_block,
        "last": query.last_block,
        "places_max": PLACES_PER_PAGE,
    }
    if query.addresses:
        values["addresses"] = list(query.addresses)
    if reach is not None:
        values |= {"senders": list(reach.senders), "contracts": list(reach.contracts)}
    for column, wanted in zip(TOPIC_COLUMNS, query.topics, strict=False):
        if wanted:
            values[column.key] = list(wanted)
    return values


@lru_cache
def _select_places(shape: _Shape) -> Select[int, int, int]:
    """Built once for each shape: to build it costs more than to run it."""
    place = (IndexedLog.block_number, IndexedLog.transaction_position, IndexedLog.position)
    statement = select(*place).where(IndexedLog.block_number.between(bindparam("first"), bindparam("last")))
    if shape.addresses:
        statement = statement.where(IndexedLog.address.in_(_several("addresses")))
    if shape.reach:
        reached = (IndexedLog.sender.in_(_several("senders")), IndexedLog.address.in_(_several("contracts")))
        statement = statement.where(or_(*reached))
    for column, wanted in zip(TOPIC_COLUMNS, shape.topics, strict=False):
        if wanted:
            statement = statement.where(column.in_(_several(column.key)))
    if shape.topics:
        statement = statement.where(TOPIC_COLUMNS[len(shape.topics) - 1].is_not(None))
    if shape.after:
        statement = statement.where(
            tuple_(*place) > tuple_(*(bindparam(f"after_{column.key}", type_=column.type) for column in place))
        )
    return statement.order_by(*place).limit(bindparam("places_max", type_=Integer))


def _several(name: str) -> BindParameter[Sequence[bytes]]:
    return bindparam(name, expanding=True)


def _block_row(block: Block) -> dict[str, object]:
    return {
        "number": block.number,
        "hash": block.hash,
        "timestamp": block.timestamp,
        "gas_used": block.gas_used,
        "transaction_count": len(block.transaction_hashes),
    }


def _transaction_row(number: int, position: int, transaction: Transaction, receipt: Receipt) -> dict[str, object]:
    return {
        "block_number": number,
        "position": position,
        "hash": transaction.hash,
        "sender": transaction.sender,
        "recipient": receipt.contract_address if transaction.to is None else transaction.to,
        "creates": transaction.to is None,
        "status": receipt.status,
        "gas_used": receipt.gas_used,
    }


def _log_rows(
    number: int, transaction_position: int, transaction: Transaction, receipt: Receipt
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for position, entry in enumerate(receipt.logs):
        topics = [*entry.topics, *([None] * (len(TOPIC_COLUMNS) - len(entry.topics)))]
        rows.append(
            {
                "block_number": number,
                "transaction_position": transaction_position,
                "position": position,
                "sender": transaction.sender,
                "address": entry.address,
                **{f"topic{index}": topic for index, topic in enumerate(topics)},
            }
        )
    return rows
