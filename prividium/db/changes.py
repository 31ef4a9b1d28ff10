"""Counts the writes that may decide something, so that what was read before can be kept until the next one.

Every table counts but those that say of themselves, by `info=RECORDS_ONLY`, that nothing is decided by them: what is
forgotten here costs time, never an outdated decision.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Final

from sqlalchemy import Connection, Engine, Table, TextClause, event
from sqlalchemy.engine.interfaces import ExecutionContext
from sqlalchemy.sql.dml import UpdateBase

RECORDS_ONLY: Final = {"records_only": True}
KEPT_SECONDS_MAX: Final = 1.0
"""How long something read is kept though the count stands: another program may write too, uncounted here."""
_MARK: Final = "prividium_changed"


class Changes:
    def __init__(self, engine: Engine) -> None:
        self._lock = Lock()
        self._count = 0
        event.listen(engine, "after_cursor_execute", _note)

    @property
    def count(self) -> int:
        return self._count

    @contextmanager
    def watched(self) -> Iterator[Mapping[str, object]]:
        """Options of the connection that writes. Counted also when the block fails: a commit may have succeeded
        although its answer was lost.
        """
        changed: list[bool] = []
        try:
            yield {_MARK: changed}
        finally:
            if changed:
                with self._lock:
                    self._count += 1


def _note(
    connection: Connection, _cursor: object, _text: str, _parameters: object, context: ExecutionContext, _many: bool
) -> None:
    changed = connection.get_execution_options().get(_MARK)
    statement = None if context.compiled is None else context.compiled.statement
    if changed is not None and _may_decide(statement):
        changed.append(True)


def _may_decide(statement: object) -> bool:
    """Text is not looked into: it counts."""
    if not isinstance(statement, UpdateBase):
        return isinstance(statement, TextClause)
    table: object = statement.table
    return not (isinstance(table, Table) and table.info.get("records_only"))
