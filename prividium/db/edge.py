"""One request, one transaction: the sessions that request handlers receive.

The transaction ends before the answer is sent, so what a client was told is on disk. `app.state.after_write` is called
between the two: the node lets a changed rule take effect before the change is confirmed.
"""

from collections.abc import Callable, Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session

from prividium.db.engine import Database


def database_of(request: Request) -> Database:
    database = request.app.state.database
    if not isinstance(database, Database):
        raise TypeError("app.state.database is not set")
    return database


def _read_session(request: Request) -> Iterator[Session]:
    with database_of(request).read() as session:
        yield session


def _write_session(request: Request) -> Iterator[Session]:
    with database_of(request).write() as session:
        yield session
    after_write: Callable[[], None] | None = getattr(request.app.state, "after_write", None)
    if after_write is not None:
        after_write()


ReadSession = Annotated[Session, Depends(_read_session, scope="function")]
WriteSession = Annotated[Session, Depends(_write_session, scope="function")]
