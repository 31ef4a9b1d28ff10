"""A kept answer to "whose credential is this" is never older than the last change."""

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import update

from prividium import clock
from prividium.db.engine import Database
from prividium.errors import Unauthorized
from prividium.identity.credentials import Origin
from prividium.identity.known_holders import KnownHolders
from prividium.identity.models import LoginSession, User, UserRole
from prividium.identity.sessions import SessionHolder, SessionLimits, open_session, revoke, session_holder
from tests.unit.db.test_engine import new_user

LIMITS = SessionLimits(idle_seconds=600, absolute_seconds=3_600)


@pytest.fixture
def token(database: Database) -> str:
    with database.write() as session:
        session.add(new_user("somebody"))
        session.flush()
        return open_session(session, "somebody", "cli", LIMITS, Origin("127.0.0.1", None)).token


@pytest.fixture
def asked() -> list[str]:
    """The credentials that the database was asked for."""
    return []


@pytest.fixture
def known(database: Database, asked: list[str]) -> KnownHolders[SessionHolder]:
    def find(token: str, address: str) -> SessionHolder:
        asked.append(token)
        with database.read() as session:
            return session_holder(session, token, address)

    return KnownHolders(database, find)


def test_the_same_credential_is_looked_up_once(
    known: KnownHolders[SessionHolder], asked: list[str], token: str
) -> None:
    first = known.holder(token, "127.0.0.1")
    assert known.holder(token, "127.0.0.1") is first
    assert asked == [token]


def test_another_network_address_is_looked_up_itself(
    known: KnownHolders[SessionHolder], asked: list[str], token: str
) -> None:
    known.holder(token, "127.0.0.1")
    known.holder(token, "192.0.2.1")
    assert len(asked) == 2


def test_a_refusal_is_not_kept(known: KnownHolders[SessionHolder], asked: list[str]) -> None:
    for _ in range(2):
        with pytest.raises(Unauthorized):
            known.holder("nonsense", "127.0.0.1")
    assert len(asked) == 2


def end(database: Database, session_id: str) -> None:
    with database.write() as session:
        revoke(session, session_id)


def disable(database: Database, session_id: str) -> None:
    with database.write() as session:
        session.execute(update(User).values(disabled=True))


def let_expire(database: Database, session_id: str) -> None:
    with database.write() as session:
        session.get_one(LoginSession, session_id).expires_at = 1


@pytest.mark.parametrize("cut", [end, disable, let_expire])
def test_the_next_call_after_a_loss_of_access_is_refused(
    database: Database, known: KnownHolders[SessionHolder], token: str, cut: Callable[[Database, str], None]
) -> None:
    holder = known.holder(token, "127.0.0.1")
    cut(database, holder.principal.session_id)
    with pytest.raises(Unauthorized):
        known.holder(token, "127.0.0.1")


def test_a_new_role_counts_at_the_next_call(database: Database, known: KnownHolders[SessionHolder], token: str) -> None:
    assert not known.holder(token, "127.0.0.1").principal.may("admin_read")
    with database.write() as session:
        session.add(UserRole(user_id="somebody", role_id="admin", source="admin"))
    assert known.holder(token, "127.0.0.1").principal.may("admin_read")


def test_what_was_read_while_a_write_ended_is_not_kept(database: Database, token: str) -> None:
    reading, written = threading.Event(), threading.Event()

    def find(token: str, address: str) -> SessionHolder:
        with database.read() as session:
            found = session_holder(session, token, address)
            reading.set()
            assert written.wait(60)
            return found

    known = KnownHolders(database, find)
    slow = threading.Thread(target=known.holder, args=(token, "127.0.0.1"))
    slow.start()
    assert reading.wait(60)
    disable(database, "")
    written.set()
    slow.join()
    with pytest.raises(Unauthorized):
        known.holder(token, "127.0.0.1")


def test_what_another_program_writes_counts_after_a_second(
    database: Database, database_url: str, known: KnownHolders[SessionHolder], token: str
) -> None:
    known.holder(token, "127.0.0.1")
    other = Database(database_url)
    disable(other, "")
    other.close()
    deadline, refused = clock.monotonic() + 60, False
    while not refused and clock.monotonic() < deadline:
        try:
            known.holder(token, "127.0.0.1")
        except Unauthorized:
            refused = True
    assert refused
