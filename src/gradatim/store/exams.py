"""Exams: issued once, drawn in the background, sat instance by instance, handed in once."""

from __future__ import annotations

import difflib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, Row, insert, select, update

from gradatim.core.canonical import canonical_json
from gradatim.core.errors import StateError, UnknownName

from .database import Database
from .rows import Assistance, utc_now
from .schema import exam as table
from .schema import exam_sitting as sitting_table

_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
_JSON = ("predicted", "issue", "progress", "verdict")

Grade = Literal["self-run", "issued"]
ExamStatus = Literal["drawing", "open", "submitted", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewExam:
    """What is known of an exam when it is issued. None of it changes afterwards.

    Attributes:
        nonce: 128 bits; every seed follows from it.
        predicted: what the learner expects, {skill, lo, hi}; None for a policy.
        issue: the reviewer's signed file, for the grade `issued`.
    """

    lab_id: str
    lab_version: str
    lab_digest: str
    nonce: int
    grade: Grade = "self-run"
    player: str = "learner"
    assistance: Assistance = "none"
    predicted: Mapping[str, float] | None = None
    issue: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Exam:
    """One exam. `progress` says how far the drawing is; `verdict` is there once it is handed in."""

    id: str
    lab_id: str
    lab_version: str
    lab_digest: str
    nonce: int
    grade: Grade
    status: ExamStatus
    player: str
    assistance: Assistance
    created_at: str
    opened_at: str | None
    submitted_at: str | None
    predicted: dict[str, float] | None
    issue: dict[str, Any] | None
    progress: dict[str, Any]
    verdict: dict[str, Any] | None


class Sitting(NamedTuple):
    """One instance of an exam; `attempt_id` is None until the learner opens it."""

    ordinal: int
    seed: int
    healthy: bool
    attempt_id: str | None


class Exams(Database):
    """The `exam` and `exam_sitting` tables."""

    def create_exam(self, new: NewExam) -> Exam:
        """Issue an exam. It is spent from here on.

        Raises:
            StateError: this player's last exam of the lab is not handed in, or the nonce was used before.
        """
        values = {
            "lab_id": new.lab_id,
            "lab_version": new.lab_version,
            "lab_digest": new.lab_digest,
            "nonce": f"{new.nonce:032x}",
            "grade": new.grade,
            "status": "drawing",
            "player": new.player,
            "assistance": new.assistance,
            "created_at": utc_now(),
            "predicted": _text(new.predicted),
            "issue": _text(new.issue),
            "progress": _text({"done": 0, "total": 0}),
        }
        with self.writing() as conn:
            used = conn.execute(select(table.c.id).where(table.c.nonce == values["nonce"])).scalar()
            if used is not None:
                raise StateError(
                    "this issued exam has been begun before",
                    where=used,
                    why="the first submission counts, and there is one exam for one nonce",
                    next=f"gradatim exam show {used}",
                )
            under_way = conn.execute(
                select(table.c.id).where(
                    table.c.lab_id == new.lab_id,
                    table.c.player == new.player,
                    table.c.status.in_(("drawing", "open")),
                )
            ).scalar()
            if under_way is not None:
                raise StateError(
                    f"exam {under_way} of {new.lab_id} is not handed in yet",
                    where=under_way,
                    why="an exam is spent when it is issued; what is left of it counts as doing nothing",
                    next=f"gradatim exam next {under_way}   (or: gradatim exam submit {under_way})",
                )
            exam_id = _free_id(conn)
            conn.execute(insert(table).values(id=exam_id, **values))
            return _as_exam(_row(conn, exam_id))

    def get_exam(self, exam_id: str) -> Exam:
        """The exam of that id.

        Raises:
            UnknownName: there is none.
        """
        with self.reading() as conn:
            return _as_exam(_row(conn, exam_id))

    def list_exams(self, lab_id: str | None = None) -> list[Exam]:
        """Exams, newest first."""
        query = select(table).order_by(table.c.number.desc())
        if lab_id is not None:
            query = query.where(table.c.lab_id == lab_id)
        with self.reading() as conn:
            return [_as_exam(row) for row in conn.execute(query)]

    def exam_of(self, attempt_id: str) -> Exam | None:
        """The exam that an attempt belongs to."""
        with self.reading() as conn:
            exam_id = conn.execute(
                select(sitting_table.c.exam_id).where(sitting_table.c.attempt_id == attempt_id)
            ).scalar()
            return None if exam_id is None else _as_exam(_row(conn, exam_id))

    def set_exam_progress(self, exam_id: str, progress: Mapping[str, Any]) -> None:
        """How far the drawing is."""
        with self.writing(durable=False) as conn:
            change = update(table).where(table.c.id == exam_id)
            conn.execute(change.values(progress=_text(progress)))

    def open_exam(self, exam_id: str, slots: Sequence[tuple[int, bool]]) -> Exam:
        """The set is drawn: (seed, healthy) in order. Twice is the same as once."""
        with self.writing() as conn:
            if _row(conn, exam_id).status == "drawing":
                rows = [
                    {"exam_id": exam_id, "ordinal": i, "seed": str(seed), "healthy": int(healthy)}
                    for i, (seed, healthy) in enumerate(slots)
                ]
                conn.execute(insert(sitting_table), rows)
                change = update(table).where(table.c.id == exam_id)
                conn.execute(change.values(status="open", opened_at=utc_now()))
            return _as_exam(_row(conn, exam_id))

    def fail_exam(self, exam_id: str, why: str) -> Exam:
        """No set could be drawn, or the version of the lab is gone: the exam ends without a verdict."""
        with self.writing() as conn:
            change = update(table).where(table.c.id == exam_id, table.c.status.in_(("drawing", "open")))
            conn.execute(change.values(status="failed", progress=_text({"done": 0, "total": 0, "why": why})))
            return _as_exam(_row(conn, exam_id))

    def sittings(self, exam_id: str) -> list[Sitting]:
        """The instances of an exam, in order; without those that were replaced."""
        query = select(sitting_table).where(
            sitting_table.c.exam_id == exam_id, sitting_table.c.replaced_at.is_(None)
        )
        with self.reading() as conn:
            return [_as_sitting(row) for row in conn.execute(query.order_by(sitting_table.c.ordinal))]

    def replaced_sittings(self, exam_id: str) -> int:
        """How many instances of an exam had to be drawn again."""
        query = select(sitting_table.c.number).where(
            sitting_table.c.exam_id == exam_id, sitting_table.c.replaced_at.is_not(None)
        )
        with self.reading() as conn:
            return len(conn.execute(query).all())

    def sit(self, exam_id: str, ordinal: int, attempt_id: str) -> Sitting:
        """The learner opens an instance: it has an attempt from here on; the first to say so wins."""
        standing = (
            (sitting_table.c.exam_id == exam_id)
            & (sitting_table.c.ordinal == ordinal)
            & sitting_table.c.replaced_at.is_(None)
        )
        with self.writing() as conn:
            change = update(sitting_table).where(standing, sitting_table.c.attempt_id.is_(None))
            conn.execute(change.values(attempt_id=attempt_id))
            return _as_sitting(conn.execute(select(sitting_table).where(standing)).one())

    def replace_sitting(self, exam_id: str, ordinal: int, why: str, slot: tuple[int, bool]) -> Sitting:
        """Our own code failed on an instance: another one takes its place, the failed one stays on record."""
        standing = (
            (sitting_table.c.exam_id == exam_id)
            & (sitting_table.c.ordinal == ordinal)
            & sitting_table.c.replaced_at.is_(None)
        )
        with self.writing() as conn:
            conn.execute(update(sitting_table).where(standing).values(replaced_at=utc_now(), why=why))
            conn.execute(
                insert(sitting_table).values(
                    exam_id=exam_id, ordinal=ordinal, seed=str(slot[0]), healthy=int(slot[1])
                )
            )
            return _as_sitting(conn.execute(select(sitting_table).where(standing)).one())

    def submit_exam(self, exam_id: str, verdict: Mapping[str, Any], at: str) -> Exam:
        """Hand an exam in with its verdict; the first time counts."""
        with self.writing() as conn:
            change = update(table).where(table.c.id == exam_id, table.c.status == "open")
            conn.execute(change.values(status="submitted", submitted_at=at, verdict=_text(verdict)))
            return _as_exam(_row(conn, exam_id))

    def sealed_seeds(self, lab_id: str) -> set[int]:
        """Seeds of a lab that belong to an exam which is not handed in."""
        query = (
            select(sitting_table.c.seed)
            .join(table, table.c.id == sitting_table.c.exam_id)
            .where(table.c.lab_id == lab_id, table.c.status == "open", sitting_table.c.replaced_at.is_(None))
        )
        with self.reading() as conn:
            return {int(seed) for seed in conn.execute(query).scalars()}


def _row(conn: Connection, exam_id: str) -> Row[Any]:
    row = conn.execute(select(table).where(table.c.id == exam_id)).one_or_none()
    if row is None:
        ids = list(conn.execute(select(table.c.id).order_by(table.c.number.desc())).scalars())
        near = difflib.get_close_matches(exam_id, ids, n=1, cutoff=0.5)
        raise UnknownName("exam", exam_id, near or ids[:5], next="gradatim exam show")
    return row


def _as_exam(row: Row[Any]) -> Exam:
    fields = dict(row._mapping)
    del fields["number"]
    try:
        for name in _JSON:
            fields[name] = None if fields[name] is None else json.loads(fields[name])
        return Exam(nonce=int(fields.pop("nonce"), 16), **fields)
    except ValueError as error:
        raise StateError(
            f"exam {row.id} cannot be read",
            where=row.id,
            why=f"its row was changed by something else than gradatim: {error}",
            next="gradatim exam verify",
        ) from error


def _as_sitting(row: Row[Any]) -> Sitting:
    return Sitting(row.ordinal, int(row.seed), bool(row.healthy), row.attempt_id)


def _text(value: Any) -> str | None:
    return None if value is None else canonical_json(value).decode()


def _free_id(conn: Connection) -> str:
    while True:
        exam_id = "e-" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
        if conn.execute(select(table.c.id).where(table.c.id == exam_id)).one_or_none() is None:
            return exam_id
