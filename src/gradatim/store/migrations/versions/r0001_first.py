"""The first tables: attempts, their actions and notes, results of references, settings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables of the first release."""
    op.create_table(
        "attempt",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("lab_id", sa.Text, nullable=False, index=True),
        sa.Column("lab_version", sa.Text, nullable=False),
        sa.Column("lab_digest", sa.Text, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("family", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("parent_id", sa.Text, sa.ForeignKey("attempt.id", ondelete="SET NULL")),
        sa.Column("fork_at_s", sa.Double),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
        sa.Column("t_s", sa.Double, nullable=False),
        sa.Column("player", sa.Text, nullable=False),
        sa.Column("assistance", sa.Text, nullable=False),
        sa.Column("rewinds", sa.Integer, nullable=False),
        sa.Column("hints_taken", sa.Integer, nullable=False),
        sa.Column("submission", sa.Text),
        sa.Column("outcome", sa.Text),
        sa.Column("loss_micro", sa.Integer),
        sa.Column("outcome_hash", sa.Text),
        sa.CheckConstraint("kind IN ('practice', 'exam', 'policy', 'artefact')", name="kind"),
        sa.CheckConstraint("status IN ('open', 'finished', 'abandoned', 'error', 'invalid')", name="status"),
        sa.CheckConstraint("assistance IN ('none', 'AI', 'pair')", name="assistance"),
    )
    op.create_table(
        "action",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("attempt_id", sa.Text, sa.ForeignKey("attempt.id", ondelete="CASCADE"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("t_s", sa.Double, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("withdrawn_at", sa.Text),
    )
    op.create_index(
        "ix_action_standing",
        "action",
        ["attempt_id", "ordinal"],
        unique=True,
        sqlite_where=sa.text("withdrawn_at IS NULL"),
        postgresql_where=sa.text("withdrawn_at IS NULL"),
    )
    op.create_table(
        "note",
        sa.Column("attempt_id", sa.Text, sa.ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("updated_at", sa.Text, nullable=False),
    )
    op.create_table(
        "reference_result",
        sa.Column("lab_digest", sa.Text, primary_key=True),
        sa.Column("seed", sa.Text, primary_key=True),
        sa.Column("family", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("outcome_hash", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
    )
    op.create_table(
        "setting",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
