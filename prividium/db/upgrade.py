"""Runs the packaged migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables to `revision`; nothing happens if they are there."""
    with engine.connect() as connection, connection.begin():
        configuration = Config(attributes={"connection": connection})
        configuration.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        command.upgrade(configuration, revision)
