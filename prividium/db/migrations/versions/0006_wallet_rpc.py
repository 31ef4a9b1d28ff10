"""Secret addresses for wallets that cannot send headers, and the transactions that people announced for them."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wallet_rpc_tokens",
        sa.Column("user_id", sa.String(length=21), nullable=False),
        sa.Column("generation", sa.String(length=21), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_wallet_rpc_tokens_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", name="pk_wallet_rpc_tokens"),
        sa.UniqueConstraint("token_hash", name="uq_wallet_rpc_tokens_token_hash"),
    )
    op.create_table(
        "transaction_allowances",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("user_id", sa.String(length=21), nullable=False),
        sa.Column("wallet", sa.LargeBinary(length=20), nullable=False),
        sa.Column("nonce", sa.BigInteger(), nullable=False),
        sa.Column("call_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(length=32), nullable=True),
        sa.Column("active_until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name="fk_transaction_allowances_user_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_transaction_allowances"),
        sa.UniqueConstraint("user_id", "wallet", "nonce", name="uq_transaction_allowances_user_id_wallet_nonce"),
    )
    op.create_index("ix_transaction_allowances_active_until", "transaction_allowances", ["active_until"])


def downgrade() -> None:
    op.drop_table("transaction_allowances")
    op.drop_table("wallet_rpc_tokens")
