"""Where the node takes the policy from: the database, whenever its version has grown."""

from threading import Lock

from sqlalchemy import select

from prividium._core import PolicyTable
from prividium.db.engine import Database
from prividium.permissions.models import PolicyState
from prividium.permissions.table import compile_entries


class PolicySource:
    """`version` grows in the same transaction as every change that the table is made from (database triggers)."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._table: PolicyTable | None = None

    def current_version(self) -> int:
        with self._database.read() as session:
            return session.scalars(select(PolicyState.version)).one()

    def compile(self) -> PolicyTable:
        """The table of one consistent snapshot; `table.version` says which."""
        with self._database.read() as session:
            version = session.scalars(select(PolicyState.version)).one()
            entries = compile_entries(session)
        return PolicyTable(version, entries)

    def table(self) -> PolicyTable:
        """As `compile`, but made only once per version."""
        version = self.current_version()
        with self._lock:
            if self._table is None or self._table.version != version:
                self._table = self.compile()
            return self._table
