"""What the learner says about themselves: start questions, records for the prerequisites, self-ratings."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError, StateError, UnknownName

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.core.chain import Entry
    from gradatim.path.prerequisites import Outcome, Performed, Record
    from gradatim.path.questions import Answers
    from gradatim.path.rubric import Rubric

RECORD, WITHDRAWN, SELF_RATING = "prerequisite", "prerequisite-withdrawn", "self-rating"
MOST_NOTE = 400


class Learner:
    """Use cases around the person. `now` carries a time zone; None for the machine's clock."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def rubric(self) -> Rubric:
        """The rubric of the path."""
        return self._app.packs.rubric

    @property
    def _dimensions(self) -> list[str]:
        return [one.id for one in self.rubric.dimensions]

    # ------------------------------------------------------------------ start questions
    def answers(self) -> Answers:
        """The answers, checked again: the rules of this version hold for what an earlier one kept."""
        from gradatim.path.questions import read

        return read(self._kept(), self._dimensions)

    def _kept(self) -> dict[str, Any]:
        """What was answered; scope in dimensions that only another path has is left where it is."""
        kept = dict(self._app.store.answers())
        if isinstance(kept.get("scope"), Mapping):
            known = set(self._dimensions)
            kept["scope"] = {one: level for one, level in kept["scope"].items() if one in known}
        return kept

    def questions(self) -> list[dict[str, Any]]:
        """Every question with what it changes, what is assumed without it, and the present answer."""
        from gradatim.path.questions import QUESTIONS

        answers = self.answers()
        given, said = answers.answered(), answers.model_dump(mode="json")
        return [{**q._asdict(), "answered": q.id in given, "answer": said[q.id]} for q in QUESTIONS]

    def set(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Keep answers; None takes one back, a question that is not named stays as it is.

        Scope is kept dimension by dimension: a dimension that is not named stays, one that is None is taken back.

        Raises:
            InputError: some do not hold; every one is named and nothing is kept.
        """
        from gradatim.path.questions import read

        merged = self._merged(said)
        checked = read(merged, self._dimensions).model_dump(mode="json")
        if "scope" in said:
            known = set(self._dimensions)
            elsewhere = self._app.store.answers().get("scope") or {}
            checked["scope"] |= {one: level for one, level in elsewhere.items() if one not in known}
            merged["scope"] = checked["scope"]
        self._app.store.set_answers({q: None if merged[q] in (None, {}) else checked[q] for q in said})
        return {"answers": self.answers().model_dump(mode="json")}

    def problems(self, said: Mapping[str, Any]) -> list[str]:
        """What would keep these answers from being kept; nothing is written."""
        from gradatim.path.questions import read

        try:
            read(self._merged(said), self._dimensions)
        except InputError as error:
            return error.problems
        return []

    def _merged(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """The answers that are kept, with those said now over them."""
        kept = self._kept()
        merged = {**kept, **said}
        if isinstance(said.get("scope"), Mapping):
            both = {**kept.get("scope", {}), **said["scope"]}
            merged["scope"] = {one: level for one, level in both.items() if level is not None}
        return merged

    def zone(self) -> str:
        """The IANA name of the learner's time zone: their answer, or the machine's, or UTC."""
        return self.answers().time_zone or machine_zone()

    def today(self, now: datetime | None = None) -> date:
        """The calendar day where the learner is."""
        from zoneinfo import ZoneInfo

        return moment(now).astimezone(ZoneInfo(self.zone())).date()

    # ------------------------------------------------------------------ prerequisites
    def record(
        self, prerequisite_id: str, said: Mapping[str, Any], now: datetime | None = None
    ) -> dict[str, Any]:
        """Write a role, a system or a piece of work into the ledger, for one prerequisite.

        Raises:
            UnknownName: no such prerequisite.
            InputError: something in the record does not hold, or the prerequisite asks for none.
        """
        from gradatim.path.prerequisites import read_record

        asked = self._app._catalogue.prerequisite(prerequisite_id)
        if not asked.asks_record:
            raise InputError(
                f"{asked.id} is performed, not recorded", [asked.how], next="gradatim plan prerequisites"
            )
        record = read_record(said, self.today(now))
        fields = {"prerequisite": asked.id, **record.model_dump(mode="json")}
        entry = self._app.store.append_entry(RECORD, fields, at=_stamp(now))
        return {"number": entry.number, **fields}

    def withdraw_record(self, number: int, now: datetime | None = None) -> dict[str, Any]:
        """Take a record back; it stays in the ledger, and no longer counts.

        Raises:
            UnknownName: no such record stands.
        """
        standing = {str(n): record for n, _, record in self._records()}
        if str(number) not in standing:
            raise UnknownName("record", str(number), standing, next="gradatim plan prerequisites")
        self._app.store.append_entry(WITHDRAWN, {"entry": number}, at=_stamp(now))
        return {"number": number, "withdrawn": True}

    def prerequisites(self, now: datetime | None = None) -> dict[str, Any]:
        """What each prerequisite comes to, and all of them together; nobody is locked out."""
        from gradatim.path.prerequisites import OVERALL, WORDS, overall

        outcomes = self.outcomes(now)
        records = self._records()
        key = overall(outcomes)
        rows = []
        for asked in self._app._catalogue.prerequisites:
            outcome = outcomes[asked.id]
            mine = [
                {"number": n, **record.model_dump(mode="json")} for n, of, record in records if of == asked.id
            ]
            rows.append(
                {
                    "id": asked.id,
                    "title": asked.title,
                    "how": asked.how,
                    "check": asked.check,
                    "asks_record": asked.asks_record,
                    "asks_share": asked.least.own_share is not None,
                    "task": asked.task,
                    "task_there": self._task_there(asked.task),
                    "state": outcome.state,
                    "word": WORDS[outcome.state],
                    "reason": outcome.reason,
                    "practice": asked.practice,
                    "records": mine,
                }
            )
        gaps = [row["title"] for row in rows if row["state"] != "met"]
        return {
            "overall": key,
            "word": OVERALL[key],
            "text": _overall_text(key)
            if rows
            else "This path asks for none: the plan begins with the first skill.",
            "gaps": gaps,
            "prerequisites": rows,
        }

    def outcomes(self, now: datetime | None = None) -> dict[str, Outcome]:
        """The outcome of each prerequisite by its id."""
        from gradatim.path.prerequisites import judge

        today, records = self.today(now), self._records()
        return {
            asked.id: judge(
                asked,
                [record for _, of, record in records if of == asked.id],
                self._task_result(asked.task),
                self._task_there(asked.task),
                today,
            )
            for asked in self._app._catalogue.prerequisites
        }

    def _records(self) -> list[tuple[int, str, Record]]:
        """(entry, prerequisite, record) that stand, oldest first."""
        from gradatim.path.prerequisites import Record

        entries = self._app.store.entries()
        gone = {e.value("entry") for e in entries if e.kind == WITHDRAWN}
        found = []
        for entry in entries:
            if entry.kind != RECORD or entry.number in gone:
                continue
            # A record some field of which was withheld says too little to be counted.
            if any(f.withheld for f in entry.fields.values()):
                continue
            values = dict(entry.values())
            of = str(values.pop("prerequisite"))
            found.append((entry.number, of, _as_record(Record, values, entry)))
        return found

    def _task_there(self, task: str | None) -> bool:
        from gradatim.lab import folders

        return task is not None and task in folders.tasks()

    def _task_result(self, task: str | None) -> Performed | None:
        """The best attempt at a performed task; None when none was handed in."""
        return self._app.tasks.performed(task) if task is not None and self._task_there(task) else None

    # ------------------------------------------------------------------ self-ratings
    def rate_self(
        self, dimension: str, level: int, note: str = "", now: datetime | None = None
    ) -> dict[str, Any]:
        """Record how the learner sees themselves in one dimension; kept beside evidence, never averaged in.

        Raises:
            UnknownName: no such dimension.
            InputError: no such level, or a note that is too long.
        """
        self.rubric.dimension(dimension).level(level)
        note = " ".join(note.split())
        if len(note) > MOST_NOTE:
            raise InputError("this rating cannot be kept", [f"note: longer than {MOST_NOTE} characters"])
        fields = {"dimension": dimension, "level": level, "note": note}
        entry = self._app.store.append_entry(SELF_RATING, fields, at=_stamp(now))
        return {"number": entry.number, "at": entry.at, **fields}

    def self_ratings(self) -> dict[str, list[dict[str, Any]]]:
        """Every self-rating by dimension, oldest first."""
        found: dict[str, list[dict[str, Any]]] = {one: [] for one in self._dimensions}
        for entry in self._app.store.entries(SELF_RATING):
            level, dimension = entry.value("level"), entry.value("dimension")
            if isinstance(level, int) and dimension in found:
                note = entry.value("note") or ""
                found[dimension].append({"at": entry.at, "level": level, "note": note})
        return found


def moment(now: datetime | None) -> datetime:
    """`now`, or the machine's clock, with a time zone.

    Raises:
        ValueError: `now` has no time zone, so it names no moment.
    """
    if now is None:
        return datetime.now(UTC)
    if now.tzinfo is None:
        raise ValueError("a moment needs its time zone")
    return now


def machine_zone() -> str:
    """The IANA name of this machine's time zone, or UTC where it has none that can be found."""
    from zoneinfo import ZoneInfo

    link = Path("/etc/localtime")
    target = str(link.resolve()) if link.is_symlink() else ""
    for name in (os.environ.get("TZ", "").removeprefix(":"), target.partition("zoneinfo/")[2]):
        if name:
            try:
                return ZoneInfo(name).key
            except (ValueError, OSError, KeyError):
                continue
    return "UTC"


def _stamp(now: datetime | None) -> str:
    return moment(now).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _as_record(model: type[Record], values: dict[str, Any], entry: Entry) -> Record:
    try:
        return model.model_validate(values)
    except ValueError as error:
        raise StateError(
            f"entry {entry.number} of the ledger is no record of this version",
            why=str(error).split("\n")[0],
            next="gradatim evidence check",
        ) from error


def _overall_text(key: str) -> str:
    return {
        "ready": "All prerequisites are met: the plan begins with the first skill.",
        "gaps": "The path is open. The plan begins with the practice that closes each gap.",
        "not_yet": (
            "The path is open, and longer: ladders put mid-level itself at two to four years, and what is "
            "missing is in the plan and in the forecast."
        ),
        "open": "Nothing is recorded or performed yet, so nothing is known. The path is open all the same.",
    }[key]
