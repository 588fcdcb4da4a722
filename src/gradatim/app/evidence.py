"""The evidence ledger as the faces use it: record, look, withhold, withdraw, ask, map."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError, StateError, UnknownName

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.path.evidence import Item, Record
    from gradatim.path.rubric import Rubric

LARGEST_FILE = 4_000_000
TAKEN = ("artefacts", "grade", "source", "sample")
"""Fields of an item that come from what it was captured from, not from its owner."""
OWN = ("kind", "title", "context", "action", "result", "metric", "own_share", "co_authors", "started", "ended",
       "project", "links", "assistance")  # fmt: skip


ALWAYS_SHOWN = {
    "sample": "that it is a constructed example is always shown",
    "replaces": "which item it replaces is always shown",
}


class Evidence:
    """Use cases of the ledger. `now` is UTC as the ledger writes it; None for the machine's clock."""

    def __init__(self, app: App) -> None:
        self._app = app

    @property
    def rubric(self) -> Rubric:
        """The rubric that items are linked to."""
        return self._app.packs.rubric

    # ------------------------------------------------------------------ looking
    def records(self) -> list[Record]:
        """Every item, oldest first.

        Raises:
            StateError: the ledger was edited by something else and cannot be read.
        """
        from gradatim.path.evidence import records

        return records(self._app.store.entries())

    def items(self, *, standing: bool = False) -> list[dict[str, Any]]:
        """Every item as plain data, newest first; with `standing`, without the withdrawn and replaced ones."""
        found = [r for r in self.records() if r.stands or not standing]
        return [r.as_dict() for r in reversed(found)]

    def get(self, item: str) -> dict[str, Any]:
        """One item by its id (`E-012`, or 12). Raises UnknownName."""
        return self._record(item).as_dict()

    def check(self) -> list[str]:
        """What is wrong with the ledger; empty when it is whole."""
        return self._app.store.verify_ledger()

    def _record(self, item: str) -> Record:
        from gradatim.path.evidence.record import number_of

        found = self.records()
        number = number_of(item)
        for record in found:
            if record.entry.number == number:
                return record
        raise UnknownName("evidence item", item, [r.id for r in found[-200:]], next="gradatim evidence list")

    # ------------------------------------------------------------------ recording
    def record(self, raw: Mapping[str, Any], *, now: str | None = None) -> dict[str, Any]:
        """Record an item from a form or a file.

        Raises:
            InputError: lists every problem; nothing is written.
        """
        item = self._parsed(raw, now)
        if item.replaces is not None:
            before = self._record(str(item.replaces))
            if not before.stands:
                raise StateError(
                    f"{before.id} was withdrawn or replaced already", next="gradatim evidence list"
                )
        fields = {k: v for k, v in item.model_dump(mode="json").items() if v not in (None, [], "", False)}
        entry = self._app.store.append_entry("evidence", fields, at=now)
        return self.get(str(entry.number))

    def correct(
        self, item: str, raw: Mapping[str, Any], *, kept: Sequence[str] = OWN, now: str | None = None
    ) -> dict[str, Any]:
        """Record a corrected item in place of another one.

        Args:
            kept: the fields that stay as they were where `raw` does not give them. What it was taken from, and that it
                is a constructed example, always stays.

        Raises:
            UnknownName: no such item.
            InputError, StateError: as `record`.
        """
        before = self.get(item)
        taken = {n: before[n] for n in TAKEN if before.get(n) is not None}
        return self.record({**self.words(item, kept), **taken, **raw, "replaces": before["number"]}, now=now)

    def words(self, item: str, names: Sequence[str] = OWN) -> dict[str, Any]:
        """What an item's owner says in it, and that a new item replaces it. Raises UnknownName."""
        before = self.get(item)
        said = {n: before[n] for n in names if before.get(n) is not None}
        # That it is a constructed example stays with it whatever it is taken from.
        return {**said, **({"sample": True} if before.get("sample") else {}), "replaces": before["number"]}

    def problems(self, raw: Mapping[str, Any], *, now: str | None = None) -> list[str]:
        """What would keep an item from being recorded; nothing is written."""
        try:
            self._parsed(raw, now)
        except InputError as error:
            return error.problems
        return []

    def _parsed(self, raw: Mapping[str, Any], now: str | None) -> Item:
        from gradatim.path.evidence import parse_item

        given = _given(raw)
        today = _moment(now).date()
        given.setdefault("started", given.get("ended", today.isoformat()))
        given.setdefault("ended", given["started"])
        skills = [skill.id for skill in self._app.packs.catalogue.skills()]
        return parse_item(given, today=today, dimensions=self._dimensions(), skills=skills)

    def from_attempt(
        self, attempt_id: str, raw: Mapping[str, Any], *, policy: Path | None = None, now: str | None = None
    ) -> dict[str, Any]:
        """Record a finished lab attempt with its log, or a task with its files, so that anybody can recompute it.

        Args:
            policy: the policy file that played it; kept whole, so that a verifier can play it on fresh draws.

        Raises:
            UnknownName, StateError: there is no such attempt, or it has not ended.
        """
        from gradatim.app.captured import attempt_item, task_item

        if self._app.tasks.owns(attempt_id):
            if policy is not None:
                raise InputError(
                    f"attempt {attempt_id} is of a performed task", ["--policy: no policy played it"]
                )
            return self.record({**task_item(self._app, attempt_id), **_given(raw)}, now=now)
        return self.record({**attempt_item(self._app, attempt_id, policy), **_given(raw)}, now=now)

    def waiting(self) -> list[dict[str, str]]:
        """Exams, attempts and tasks that are finished and not recorded: `{what, title, day}`, newest first."""
        from gradatim.app.captured import waiting

        return waiting(self._app)

    def capture(self, what: str, raw: Mapping[str, Any], *, now: str | None = None) -> dict[str, Any]:
        """Record one of `waiting`, named by its `what`. Raises as `from_attempt` and `from_exam`."""
        sort, _, name = what.partition("/")
        return self.from_exam(name, raw, now=now) if sort == "exam" else self.from_attempt(name, raw, now=now)

    def from_exam(self, exam_id: str, raw: Mapping[str, Any], *, now: str | None = None) -> dict[str, Any]:
        """Record an exam: its verdict and every log in it. Raises UnknownName."""
        from gradatim.app.captured import exam_item

        return self.record({**exam_item(self._app, exam_id), **_given(raw)}, now=now)

    def record_report(
        self, report: Mapping[str, Any], raw: Mapping[str, Any] | None = None, *, now: str | None = None
    ) -> str:
        """Record the report of a work command: digests of its inputs, never their content; returns the id."""
        from gradatim.app.captured import report_item

        made: str = self.record({**report_item(report, _moment(now)), **_given(raw or {})}, now=now)["id"]
        return made

    def from_git(
        self,
        repository: Path,
        what: str,
        mine: Sequence[str],
        raw: Mapping[str, Any],
        *,
        now: str | None = None,
    ) -> dict[str, Any]:
        """Record a range of commits; the own share is measured from authorship unless it is stated.

        Raises:
            InputError: no such range, or nothing in it is by the person.
        """
        from gradatim.app.captured import git_item

        return self.record({**git_item(repository, what, mine), **_given(raw)}, now=now)

    def from_files(
        self, paths: Sequence[Path], raw: Mapping[str, Any], *, now: str | None = None
    ) -> dict[str, Any]:
        """Record files by name, size and digest. Raises InputError."""
        from gradatim.path.evidence.artefact import artefacts

        taken = {"artefacts": artefacts(paths), "source": {"type": "file"}}
        return self.record({"kind": "work", **taken, **_given(raw)}, now=now)

    def import_file(self, path: Path, *, now: str | None = None) -> list[dict[str, Any]]:
        """Record every item of a JSON Lines, JSON or CSV file; all of them, or none.

        Raises:
            InputError: lists what is wrong with each item.
        """
        from gradatim.path.evidence.importing import read

        rows = read(path)
        problems = [
            f"item {i}: {problem}" for i, row in enumerate(rows, 1) for problem in self.problems(row, now=now)
        ]
        if problems:
            raise InputError(
                "nothing was recorded", problems[:40], where=path.name, next="gradatim evidence import --help"
            )
        return [self.record(row, now=now) for row in rows]

    def read_badge(self, data: bytes, name: str, *, now: str | None = None) -> dict[str, Any]:
        """An Open Badge 3.0 file as the item it would become; nothing is written.

        Args:
            data: JSON, a signed token, or a PNG or SVG that a badge is baked into.
            name: what the file is called.

        Raises:
            InputError: it is no badge, or not what it says; all problems at once.
        """
        from gradatim.app.badging import badge_fields

        return badge_fields(self._app, data, name, _moment(now))

    def from_badge(
        self, data: bytes, name: str, raw: Mapping[str, Any], *, now: str | None = None
    ) -> dict[str, Any]:
        """Record an Open Badge with how far its proof was checked, and whether its subject is the learner.

        One whose subject could not be confirmed when it was recorded, and can now, takes the old item's place.

        Raises:
            InputError: as `read_badge`.
            StateError: this badge is in the ledger already.
        """
        from gradatim.app.badging import in_place_of

        made = self.read_badge(data, name, now=now)
        return self.record({**made, **in_place_of(self._app, made), **_given(raw)}, now=now)

    def withdraw(self, item: str, why: str, *, now: str | None = None) -> dict[str, Any]:
        """Say that an item no longer counts. It stays in the ledger. Raises UnknownName, InputError."""
        from gradatim.path.evidence import visible

        record = self._record(item)
        if not why.strip():
            raise InputError(
                "an item is withdrawn with a reason", ["why: empty"], next="gradatim evidence withdraw --help"
            )
        if record.stands:
            fields = {"entry": record.entry.number, "why": visible(why.strip())[:1000]}
            self._app.store.append_entry("withdrawal", fields, at=now)
        return self.get(item)

    def redact(self, item: str, names: Sequence[str]) -> dict[str, Any]:
        """Withhold fields of an item for good; the chain stays whole. Raises UnknownName."""
        record = self._record(item)
        if not names:
            raise InputError(
                "name the fields to withhold", [f"{record.id} has: {', '.join(sorted(record.entry.fields))}"],
                next=f"gradatim evidence redact {record.id} context",
            )  # fmt: skip
        if fixed := [f"{n}: {why}" for n, why in ALWAYS_SHOWN.items() if n in names]:
            raise InputError(
                "these fields cannot be withheld", fixed, next=f"gradatim evidence show {record.id}"
            )
        self._app.store.redact_entry(record.entry.number, names)
        return self.get(item)

    # ------------------------------------------------------------------ attestation
    def ask(self, item: str, *, owner: str, person: str, now: str | None = None) -> dict[str, Any]:
        """A signed request for a named person: `{request, page, name}`, the page being one HTML file.

        Raises:
            UnknownName: no such item.
            InputError: a name is missing.
            MissingGroup: the group `packet` is not installed.
        """
        from gradatim.app.attesting import ask

        return ask(self._app, self._record(item), owner, person, _moment(now))

    def attest(self, file: Path, said: Mapping[str, Any], *, now: str | None = None) -> dict[str, Any]:
        """Answer somebody's request, in one's own copy and with one's own key. Raises InputError."""
        from gradatim.app.keys import private_key
        from gradatim.path.evidence.attest import answer, read_request

        request = read_request(self._requested(file), where=str(file))
        return answer(
            request,
            dict(said),
            now=_moment(now).strftime("%Y-%m-%dT%H:%M:%SZ"),
            private=private_key(self._app.home),
        )

    def requested(self, file: Path) -> dict[str, Any]:
        """What a request asks, for a person to read: owner, person, item. Raises InputError."""
        from gradatim.core.chain import parse
        from gradatim.path.evidence.attest import read_request

        payload = read_request(self._requested(file), where=str(file)).payload
        return {
            "owner": payload["owner"],
            "person": payload["person"],
            "asked_at": payload.get("asked_at"),
            "item": parse(payload["entry"]).values(),
        }

    def _requested(self, file: Path) -> Any:
        from gradatim.path.evidence.attest import embedded

        return embedded(_text(file))

    def attach(self, text: str | bytes, *, where: str = "", now: str | None = None) -> dict[str, Any]:
        """Put a signed answer into the ledger, beside its item.

        Raises:
            InputError: not an answer, its signature does not match, or it is about another ledger's entry.
            StateError: this answer is there already.
        """
        from gradatim.app.attesting import answered

        number, fields = answered(self._app, text, where)
        self._app.store.append_entry("attestation", fields, at=now)
        return self.get(str(number))

    def own_key(self) -> str | None:
        """The learner's public key as hex; None before the first signature."""
        from gradatim.app.keys import FILE_NAME, private_key
        from gradatim.path.evidence.signed import public_key

        return public_key(private_key(self._app.home)) if (self._app.home / FILE_NAME).exists() else None

    # ------------------------------------------------------------------ opportunities
    def opportunities(self, *, now: str | None = None) -> list[dict[str, Any]]:
        """For each dimension, which current work could show it, or the action because none can."""
        from gradatim.path.evidence.opportunity import opportunities

        pairs = [(d.id, d.title) for d in self.rubric.dimensions]
        return opportunities(self._app.store.entries("opportunity"), pairs, today=_moment(now).date())

    def set_opportunity(
        self, dimension: str, *, work: str = "", action: str = "", who: str = "", now: str | None = None
    ) -> dict[str, Any]:
        """Record one. Raises InputError."""
        from gradatim.path.evidence.opportunity import opportunity

        fields = opportunity(dimension, dimensions=self._dimensions(), work=work, action=action, who=who)
        self._app.store.append_entry("opportunity", fields, at=now)
        return next(o for o in self.opportunities(now=now) if o["dimension"] == dimension)

    def _dimensions(self) -> list[str]:
        return [d.id for d in self.rubric.dimensions]


def _given(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in raw.items() if v not in (None, "", [], ())}


def _moment(now: str | None) -> datetime.datetime:
    if now is None:
        return datetime.datetime.now(datetime.UTC)
    return datetime.datetime.strptime(now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.UTC)


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST_FILE:
            raise InputError(f"the file is larger than {LARGEST_FILE:,} bytes", where=str(file))
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the file cannot be read", [str(error)[:200]], where=str(file)) from None
