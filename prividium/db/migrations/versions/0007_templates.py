"""Templates: rules that several contracts take over."""

from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

RULE_CHANGES = ("INSERT", "UPDATE", "DELETE")
CONTRACT_CHANGES = ("INSERT", "UPDATE OF template_id", "DELETE")
"""Each changes which rules are in force: it raises the counter in `policy_state`."""
RAISE = "UPDATE policy_state SET version = version + 1 WHERE id = 1"


def upgrade() -> None:
    op.create_table(
        "contract_templates",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("abi", sa.JSON(), nullable=False),
        sa.Column("is_shipped", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contract_templates"),
        sa.UniqueConstraint("name", name="uq_contract_templates_name"),
    )
    op.add_column("contracts", sa.Column("template_id", sa.String(length=21), nullable=True))
    op.create_index("ix_contracts_template_id", "contracts", ["template_id"])
    _change_rules(_let_templates_own)
    _add_triggers("contracts", CONTRACT_CHANGES, "contracts_template")


def downgrade() -> None:
    op.execute("DELETE FROM function_rules WHERE template_id IS NOT NULL")
    _drop_triggers("contracts", CONTRACT_CHANGES, "contracts_template")
    _change_rules(_let_contracts_own)
    op.drop_index("ix_contracts_template_id", "contracts")
    op.drop_column("contracts", "template_id")
    op.drop_table("contract_templates")


def _let_templates_own() -> None:
    with op.batch_alter_table("function_rules") as table:
        table.alter_column("contract_address", existing_type=sa.LargeBinary(length=20), nullable=True)
        table.add_column(sa.Column("template_id", sa.String(length=21), nullable=True))
        table.create_foreign_key(
            "fk_function_rules_template_id_contract_templates",
            "contract_templates",
            ["template_id"],
            ["id"],
            ondelete="CASCADE",
        )
        table.create_unique_constraint("uq_function_rules_template_id_selector", ["template_id", "selector"])
        table.create_check_constraint(
            op.f("ck_function_rules_one_owner"), "(contract_address IS NULL) <> (template_id IS NULL)"
        )


def _let_contracts_own() -> None:
    with op.batch_alter_table("function_rules") as table:
        table.drop_constraint(op.f("ck_function_rules_one_owner"), type_="check")
        table.drop_constraint("uq_function_rules_template_id_selector", type_="unique")
        table.drop_constraint("fk_function_rules_template_id_contract_templates", type_="foreignkey")
        table.drop_column("template_id")
        table.alter_column("contract_address", existing_type=sa.LargeBinary(length=20), nullable=False)


def _change_rules(change: Callable[[], None]) -> None:
    """SQLite copies the table: what refers to it would go with the old one, as would its triggers."""
    if op.get_bind().dialect.name != "sqlite":
        change()
        return
    op.execute("CREATE TEMPORARY TABLE kept_rule_roles AS SELECT rule_id, role_id FROM function_rule_roles")
    change()
    op.execute("INSERT INTO function_rule_roles (rule_id, role_id) SELECT rule_id, role_id FROM kept_rule_roles")
    op.execute("DROP TABLE kept_rule_roles")
    _add_triggers("function_rules", RULE_CHANGES, "function_rules")


def _add_triggers(table: str, events: tuple[str, ...], prefix: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in events:
            name = f"{prefix}_{event.split()[0].lower()}_raises_version"
            op.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {RAISE}; END")
    else:
        op.execute(
            f"CREATE TRIGGER {prefix}_raises_version AFTER {' OR '.join(events)} ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION raise_version()"
        )


def _drop_triggers(table: str, events: tuple[str, ...], prefix: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        for event in events:
            op.execute(f"DROP TRIGGER {prefix}_{event.split()[0].lower()}_raises_version")
    else:
        op.execute(f"DROP TRIGGER {prefix}_raises_version ON {table}")
