"""Reports of the work commands."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "work_report",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("made_at", sa.Text, nullable=False),
        sa.Column("facts", sa.Text, nullable=False),
        sa.Column("page", sa.Text, nullable=False),
        sa.Column("evidence", sa.Text),
    )
