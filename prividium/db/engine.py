"""The connection to the product database: SQLite in the data folder, or PostgreSQL by URL."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from prividium.db.changes import Changes
from prividium.db.upgrade import upgrade
from prividium.errors import ConfigurationError, Conflict, InvalidInput, Unavailable

SQLITE_BUSY_TIMEOUT_MS: Final = 10_000
CONNECTIONS_MAX: Final = 40
"""As many as there are worker threads for requests."""
POSTGRES_CONNECT_TIMEOUT_SECONDS: Final = 5
_WRITES: Final = "prividium_writes"


class Database:
    """One database; `read` and `write` are the only ways to a session.

    Raises ConfigurationError("database_url_invalid") for a URL that names no supported database.
    """

    def __init__(self, url: str) -> None:
        parsed = _parse(url)
        self.dialect = parsed.get_backend_name()
        self._engine = _sqlite(parsed) if self.dialect == "sqlite" else _postgresql(parsed)
        reading = self._engine.execution_options(**_read_options(self.dialect))
        self._read = sessionmaker(reading, expire_on_commit=False)
        self._write = sessionmaker(expire_on_commit=False)
        self._changes = Changes(self._engine)

    @property
    def engine(self) -> Engine:
        return self._engine

    def upgrade(self) -> None:
        """Bring the tables to this version. Raises Unavailable("database_unreachable")."""
        with _translated():
            upgrade(self._engine)

    @property
    def changes(self) -> int:
        """Grows with every write of this process that may change who somebody is or what they may do.

        What was read at one count holds as long as the count stands: it grows when a write is over, before its caller
        goes on.
        """
        return self._changes.count

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session over one consistent snapshot; what it changes is never kept."""
        with _translated(), self._read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session in one transaction: kept if the block ends, undone if it raises."""
        with _translated(), self._changes.watched() as mark:
            options = {_WRITES: True, **mark}
            with self._write(bind=self._engine.execution_options(**options)) as session, session.begin():
                yield session

    def close(self) -> None:
        self._engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        backend = ""
    if backend not in ("sqlite", "postgresql"):
        raise ConfigurationError(
            "database_url_invalid",
            "the database URL is not usable; write sqlite:////folder/file.db or postgresql://user@host/name",
        )
    return parsed.set(drivername="postgresql+psycopg") if backend == "postgresql" else parsed


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise ConfigurationError("database_url_invalid", "a SQLite database needs a file: sqlite:////folder/file.db")
    Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, pool_size=CONNECTIONS_MAX, max_overflow=0)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


class _SqliteConnection(Protocol):
    isolation_level: str | None

    def execute(self, statement: str) -> object: ...


def _configure_sqlite(connection: _SqliteConnection, _record: object) -> None:
    # The driver's own BEGIN comes too late to give a read a snapshot and a write its lock: `_begin_sqlite` sends it.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A read that is upgraded to a write half-way fails at once when another writer was faster; taking the lock first
    # makes writers wait for each other instead.
    writes = connection.get_execution_options().get(_WRITES, True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _postgresql(url: URL) -> Engine:
    return create_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": POSTGRES_CONNECT_TIMEOUT_SECONDS},
    )


def _read_options(dialect: str) -> dict[str, object]:
    if dialect == "sqlite":
        return {_WRITES: False}
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


@contextmanager
def _translated() -> Iterator[None]:
    """Database failures as the project's errors: a driver's text may hold a host name, a statement or values."""
    try:
        yield
    except DataError:
        raise InvalidInput(
            "text_invalid", "a text holds characters that cannot be stored, or a number is too large"
        ) from None
    except IntegrityError:
        raise Conflict("conflict", "the change contradicts data that exists already; reload and try again") from None
    except PoolTimeout:
        raise Unavailable("database_busy", "the database is busy; try again") from None
    except (OperationalError, InterfaceError) as error:
        raise _unavailable(error) from None


def _unavailable(error: DBAPIError) -> Unavailable:
    text = str(error.orig).lower()
    if "disk" in text and "full" in text:
        return Unavailable("database_disk_full", "the database's disk is full; free some space and try again")
    if "locked" in text or "deadlock" in text:
        return Unavailable("database_busy", "the database is busy; try again")
    return Unavailable("database_unreachable", "the database does not answer; check that it runs and its URL")
