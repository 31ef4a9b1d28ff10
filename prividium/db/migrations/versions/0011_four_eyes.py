"""What the four-eyes rule covers, and the changes that wait for a second administrator."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "four_eyes_marks",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("created_by", sa.String(length=21), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_four_eyes_marks"),
        sa.UniqueConstraint("subject", name="uq_four_eyes_marks_subject"),
    )
    op.create_table(
        "policy_proposals",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("method", sa.String(length=8), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("requested_by", sa.String(length=21), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_by", sa.String(length=21), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_policy_proposals"),
    )
    op.create_index("ix_policy_proposals_status", "policy_proposals", ["status"])


def downgrade() -> None:
    op.drop_table("policy_proposals")
    op.drop_table("four_eyes_marks")
