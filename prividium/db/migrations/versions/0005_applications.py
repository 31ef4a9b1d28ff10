"""Applications that people let act for them, and which of them a session belongs to."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "applications",
        sa.Column("id", sa.String(length=21), nullable=False),
        sa.Column("oauth_client_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column("image_url", sa.String(length=512), nullable=True),
        sa.Column("origin", sa.String(length=512), nullable=False),
        sa.Column("oauth_redirect_uris", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_applications"),
        sa.UniqueConstraint("oauth_client_id", name="uq_applications_oauth_client_id"),
    )
    op.create_index("ix_applications_origin", "applications", ["origin"])
    op.add_column("sessions", sa.Column("client_id", sa.String(length=64), nullable=True))
    op.create_index("ix_sessions_client_id", "sessions", ["client_id"])


def downgrade() -> None:
    op.drop_index("ix_sessions_client_id", "sessions")
    op.drop_column("sessions", "client_id")
    op.drop_table("applications")
