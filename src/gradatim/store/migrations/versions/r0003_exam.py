"""Exams and the instances they are made of."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "exam",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("lab_id", sa.Text, nullable=False, index=True),
        sa.Column("lab_version", sa.Text, nullable=False),
        sa.Column("lab_digest", sa.Text, nullable=False),
        sa.Column("nonce", sa.Text, nullable=False, unique=True),
        sa.Column("grade", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("player", sa.Text, nullable=False),
        sa.Column("assistance", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("opened_at", sa.Text),
        sa.Column("submitted_at", sa.Text),
        sa.Column("predicted", sa.Text),
        sa.Column("issue", sa.Text),
        sa.Column("progress", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.CheckConstraint("grade IN ('self-run', 'issued')", name="grade"),
        sa.CheckConstraint("status IN ('drawing', 'open', 'submitted', 'failed')", name="status"),
        sa.CheckConstraint("assistance IN ('none', 'AI', 'pair')", name="assistance"),
    )
    unfinished = sa.text("status IN ('drawing', 'open')")
    op.create_index(
        "ix_exam_unfinished",
        "exam",
        ["lab_id", "player"],
        unique=True,
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.create_table(
        "exam_sitting",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("exam_id", sa.Text, sa.ForeignKey("exam.id", ondelete="CASCADE"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("seed", sa.Text, nullable=False),
        sa.Column("healthy", sa.Integer, nullable=False),
        sa.Column("attempt_id", sa.Text, sa.ForeignKey("attempt.id", ondelete="SET NULL"), unique=True),
        sa.Column("replaced_at", sa.Text),
        sa.Column("why", sa.Text),
    )
    standing = sa.text("replaced_at IS NULL")
    op.create_index(
        "ix_exam_sitting_standing",
        "exam_sitting",
        ["exam_id", "ordinal"],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
