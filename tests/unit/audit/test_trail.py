import hashlib
import json
import threading
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from prividium.audit.anchor import Anchoring, read_anchor
from prividium.audit.models import AuditEntry, AuditHead
from prividium.audit.request_hash import KEY_FILE, RequestHasher
from prividium.audit.trail import Anchor, AuditChainBroken, Event, entry_hash, record, record_all, verify_chain
from prividium.db.engine import Database
from prividium.errors import ConfigurationError, Conflict
from prividium.node.folder import write_whole

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
        ("UPDATE audit_entries SET policy_version = 7 WHERE sequence = 2", 2),
        ("UPDATE audit_entries SET policy_version = NULL WHERE sequence = 2", 2),
        ("UPDATE audit_entries SET request_hash = previous_hash WHERE sequence = 3", 3),
        ("UPDATE audit_head SET sequence = 2", 4),
    ],
)
def test_a_changed_trail_is_found_out(database: Database, statement: str, sequence: int) -> None:
    fill(database)
    tamper(database, statement)
    assert broken_at(database) == sequence


COPY = (
    "INSERT INTO audit_entries (sequence, time, actor, action, outcome, reason, subject, request_id, details, "
    "previous_hash, entry_hash) SELECT {}, time, actor, action, outcome, reason, subject, request_id, details, {}, {} "
    "FROM audit_entries WHERE sequence = 2"
)
BYTES = {"sqlite": "zeroblob(32)", "postgresql": "decode(repeat('00', 32), 'hex')"}


@pytest.mark.parametrize("sequence", [0, 4, 9])
def test_an_inserted_entry_is_found_out(database: Database, sequence: int) -> None:
    fill(database)
    with database.write() as session:
        session.execute(text(COPY.format(sequence, "previous_hash", BYTES[database.dialect])))
    assert broken_at(database) in (1, 4)


def test_an_entry_between_two_others_is_found_out(database: Database) -> None:
    fill(database)
    tamper(database, "UPDATE audit_entries SET sequence = sequence + 10 WHERE sequence > 1")
    with database.write() as session:
        session.execute(text("UPDATE audit_entries SET sequence = sequence - 9 WHERE sequence > 10"))
        session.execute(text(COPY.format(2, "previous_hash", BYTES[database.dialect]).replace("= 2", "= 3")))
    assert broken_at(database) == 2


def noted(database: Database, path: Path) -> Anchor:
    Anchoring(database, path, write_whole).note()
    found = read_anchor(path)
    assert found is not None
    return found


def cut_off(database: Database, left: int) -> None:
    """Remove the newest entries and make the rest look whole."""
    tamper(database, f"DELETE FROM audit_entries WHERE sequence > {left}")
    with database.write() as session:
        newest = session.get_one(AuditEntry, left)
        head = session.get_one(AuditHead, 1)
        head.sequence, head.entry_hash = newest.sequence, newest.entry_hash


def test_a_trail_that_was_cut_off_is_found_out_by_its_head_outside(database: Database, tmp_path: Path) -> None:
    fill(database)
    anchor = noted(database, tmp_path / "head")
    fill(database, 2)
    with database.read() as session:
        assert verify_chain(session, anchor) == 5
    cut_off(database, 2)
    with database.read() as session:
        assert verify_chain(session) == 2
        with pytest.raises(AuditChainBroken, match="the trail had 3 entries") as caught:
            verify_chain(session, anchor)
    assert caught.value.sequence == 3


def test_a_trail_that_was_written_anew_is_found_out_by_its_head_outside(database: Database, tmp_path: Path) -> None:
    fill(database)
    anchor = noted(database, tmp_path / "head")
    cut_off(database, 1)
    fill(database, 4)
    with database.read() as session:
        assert verify_chain(session) == 5
        with pytest.raises(AuditChainBroken, match="noted outside") as caught:
            verify_chain(session, anchor)
    assert caught.value.sequence == 3


def test_the_head_outside_is_not_replaced_by_that_of_another_trail(database: Database, tmp_path: Path) -> None:
    fill(database)
    anchor = noted(database, tmp_path / "head")
    cut_off(database, 1)
    fill(database, 9)
    assert noted(database, tmp_path / "head") == anchor


def test_a_trail_without_its_head_is_told_once_and_the_head_outside_stays(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(database)
    anchor = noted(database, tmp_path / "head")
    tamper(database, "DELETE FROM audit_head")
    anchoring = Anchoring(database, tmp_path / "head", write_whole)
    anchoring.note()
    anchoring.note()
    assert caplog.messages == ["the audit trail has lost its head: no entry can be added"]
    assert read_anchor(tmp_path / "head") == anchor


def test_the_head_outside_follows_the_trail_while_the_node_runs(database: Database, tmp_path: Path) -> None:
    written = threading.Event()

    def write(path: Path, content: bytes) -> None:
        write_whole(path, content)
        written.set()

    anchoring = Anchoring(database, tmp_path / "head", write)
    anchoring.start()
    fill(database)
    assert written.wait(30)
    fill(database)
    anchoring.stop()
    anchor = read_anchor(tmp_path / "head")
    assert anchor is not None
    assert anchor.sequence == 6


@pytest.mark.parametrize("content", ["", "{", "[]", '{"sequence":1}', '{"sequence":1,"entryHash":"zz"}'])
def test_a_damaged_head_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "head").write_text(content)
    with pytest.raises(ConfigurationError) as refused:
        read_anchor(tmp_path / "head")
    assert refused.value.code == "audit_head_invalid"


def test_many_entries_are_appended_by_one_call(database: Database) -> None:
    events = [Event(None, "test", "denied", reason=f"reason.{number}") for number in range(1_000)]
    with database.write() as session:
        record_all(session, events)
    with database.read() as session:
        assert verify_chain(session) == 1_000
        assert session.get_one(AuditEntry, 1_000).reason == "reason.999"


def test_entries_of_before_the_new_columns_still_fit(database: Database) -> None:
    """Their hash was made without what they do not have."""
    fill(database, 1)
    with database.read() as session:
        old = session.get_one(AuditEntry, 1)
        old.policy_version = None
        fields = json.dumps(
            {
                "action": "test",
                "actor": None,
                "details": {},
                "outcome": "denied",
                "previousHash": "00" * 32,
                "reason": "reason.0",
                "requestId": "",
                "sequence": 1,
                "subject": "Zürich",
                "time": old.time,
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )
        assert entry_hash(old) == hashlib.sha256(fields.encode()).digest()


def test_an_entry_names_the_policy_of_its_time(database: Database) -> None:
    fill(database, 1)
    with database.write() as session:
        session.execute(text("UPDATE policy_state SET version = 5"))
    fill(database, 1)
    with database.read() as session:
        assert [session.get_one(AuditEntry, number).policy_version for number in (1, 2)] == [1, 5]


def test_a_hash_of_a_request_needs_the_key(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    hasher, other = RequestHasher(tmp_path / "one"), RequestHasher(tmp_path / "other")
    known = hasher.of_call("eth_getBalance", ("0x12", "latest"))
    assert RequestHasher(tmp_path / "one").of_call("eth_getBalance", ("0x12", "latest")) == known
    assert other.of_call("eth_getBalance", ("0x12", "latest")) != known
    assert hasher.of_call("eth_getBalance", ("0x13", "latest")) != known
    assert ((tmp_path / "one" / KEY_FILE).stat().st_mode & 0o777) == 0o600


def test_a_damaged_key_is_named(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_bytes(b"short")
    with pytest.raises(ConfigurationError) as refused:
        RequestHasher(tmp_path).of_text("GET /")
    assert refused.value.code == "audit_key_invalid"


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
