"""Evidence taken from what is there already: attempts, exams, reports, commits, files, tables, badges."""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError

if TYPE_CHECKING:
    from gradatim.app.app import App


class Taking(ABC):
    """The part of `Evidence` that makes items from something else. `now` is as there."""

    def __init__(self, app: App) -> None:
        self._app = app

    @abstractmethod
    def record(self, raw: Mapping[str, Any], *, now: str | None = None) -> dict[str, Any]:
        """Record an item."""

    @abstractmethod
    def problems(self, raw: Mapping[str, Any], *, now: str | None = None) -> list[str]:
        """What would keep an item from being recorded."""

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
            return self.record({**task_item(self._app, attempt_id), **given(raw)}, now=now)
        return self.record({**attempt_item(self._app, attempt_id, policy), **given(raw)}, now=now)

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

        return self.record({**exam_item(self._app, exam_id), **given(raw)}, now=now)

    def record_report(
        self, report: Mapping[str, Any], raw: Mapping[str, Any] | None = None, *, now: str | None = None
    ) -> str:
        """Record the report of a work command: digests of its inputs, never their content; returns the id."""
        from gradatim.app.captured import report_item

        made: str = self.record({**report_item(report, moment(now)), **given(raw or {})}, now=now)["id"]
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

        return self.record({**git_item(repository, what, mine), **given(raw)}, now=now)

    def from_files(
        self,
        paths: Sequence[Path],
        raw: Mapping[str, Any],
        *,
        uploads: Sequence[tuple[str, bytes]] = (),
        now: str | None = None,
    ) -> dict[str, Any]:
        """Record files by name, size and digest, never their content.

        Args:
            uploads: name and bytes of files that are not on this disk.

        Raises:
            InputError: one cannot be read, there are too many or none, or the item is malformed.
        """
        from gradatim.path.evidence.artefact import artefacts, uploaded

        files = [*artefacts(paths), *(uploaded(name, data) for name, data in uploads)]
        if not files:
            raise InputError(
                "no file was named",
                ["file: choose one, or name a place"],
                next="gradatim evidence add --help",
            )
        return self.record(
            {"kind": "work", "artefacts": files, "source": {"type": "file"}, **given(raw)}, now=now
        )

    def import_file(self, path: Path, *, now: str | None = None) -> list[dict[str, Any]]:
        """Record every item of a JSON Lines, JSON or CSV file; all of them, or none.

        Raises:
            InputError: lists what is wrong with each item.
        """
        from gradatim.path.evidence.importing import read

        return self._import(read(path), path.name, now)

    def import_upload(self, data: bytes, name: str, *, now: str | None = None) -> list[dict[str, Any]]:
        """As `import_file`, with the bytes of the file. Raises InputError."""
        from gradatim.path.evidence.importing import parse
        from gradatim.path.evidence.text import file_name

        return self._import(parse(data, name), file_name(name), now)

    def _import(self, rows: Sequence[Mapping[str, Any]], name: str, now: str | None) -> list[dict[str, Any]]:
        problems = [
            f"item {i}: {problem}" for i, row in enumerate(rows, 1) for problem in self.problems(row, now=now)
        ]
        if problems:
            raise InputError(
                "nothing was recorded", problems[:40], where=name, next="gradatim evidence import --help"
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

        return badge_fields(self._app, data, name, moment(now))

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
        return self.record({**made, **in_place_of(self._app, made), **given(raw)}, now=now)


def given(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that were given at all."""
    return {k: v for k, v in raw.items() if v not in (None, "", [], ())}


def moment(now: str | None) -> datetime.datetime:
    """The time that was given, UTC; None for the machine's clock."""
    if now is None:
        return datetime.datetime.now(datetime.UTC)
    return datetime.datetime.strptime(now, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.UTC)
