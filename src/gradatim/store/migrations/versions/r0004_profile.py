"""What the learner said about themselves, and the plans they kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "answer",
        sa.Column("question", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
    )
    op.create_table(
        "kept_plan",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("kept_on", sa.Text, nullable=False),
        sa.Column("weekly_hours", sa.Double, nullable=False),
        sa.Column("items", sa.Text, nullable=False),
        sa.Column("made_at", sa.Text, nullable=False),
    )
