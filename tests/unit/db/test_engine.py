import threading
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from prividium.db.engine import Database
from prividium.errors import ConfigurationError, Conflict, Unavailable
from prividium.identity.models import User
from prividium.permissions.models import PolicyState


def new_user(user_id: str) -> User:
    return User(
        id=user_id,
        issuer="https://issuer.example",
        subject=user_id,
        source="oidc",
        display_name=user_id,
        disabled=False,
        created_at=0,
        updated_at=0,
    )


def version(session: Session) -> int:
    return session.scalars(select(PolicyState.version)).one()


def test_a_transaction_is_kept_whole_or_not_at_all(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(new_user("first"))
        session.flush()
        raise RuntimeError
    with database.read() as session:
        assert session.get(User, "first") is None


def test_a_read_sees_one_moment_even_while_others_write(database: Database) -> None:
    with database.read() as reading:
        before = version(reading)
        with database.write() as writing:
            writing.add(new_user("late"))
            writing.execute(text("UPDATE policy_state SET version = version + 1"))
        assert version(reading) == before
        assert reading.get(User, "late") is None


def test_writers_wait_for_each_other_and_none_is_lost(database: Database) -> None:
    def raise_version() -> None:
        for _ in range(10):
            with database.write() as session:
                state = session.scalars(select(PolicyState).with_for_update()).one()
                state.version += 1

    threads = [threading.Thread(target=raise_version) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.read() as session:
        assert version(session) == 41


def test_what_contradicts_existing_data_is_a_conflict_that_quotes_nothing(database: Database) -> None:
    with database.write() as session:
        session.add(new_user("twice"))
    with pytest.raises(Conflict) as caught, database.write() as session:
        session.add(new_user("twice"))
    assert "twice" not in caught.value.message


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(Conflict), database.write() as session:
        session.execute(text("INSERT INTO user_roles (user_id, role_id) VALUES ('nobody', 'admin')"))


def test_a_database_that_does_not_answer_is_named_without_its_url(tmp_path: Path) -> None:
    database = Database(f"postgresql://secret-user:secret-password@/name?host={tmp_path}")
    with pytest.raises(Unavailable) as caught:
        database.upgrade()
    database.close()
    assert caught.value.code == "database_unreachable"
    assert "secret" not in caught.value.message


@pytest.mark.parametrize("url", ["", "not a url", "mysql://host/name", "sqlite://", "sqlite:///:memory:"])
def test_an_unusable_url_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Database(url)
    assert caught.value.code == "database_url_invalid"


def test_sqlite_keeps_its_promises(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/new folder/prividium.db")
    with database.engine.connect() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in PRAGMAS}
    database.close()
    assert pragmas == PRAGMAS


PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 10_000}
