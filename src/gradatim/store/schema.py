"""The tables as they are at the newest revision. `migrations/` says how a database gets there."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

attempt = Table(
    "attempt",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("lab_id", Text, nullable=False, index=True),
    Column("lab_version", Text, nullable=False),
    Column("lab_digest", Text, nullable=False),
    # Text: a seed has up to 128 bits, an integer column 64.
    Column("seed", Text, nullable=False),
    Column("family", Text),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("parent_id", Text, ForeignKey("attempt.id", ondelete="SET NULL")),
    Column("fork_at_s", Double),
    Column("created_at", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
    Column("t_s", Double, nullable=False),
    Column("player", Text, nullable=False),
    Column("assistance", Text, nullable=False),
    Column("rewinds", Integer, nullable=False),
    Column("hints_taken", Integer, nullable=False),
    Column("submission", Text),
    Column("outcome", Text),
    Column("loss_micro", Integer),
    Column("outcome_hash", Text),
    CheckConstraint("kind IN ('practice', 'exam', 'policy', 'artefact')", name="kind"),
    CheckConstraint("status IN ('open', 'finished', 'abandoned', 'error', 'invalid')", name="status"),
    CheckConstraint("assistance IN ('none', 'AI', 'pair')", name="assistance"),
)

action = Table(
    "action",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("attempt_id", Text, ForeignKey("attempt.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("t_s", Double, nullable=False),
    Column("action", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    # Rows are never deleted by a rewind: what was tried and taken back stays on the record.
    Column("withdrawn_at", Text),
)
_standing = action.c.withdrawn_at.is_(None)
Index(
    "ix_action_standing",
    action.c.attempt_id,
    action.c.ordinal,
    unique=True,
    sqlite_where=_standing,
    postgresql_where=_standing,
)

note = Table(
    "note",
    metadata,
    Column("attempt_id", Text, ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True),
    Column("text", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

reference_result = Table(
    "reference_result",
    metadata,
    Column("lab_digest", Text, primary_key=True),
    Column("seed", Text, primary_key=True),
    # "" stands for no family: NULLs are distinct in a key.
    Column("family", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("outcome_hash", Text, nullable=False),
    Column("created_at", Text, nullable=False),
)

setting = Table(
    "setting",
    metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
