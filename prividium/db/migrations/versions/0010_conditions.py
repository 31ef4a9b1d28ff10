"""Conditions of rules: time spans, predicates on arguments, limits."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("valid_from", "valid_until"):
        op.add_column("function_rules", sa.Column(name, sa.BigInteger(), nullable=True))
    for name in ("argument_conditions", "limits"):
        op.add_column("function_rules", sa.Column(name, sa.JSON(), nullable=True))


def downgrade() -> None:
    """A rule without its conditions would allow more than it said: those rules go."""
    op.execute(
        "DELETE FROM function_rules WHERE valid_from IS NOT NULL OR valid_until IS NOT NULL "
        "OR argument_conditions IS NOT NULL OR limits IS NOT NULL"
    )
    for name in ("limits", "argument_conditions", "valid_until", "valid_from"):
        op.drop_column("function_rules", name)
