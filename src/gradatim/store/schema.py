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

ledger = Table(
    "ledger",
    metadata,
    # Numbered by the chain itself, from 1; never by the database.
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("fields", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

ledger_head = Table(
    "ledger_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("count", Integer, nullable=False),
    Column("hash", Text, nullable=False),
)

exam = Table(
    "exam",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("id", Text, nullable=False, unique=True),
    Column("lab_id", Text, nullable=False, index=True),
    Column("lab_version", Text, nullable=False),
    Column("lab_digest", Text, nullable=False),
    # 32 hexadecimal digits; every seed of the exam follows from it.
    Column("nonce", Text, nullable=False, unique=True),
    Column("grade", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("player", Text, nullable=False),
    Column("assistance", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("opened_at", Text),
    Column("submitted_at", Text),
    Column("predicted", Text),
    Column("issue", Text),
    Column("progress", Text, nullable=False),
    Column("verdict", Text),
    CheckConstraint("grade IN ('self-run', 'issued')", name="grade"),
    CheckConstraint("status IN ('drawing', 'open', 'submitted', 'failed')", name="status"),
    CheckConstraint("assistance IN ('none', 'AI', 'pair')", name="assistance"),
)
_unfinished = exam.c.status.in_(("drawing", "open"))
# An exam under way is handed in before the next one begins: nobody picks the better of two.
Index(
    "ix_exam_unfinished",
    exam.c.lab_id,
    exam.c.player,
    unique=True,
    sqlite_where=_unfinished,
    postgresql_where=_unfinished,
)

exam_sitting = Table(
    "exam_sitting",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("exam_id", Text, ForeignKey("exam.id", ondelete="CASCADE"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("seed", Text, nullable=False),
    Column("healthy", Integer, nullable=False),
    Column("attempt_id", Text, ForeignKey("attempt.id", ondelete="SET NULL"), unique=True),
    # An instance that our own code failed on is drawn again; the row stays.
    Column("replaced_at", Text),
    Column("why", Text),
)
_sat = exam_sitting.c.replaced_at.is_(None)
Index(
    "ix_exam_sitting_standing",
    exam_sitting.c.exam_id,
    exam_sitting.c.ordinal,
    unique=True,
    sqlite_where=_sat,
    postgresql_where=_sat,
)

answer = Table(
    "answer",
    metadata,
    Column("question", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("updated_at", Text, nullable=False),
)

kept_plan = Table(
    "kept_plan",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("kept_on", Text, nullable=False),
    Column("weekly_hours", Double, nullable=False),
    Column("items", Text, nullable=False),
    Column("made_at", Text, nullable=False),
)

work_report = Table(
    "work_report",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("made_at", Text, nullable=False),
    # The report's JSON: figures, digests, words; and the page made of it. No rows of anybody's data.
    Column("facts", Text, nullable=False),
    Column("page", Text, nullable=False),
    # The item of evidence that was recorded from it.
    Column("evidence", Text),
)
