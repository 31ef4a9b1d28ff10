"""Several issuers: where a role came from, which issuer a session came from, and logouts that issuers send."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("user_roles", sa.Column("source", sa.String(length=16), server_default="assigned", nullable=False))
    op.add_column("sessions", sa.Column("issuer_id", sa.String(length=32), nullable=True))
    op.add_column("sessions", sa.Column("provider_sid", sa.String(length=255), nullable=True))
    op.add_column("sessions", sa.Column("id_token_sealed", sa.Text(), nullable=True))
    op.create_index("ix_sessions_provider_sid", "sessions", ["provider_sid"])
    # Logins under way live for minutes and begin again.
    op.execute("DELETE FROM login_flows")
    op.execute("DELETE FROM cli_logins")
    with op.batch_alter_table("login_flows") as flows:
        flows.add_column(sa.Column("issuer_id", sa.String(length=32), nullable=False))
    with op.batch_alter_table("cli_logins") as logins:
        logins.add_column(sa.Column("session_id", sa.String(length=21), nullable=True))
        logins.create_foreign_key(
            "fk_cli_logins_session_id_sessions", "sessions", ["session_id"], ["id"], ondelete="CASCADE"
        )
    op.create_table(
        "provider_logouts",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=512), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=True),
        sa.Column("provider_sid", sa.String(length=255), nullable=True),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("kept_until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_provider_logouts"),
    )
    op.create_index("ix_provider_logouts_kept_until", "provider_logouts", ["kept_until"])


def downgrade() -> None:
    op.drop_table("provider_logouts")
    with op.batch_alter_table("cli_logins") as logins:
        logins.drop_constraint("fk_cli_logins_session_id_sessions", type_="foreignkey")
        logins.drop_column("session_id")
    op.drop_column("login_flows", "issuer_id")
    op.drop_index("ix_sessions_provider_sid", "sessions")
    for column in ("id_token_sealed", "provider_sid", "issuer_id"):
        op.drop_column("sessions", column)
    op.drop_column("user_roles", "source")
