"""A directory of people and groups (SCIM), roles from several sources at once, and who locked a user out."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CHANGES = ("INSERT", "UPDATE", "DELETE")


def upgrade() -> None:
    op.add_column("users", sa.Column("suspended", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("deprovisioned", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute("UPDATE users SET suspended = disabled")
    _key_of_user_roles("user_id", "role_id", "source")
    _directory()


def downgrade() -> None:
    for table in ("directory_members", "directory_groups", "directory_people"):
        op.drop_table(table)
    op.execute(
        "DELETE FROM user_roles WHERE EXISTS (SELECT 1 FROM user_roles other WHERE other.user_id = user_roles.user_id "
        "AND other.role_id = user_roles.role_id AND other.source < user_roles.source)"
    )
    _key_of_user_roles("user_id", "role_id")
    op.drop_column("users", "deprovisioned")
    op.drop_column("users", "suspended")


def _key_of_user_roles(*columns: str) -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("pk_user_roles", "user_roles", type_="primary")
        op.create_primary_key("pk_user_roles", "user_roles", list(columns))
        return
    # SQLite cannot change a key: the table is made again, with the triggers that it takes along.
    op.drop_index("ix_user_roles_role_id", "user_roles")
    op.rename_table("user_roles", "user_roles_before")
    op.create_table(
        "user_roles",
        sa.Column("user_id", sa.String(length=21), nullable=False),
        sa.Column("role_id", sa.String(length=21), nullable=False),
        sa.Column("source", sa.String(length=16), server_default="assigned", nullable=False),
        sa.ForeignKeyConstraint(["role_id"], ["roles.id"], name="fk_user_roles_role_id_roles", ondelete="RESTRICT"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_user_roles_user_id_users", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint(*columns, name="pk_user_roles"),
    )
    op.execute("INSERT INTO user_roles SELECT user_id, role_id, source FROM user_roles_before")
    op.drop_table("user_roles_before")
    op.create_index("ix_user_roles_role_id", "user_roles", ["role_id"])
    for change in CHANGES:
        op.execute(
            f"CREATE TRIGGER user_roles_{change.lower()}_raises_version AFTER {change} ON user_roles BEGIN "  # noqa: S608
            "UPDATE policy_state SET version = version + 1 WHERE id = 1; END"
        )


def _directory() -> None:
    stamps = ("version", sa.Integer()), ("created_at", sa.BigInteger()), ("updated_at", sa.BigInteger())
    op.create_table(
        "directory_people",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("user_id", sa.String(length=21), nullable=True),
        sa.Column("user_name", sa.String(length=255), nullable=False),
        sa.Column("user_name_key", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=True),
        sa.Column("attributes", sa.JSON(), nullable=False),
        *(sa.Column(name, kind, nullable=False) for name, kind in stamps),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_directory_people_user_id_users", ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_directory_people"),
        *(sa.UniqueConstraint(name, name=f"uq_directory_people_{name}") for name in ("user_id", "user_name_key")),
    )
    op.create_index("ix_directory_people_external_id", "directory_people", ["external_id"])
    op.create_table(
        "directory_groups",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("display_name", sa.String(length=255), nullable=False),
        sa.Column("display_name_key", sa.String(length=255), nullable=False),
        sa.Column("external_id", sa.String(length=255), nullable=True),
        *(sa.Column(name, kind, nullable=False) for name, kind in stamps),
        sa.PrimaryKeyConstraint("id", name="pk_directory_groups"),
    )
    op.create_index("ix_directory_groups_display_name_key", "directory_groups", ["display_name_key"])
    op.create_table(
        "directory_members",
        sa.Column("group_id", sa.String(length=21), nullable=False),
        sa.Column("person_id", sa.String(length=21), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=f"fk_directory_members_{column}_{table}", ondelete="CASCADE"
            )
            for column, table in (("group_id", "directory_groups"), ("person_id", "directory_people"))
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", name="pk_directory_members"),
    )
    op.create_index("ix_directory_members_person_id", "directory_members", ["person_id"])
