"""What counts as a change of who somebody is or what they may do."""

from collections.abc import Callable

import pytest
from sqlalchemy import delete, select, text, update

from prividium.audit import trail
from prividium.db.engine import Database
from prividium.db.metadata import Base
from prividium.identity.models import User
from prividium.ledger.models import IndexedBlock
from tests.unit.db.test_engine import new_user


def add(database: Database) -> None:
    with database.write() as session:
        session.add(new_user("added"))


def change(database: Database) -> None:
    with database.write() as session:
        session.execute(update(User).values(disabled=True))


def remove(database: Database) -> None:
    with database.write() as session:
        session.execute(delete(User))


def change_an_object(database: Database) -> None:
    with database.write() as session:
        session.get_one(User, "known").display_name = "changed"


def change_by_text(database: Database) -> None:
    with database.write() as session:
        session.execute(text("UPDATE policy_state SET version = version + 1"))


@pytest.mark.parametrize("write", [add, change, remove, change_an_object, change_by_text])
def test_a_write_that_may_decide_something_counts_before_its_caller_goes_on(
    database: Database, write: Callable[[Database], None]
) -> None:
    with database.write() as session:
        session.add(new_user("known"))
    before = database.changes
    write(database)
    assert database.changes == before + 1


def test_a_write_counts_although_it_is_undone(database: Database) -> None:
    before = database.changes
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(new_user("undone"))
        session.flush()
        raise RuntimeError
    assert database.changes == before + 1


def test_reads_and_records_do_not_count(database: Database) -> None:
    before = database.changes
    with database.read() as session:
        session.scalars(select(User)).all()
    with database.write() as session:
        session.scalars(select(User)).all()
        trail.record(session, actor=None, action="test", outcome="denied")
        session.add(IndexedBlock(number=1, hash=bytes(32), timestamp=1, gas_used=0, transaction_count=0))
    assert database.changes == before


def test_the_tables_that_decide_nothing_are_these() -> None:
    records = {table.name for table in Base.metadata.tables.values() if table.info.get("records_only")}
    assert records == {"audit_entries", "audit_head", "ledger_blocks", "ledger_transactions", "ledger_logs"}
