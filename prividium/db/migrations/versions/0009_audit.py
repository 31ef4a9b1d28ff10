"""The audit trail says what was asked, by a keyed hash, and under which version of the policy."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("audit_entries", sa.Column("request_hash", sa.LargeBinary(length=32), nullable=True))
    op.add_column("audit_entries", sa.Column("policy_version", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("audit_entries", "policy_version")
    op.drop_column("audit_entries", "request_hash")
