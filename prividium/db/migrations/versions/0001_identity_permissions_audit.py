"""Identity, permissions and the audit trail."""

import sqlalchemy as sa
from alembic import op

from prividium import clock

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ANY_CHANGE = ("INSERT", "UPDATE", "DELETE")
COUNTED_CHANGES: dict[str, dict[str, tuple[str, ...]]] = {
    "version": {
        "users": ("UPDATE OF disabled", "DELETE"),
        "roles": ("UPDATE OF system_permissions",),
        "user_roles": ANY_CHANGE,
        "user_wallets": ANY_CHANGE,
        "function_rules": ANY_CHANGE,
        "function_rule_roles": ANY_CHANGE,
    },
    "event_version": {"event_rules": ANY_CHANGE, "event_rule_roles": ANY_CHANGE},
}
"""What the policy table and the event rules are made from: each such change raises the counter in `policy_state`."""
APPEND_ONLY = "audit_entries"

SYSTEM_PERMISSIONS = ["admin_read", "admin_write", "contract_deployment", "disclosure_read", "full_read_access"]


def upgrade() -> None:
    _people()
    _logins()
    _contracts()
    _rule_roles()
    _audit()
    _rows()
    if op.get_bind().dialect.name == "sqlite":
        _sqlite_triggers()
    else:
        _postgresql_triggers()


def downgrade() -> None:
    """Removes everything, the audit trail included."""
    if op.get_bind().dialect.name != "sqlite":
        for name in ("raise_version", "raise_event_version", "audit_is_append_only"):
            op.execute(f"DROP FUNCTION {name} CASCADE")
    for table in (
        "audit_head",
        "audit_entries",
        "event_rule_roles",
        "function_rule_roles",
        "event_rules",
        "function_rules",
        "contracts",
        "policy_state",
        "siwe_challenges",
        "cli_logins",
        "login_flows",
        "sessions",
        "user_wallets",
        "user_roles",
        "users",
        "roles",
    ):
        op.drop_table(table)


def _people() -> None:
    op.create_table(
        "roles",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("system_permissions", sa.JSON(), nullable=False),
        sa.Column("is_system", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_roles"),
        sa.UniqueConstraint("name", name="uq_roles_name"),
        sa.UniqueConstraint("policy_id", name="uq_roles_policy_id"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("display_name", sa.String(length=128), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.create_index("ix_users_issuer_subject", "users", ["issuer", "subject"], unique=True)
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.String(length=21), nullable=False),
        sa.Column("role_id", sa.String(length=21), nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_user_roles_role_id_roles", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_roles_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", "role_id", name="pk_user_roles"),
    )
    op.create_index("ix_user_roles_role_id", "user_roles", ["role_id"])
    op.create_table(
        "user_wallets",
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("user_id", sa.String(length=21), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_wallets_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("address", name="pk_user_wallets"),
        sa.UniqueConstraint("id", name="uq_user_wallets_id"),
    )
    op.create_index("ix_user_wallets_user_id", "user_wallets", ["user_id"])


def _logins() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("user_id", sa.String(length=21), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("renewable_until", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_sessions_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
        sa.UniqueConstraint("token_hash", name="uq_sessions_token_hash"),
    )
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"])
    op.create_table(
        "login_flows",
        sa.Column("state_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("browser_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("code_verifier", sa.String(length=128), nullable=False),
        sa.Column("return_to", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash", name="pk_login_flows"),
    )
    op.create_index("ix_login_flows_expires_at", "login_flows", ["expires_at"])
    op.create_table(
        "cli_logins",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("poll_code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_code_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("code_challenge", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.String(length=21), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_cli_logins_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_cli_logins"),
    )
    op.create_index("ix_cli_logins_expires_at", "cli_logins", ["expires_at"])
    op.create_table(
        "siwe_challenges",
        sa.Column("nonce", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=8), nullable=False),
        sa.Column("user_id", sa.String(length=21), nullable=True),
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("message_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_siwe_challenges_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("nonce", name="pk_siwe_challenges"),
    )
    op.create_index("ix_siwe_challenges_expires_at", "siwe_challenges", ["expires_at"])


def _contracts() -> None:
    op.create_table(
        "policy_state",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("event_version", sa.Integer(), nullable=False),
        sa.Column("next_role_policy_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_policy_state_single_row"),
        sa.PrimaryKeyConstraint("id", name="pk_policy_state"),
    )
    op.create_table(
        "contracts",
        sa.Column("address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("abi", sa.JSON(), nullable=False),
        sa.Column("owner_user_id", sa.String(length=21), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_user_id"], ["users.id"], name="fk_contracts_owner_user_id_users", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("address", name="pk_contracts"),
    )
    op.create_table(
        "function_rules",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("contract_address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("selector", sa.LargeBinary(length=4), nullable=False),
        sa.Column("signature", sa.String(length=1024), nullable=False),
        sa.Column("access", sa.String(length=8), nullable=False),
        sa.Column("rule_type", sa.String(length=32), nullable=False),
        sa.Column("is_umbrella", sa.Boolean(), nullable=False),
        sa.Column("argument_indices", sa.JSON(), nullable=False),
        sa.Column("word_offsets", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_address"],
            ["contracts.address"],
            name="fk_function_rules_contract_address_contracts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_function_rules"),
        sa.UniqueConstraint("contract_address", "selector", name="uq_function_rules_contract_address_selector"),
    )
    op.create_table(
        "event_rules",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("contract_address", sa.LargeBinary(length=20), nullable=False),
        sa.Column("topic0", sa.LargeBinary(length=32), nullable=True),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contract_address"],
            ["contracts.address"],
            name="fk_event_rules_contract_address_contracts",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_event_rules"),
    )
    op.create_index("ix_event_rules_contract_address", "event_rules", ["contract_address"])


def _rule_roles() -> None:
    op.create_table(
        "function_rule_roles",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.String(length=21), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_function_rule_roles_role_id_roles", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["function_rules.id"], name="fk_function_rule_roles_rule_id_function_rules", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "role_id", name="pk_function_rule_roles"),
    )
    op.create_index("ix_function_rule_roles_role_id", "function_rule_roles", ["role_id"])
    op.create_table(
        "event_rule_roles",
        sa.Column("rule_id", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.String(length=21), nullable=False),
        sa.ForeignKeyConstraint(
            ["role_id"], ["roles.id"], name="fk_event_rule_roles_role_id_roles", ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["event_rules.id"], name="fk_event_rule_roles_rule_id_event_rules", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("rule_id", "role_id", name="pk_event_rule_roles"),
    )
    op.create_index("ix_event_rule_roles_role_id", "event_rule_roles", ["role_id"])


def _audit() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=21), nullable=True),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.String(length=128), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(length=64), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.Column("previous_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("sequence", name="pk_audit_entries"),
        sa.UniqueConstraint("entry_hash", name="uq_audit_entries_entry_hash"),
    )
    op.create_index("ix_audit_entries_action", "audit_entries", ["action"])
    op.create_index("ix_audit_entries_actor", "audit_entries", ["actor"])
    op.create_index("ix_audit_entries_time", "audit_entries", ["time"])
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("entry_hash", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name="ck_audit_head_single_row"),
        sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    )


def _rows() -> None:
    roles = sa.table(
        "roles",
        *(sa.column(name, sa.String) for name in ("id", "name")),
        sa.column("policy_id", sa.Integer),
        sa.column("system_permissions", sa.JSON),
        sa.column("is_system", sa.Boolean),
        *(sa.column(name, sa.BigInteger) for name in ("created_at", "updated_at")),
    )
    now = clock.now()
    fixed = {"is_system": True, "created_at": now, "updated_at": now}
    op.bulk_insert(
        roles,
        [
            {"id": "admin", "policy_id": 1, "name": "admin", "system_permissions": SYSTEM_PERMISSIONS, **fixed},
            {"id": "user", "policy_id": 2, "name": "user", "system_permissions": [], **fixed},
        ],
    )
    op.execute("INSERT INTO policy_state (id, version, event_version, next_role_policy_id) VALUES (1, 1, 1, 3)")
    head = sa.table("audit_head", *(sa.column(name) for name in ("id", "sequence", "entry_hash")))
    op.execute(head.insert().values(id=1, sequence=0, entry_hash=sa.literal(bytes(32), sa.LargeBinary)))


def _sqlite_triggers() -> None:
    for counter, tables in COUNTED_CHANGES.items():
        for table, events in tables.items():
            for event in events:
                op.execute(
                    f"CREATE TRIGGER {table}_{event.split()[0].lower()}_raises_{counter} AFTER {event} ON {table} "
                    f"BEGIN {_raise(counter)}; END"
                )
    for event in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {APPEND_ONLY}_refuses_{event.lower()} BEFORE {event} ON {APPEND_ONLY} BEGIN "
            "SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        )


def _postgresql_triggers() -> None:
    for counter, tables in COUNTED_CHANGES.items():
        op.execute(
            f"CREATE FUNCTION raise_{counter}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"{_raise(counter)}; RETURN NULL; END $$"
        )
        for table, events in tables.items():
            op.execute(
                f"CREATE TRIGGER {table}_raises_{counter} AFTER {' OR '.join(events)} ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION raise_{counter}()"
            )
    op.execute(
        "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'the audit trail is append-only'; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {APPEND_ONLY}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {APPEND_ONLY} "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
    )


def _raise(counter: str) -> str:
    return f"UPDATE policy_state SET {counter} = {counter} + 1 WHERE id = 1"  # noqa: S608  (constants of this file)
