import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from prividium.audit.models import AuditEntry
from prividium.audit.trail import AuditChainBroken, record, verify_chain
from prividium.db.engine import Database
from prividium.errors import Conflict

TRIGGERS = {
    "sqlite": ["DROP TRIGGER audit_entries_refuses_update", "DROP TRIGGER audit_entries_refuses_delete"],
    "postgresql": ["DROP TRIGGER audit_entries_append_only ON audit_entries"],
}


def fill(database: Database, entries: int = 3) -> None:
    for number in range(entries):
        with database.write() as session:
            record(session, actor=None, action="test", outcome="denied", reason=f"reason.{number}", subject="Zürich")


def tamper(database: Database, statement: str) -> None:
    """As somebody would who owns the database."""
    with database.write() as session:
        for trigger in TRIGGERS[database.dialect]:
            session.execute(text(trigger))
        session.execute(text(statement))


def broken_at(database: Database) -> int:
    with database.read() as session, pytest.raises(AuditChainBroken) as caught:
        verify_chain(session)
    return caught.value.sequence


def test_an_untouched_trail_holds(database: Database) -> None:
    fill(database)
    with database.read() as session:
        assert verify_chain(session) == 3


def test_the_first_entry_follows_nothing(database: Database) -> None:
    fill(database, 1)
    with database.read() as session:
        assert session.get_one(AuditEntry, 1).previous_hash == bytes(32)


@pytest.mark.parametrize(
    ("statement", "sequence"),
    [
        ("UPDATE audit_entries SET reason = 'other' WHERE sequence = 2", 2),
        ("UPDATE audit_entries SET outcome = 'allowed' WHERE sequence = 1", 1),
        ('UPDATE audit_entries SET details = \'{"a":"b"}\' WHERE sequence = 3', 3),
        ("DELETE FROM audit_entries WHERE sequence = 2", 2),
        ("DELETE FROM audit_entries WHERE sequence = 3", 3),
        ("DELETE FROM audit_entries", 1),
        ("UPDATE audit_entries SET sequence = 9 WHERE sequence = 1", 1),
        ("UPDATE audit_head SET sequence = 2", 4),
    ],
)
def test_a_changed_trail_is_found_out(database: Database, statement: str, sequence: int) -> None:
    fill(database)
    tamper(database, statement)
    assert broken_at(database) == sequence


def test_two_entries_cannot_change_places(database: Database) -> None:
    fill(database)
    tamper(database, "UPDATE audit_entries SET sequence = sequence + 10 WHERE sequence < 3")
    with database.write() as session:
        session.execute(text("UPDATE audit_entries SET sequence = 13 - sequence WHERE sequence > 10"))
    assert broken_at(database) == 1


@pytest.mark.parametrize("statement", ["UPDATE audit_entries SET reason = ''", "DELETE FROM audit_entries"])
def test_the_database_itself_refuses_to_change_an_entry(database: Database, statement: str) -> None:
    fill(database)
    with pytest.raises((Conflict, DBAPIError)), database.write() as session:
        session.execute(text(statement))
    with database.read() as session:
        assert verify_chain(session) == 3


def test_an_entry_is_kept_only_with_what_it_tells(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        record(session, actor=None, action="test", outcome="allowed")
        raise RuntimeError
    with database.read() as session:
        assert verify_chain(session) == 0


def test_concurrent_writers_make_one_chain(database: Database) -> None:
    threads = [threading.Thread(target=fill, args=(database, 10)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert verify_chain(session) == 40
