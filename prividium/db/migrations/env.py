"""Alembic's entry: runs on the connection that `prividium.db.upgrade` hands over."""

from alembic import context
from sqlalchemy import Connection

from prividium.db.metadata import Base


def _run(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    with context.begin_transaction():
        context.run_migrations()


_run(context.config.attributes["connection"])
