"""Machines with API keys, passkeys with step-up proofs, spent SIWE nonces, and where sessions came from."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("siwe_challenges")
    op.create_table(
        "siwe_spent_nonces",
        sa.Column("nonce_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("nonce_hash", name="pk_siwe_spent_nonces"),
    )
    op.create_index("ix_siwe_spent_nonces_expires_at", "siwe_spent_nonces", ["expires_at"])
    op.add_column("sessions", sa.Column("network_address", sa.String(length=45), nullable=True))
    op.add_column("sessions", sa.Column("user_agent", sa.String(length=256), nullable=True))
    op.add_column("sessions", sa.Column("api_key_id", sa.String(length=21), nullable=True))
    _machines()
    _passkeys()


def downgrade() -> None:
    for table in (
        "step_up_proofs",
        "passkey_challenges",
        "passkeys",
        "machine_networks",
        "api_keys",
        "machines",
        "siwe_spent_nonces",
    ):
        op.drop_table(table)
    op.execute("DELETE FROM users WHERE source = 'm2m_app'")
    for column in ("api_key_id", "user_agent", "network_address"):
        op.drop_column("sessions", column)
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


def _user_column(table: str) -> tuple[sa.Column[str], sa.ForeignKeyConstraint]:
    return (
        sa.Column("user_id", sa.String(length=21), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id_users", ondelete="CASCADE"),
    )


def _machines() -> None:
    op.create_table(
        "machines",
        *_user_column("machines"),
        sa.Column("description", sa.String(length=512), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name="pk_machines"),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.String(length=21), nullable=False),
        *_user_column("api_keys"),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("key_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("key_prefix", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_address", sa.String(length=45), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_api_keys"),
        sa.UniqueConstraint("key_hash", name="uq_api_keys_key_hash"),
    )
    op.create_index("ix_api_keys_user_id", "api_keys", ["user_id"])
    op.create_table(
        "machine_networks",
        sa.Column("id", sa.String(length=21), nullable=False),
        *_user_column("machine_networks"),
        sa.Column("network", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=256), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_machine_networks"),
        sa.UniqueConstraint("user_id", "network", name="uq_machine_networks_user_id_network"),
    )
    op.create_index("ix_machine_networks_user_id", "machine_networks", ["user_id"])


def _passkeys() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.String(length=21), nullable=False),
        *_user_column("passkeys"),
        sa.Column("credential_id", sa.LargeBinary(length=1023), nullable=False),
        sa.Column("public_key", sa.LargeBinary(length=2048), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("device_name", sa.String(length=100), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    for table, key in (("passkey_challenges", "challenge_hash"), ("step_up_proofs", "proof_hash")):
        purpose = [sa.Column("purpose", sa.String(length=8), nullable=False)] if table == "passkey_challenges" else []
        op.create_table(
            table,
            sa.Column(key, sa.LargeBinary(length=32), nullable=False),
            *_user_column(table),
            *purpose,
            sa.Column("bound_to", sa.LargeBinary(length=32), nullable=False),
            sa.Column("expires_at", sa.BigInteger(), nullable=False),
            sa.PrimaryKeyConstraint(key, name=f"pk_{table}"),
        )
        op.create_index(f"ix_{table}_user_id", table, ["user_id"])
        op.create_index(f"ix_{table}_expires_at", table, ["expires_at"])
