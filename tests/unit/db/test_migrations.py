from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

import prividium.audit.models
import prividium.identity.application_models
import prividium.identity.directory_models
import prividium.identity.machine_models
import prividium.identity.models
import prividium.identity.passkey_models
import prividium.identity.wallet_rpc_models
import prividium.ledger.models
import prividium.permissions.approval_models
import prividium.permissions.models  # noqa: F401
from prividium.db.engine import Database
from prividium.db.metadata import Base
from prividium.db.upgrade import MIGRATIONS, upgrade


def test_the_migrations_make_exactly_the_tables_that_the_models_declare(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, Base.metadata) == []


def test_an_upgrade_can_be_repeated(database: Database) -> None:
    database.upgrade()
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM roles")) == 2


def test_every_migration_can_be_undone(database: Database) -> None:
    with database.engine.connect() as connection, connection.begin():
        configuration = Config(attributes={"connection": connection})
        configuration.set_main_option("script_location", str(MIGRATIONS))
        command.downgrade(configuration, "base")
    with database.engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    upgrade(database.engine)


def test_a_new_database_knows_two_roles_and_nobody(database: Database) -> None:
    with database.read() as session:
        assert list(session.scalars(text("SELECT name FROM roles ORDER BY policy_id"))) == ["admin", "user"]
        assert session.scalar(text("SELECT count(*) FROM users")) == 0
        assert session.scalar(text("SELECT version FROM policy_state")) == 1
