"""The ledger's read model."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ADDRESS = sa.LargeBinary(20)
HASH = sa.LargeBinary(32)


def upgrade() -> None:
    op.create_table(
        "ledger_blocks",
        sa.Column("number", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("hash", HASH, nullable=False, unique=True),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("gas_used", sa.BigInteger(), nullable=False),
        sa.Column("transaction_count", sa.Integer(), nullable=False),
    )
    op.create_table(
        "ledger_transactions",
        _block_number(),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("hash", HASH, nullable=False, unique=True),
        sa.Column("sender", ADDRESS, nullable=False),
        sa.Column("recipient", ADDRESS, nullable=True),
        sa.Column("creates", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("gas_used", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "ledger_logs",
        _block_number(),
        sa.Column("transaction_position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("sender", ADDRESS, nullable=False),
        sa.Column("address", ADDRESS, nullable=False),
        *(sa.Column(f"topic{position}", HASH, nullable=True) for position in range(4)),
    )
    for table, column in INDEXED:
        op.create_index(f"ix_{table}_{column}", table, [column, "block_number"])


def downgrade() -> None:
    for table in ("ledger_logs", "ledger_transactions", "ledger_blocks"):
        op.drop_table(table)


INDEXED = (
    ("ledger_transactions", "sender"),
    ("ledger_transactions", "recipient"),
    ("ledger_logs", "sender"),
    ("ledger_logs", "address"),
    ("ledger_logs", "topic0"),
    ("ledger_logs", "topic1"),
    ("ledger_logs", "topic2"),
    ("ledger_logs", "topic3"),
)
"""Each together with the block number: every query is over a range of blocks."""


def _block_number() -> sa.Column[int]:
    return sa.Column(
        "block_number", sa.BigInteger(), sa.ForeignKey("ledger_blocks.number"), primary_key=True, autoincrement=False
    )
