"""Performed tasks: started as a folder, handed in once, judged by running them."""

from __future__ import annotations

import io
import json
import secrets
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from gradatim.app.task_folder import MARKER, marker, written
from gradatim.core.errors import InputError, StateError

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.task.lab import Task, TaskInstance
    from gradatim.lab.task.outcome import TaskOutcome
    from gradatim.path.prerequisites import Performed
    from gradatim.store import Attempt

KIND: Literal["artefact"] = "artefact"
POINT = 1_000_000
"""The store keeps losses in whole millionths."""


class Tasks:
    """Use cases around labs of kind `task`. One attempt is one form and one verdict."""

    def __init__(self, app: App) -> None:
        self._app = app

    # ------------------------------------------------------------------ looking
    def all(self) -> list[dict[str, Any]]:
        """Every task with how often it was tried and what it comes to. Reads metadata only."""
        from gradatim.lab import folders
        from gradatim.lab.task.spec import load_task_spec

        made = []
        for folder in folders.tasks().values():
            spec = load_task_spec(folder)
            performed = self.performed(spec.id)
            made.append(
                {
                    "id": spec.id, "version": spec.version, "title": spec.title, "summary": spec.summary,
                    "kind": spec.kind, "module": spec.module, "prerequisite": spec.prerequisite,
                    "minutes": spec.minutes,
                    "attempts": len(self._attempts(spec.id)), "passed": performed.passed if performed else None,
                }
            )  # fmt: skip
        return made

    def has(self, name: str) -> bool:
        """Whether a task of that id is installed."""
        from gradatim.lab import folders

        return name in folders.tasks()

    def owns(self, attempt_id: str) -> bool:
        """Whether there is an attempt of that id, and it is a task's."""
        return any(a.id == attempt_id for a in self._attempts(None))

    def show(self, task_id: str) -> dict[str, Any]:
        """Everything the page of a task shows.

        Raises:
            UnknownName: no such task.
        """
        task = self._task(task_id)
        spec = task.spec
        attempts = [self.row(a) for a in self._attempts(task_id)]
        return {
            **next(one for one in self.all() if one["id"] == task_id),
            "digest": task.digest,
            "pass_mark": spec.pass_mark,
            "draws": spec.draws,
            "files": list(spec.files),
            "graded": [{"cause": c, "text": g.text} for c, g in spec.graded.items()],
            "not_measured": list(spec.not_measured),
            "provenance": spec.provenance,
            "attempts": attempts,
            "open": next((a for a in attempts if a["status"] == "open"), None),
        }

    def attempt(self, attempt_id: str) -> dict[str, Any]:
        """One attempt: its brief and folder while it is open, its verdict afterwards.

        Raises:
            UnknownName: no such attempt.
            StateError: it is not a task's.
        """
        a = self._attempt(attempt_id)
        made = self.row(a)
        if a.status == "open":
            return {**made, "brief": self._instance(a).brief, "files": list(self._task(a.lab_id).spec.files)}
        return {**made, **self._verdict(a)} if a.outcome is not None else made

    def row(self, a: Attempt) -> dict[str, Any]:
        """An attempt as tables show it."""
        from gradatim.lab import folders
        from gradatim.lab.task.spec import load_task_spec

        at = folders.tasks().get(a.lab_id)
        outcome = a.outcome or {}
        return {
            "attempt": a.id,
            "task": a.lab_id,
            "title": load_task_spec(at).title if at else a.lab_id,
            "version": a.lab_version,
            "status": a.status if a.status != "finished" else str(outcome.get("status")),
            "started_at": a.created_at,
            "ended_at": a.updated_at if a.status != "open" else None,
            "seed": str(a.seed) if a.status != "open" else None,
            "skill": outcome.get("skill"),
            "folder": self._app.store.get_setting(f"task-folder/{a.id}"),
            "issued": self._issued(a),
        }

    # ------------------------------------------------------------------ starting
    def start(self, task_id: str, folder: Path | None = None, *, seed: int | None = None) -> dict[str, Any]:
        """Draw a form, write its starter and brief into a folder, and open an attempt.

        An earlier attempt of the task that was left open is given up.

        Args:
            folder: must be empty or not be there; None for one below the home.
            seed: for practice of a known form; drawn from 128 random bits when None.

        Raises:
            UnknownName: no such task.
            InputError: the folder holds something already, or cannot be written; nothing is opened then.
        """
        from gradatim.store.filelock import held

        task = self._task(task_id)
        instance = task.instance(secrets.randbits(128) if seed is None else seed)
        self._app.exams.refuse_seed(task_id, instance.seed)
        # Two that start at once would give each other's attempt up, or write into one folder.
        with held(self._app.home / "task.lock", self._app.store.timeout_s) as mine:
            if not mine:
                raise StateError("another process is starting a task of this home", next="try again")
            a, target = self._issue(instance, folder, drawn=seed is None)
        return {
            **self.row(a), "files": list(task.spec.files), "minutes": task.spec.minutes,
            "next": f"gradatim lab submit {task.id} {target}",
        }  # fmt: skip

    def _issue(self, instance: TaskInstance, folder: Path | None, *, drawn: bool) -> tuple[Attempt, Path]:
        """Open an attempt and put its folder in its place; the ledger is told before, unless the seed was chosen."""
        from gradatim.app.task_issue import record_issue
        from gradatim.store import NewAttempt

        task = instance.task
        target = (folder or self._free_folder(task.id)).absolute()
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise InputError(
                "the folder is not empty",
                where=str(target),
                next=f"gradatim lab start {task.id} ANOTHER_FOLDER",
            )
        part = written(instance.starter, target)
        try:
            for old in self._attempts(task.id):
                if old.status == "open":
                    self._app.store.finish_attempt(old.id, status="abandoned")
            a = self._app.store.create_attempt(
                NewAttempt(
                    lab_id=task.id,
                    lab_version=task.spec.version,
                    lab_digest=task.digest,
                    seed=instance.seed,
                    kind=KIND,
                )
            )
            if drawn:
                record_issue(self._app, a)
            (part / MARKER).write_text(
                json.dumps({"task": task.id, "attempt": a.id}) + "\n", encoding="utf-8"
            )
            if target.exists():
                target.rmdir()
            part.rename(target)
        except BaseException:
            shutil.rmtree(part, ignore_errors=True)
            raise
        self._app.store.set_setting(f"task-folder/{a.id}", str(target))
        return a, target

    def zipped(self, attempt_id: str) -> bytes:
        """The starter of an open attempt as a zip file, the same bytes each time."""
        a = self._attempt(attempt_id)
        files = {**self._instance(a).starter, MARKER: json.dumps({"task": a.lab_id, "attempt": a.id}) + "\n"}
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, text in files.items():
                packed.writestr(zipfile.ZipInfo(f"{a.lab_id}/{name}", (2020, 1, 1, 0, 0, 0)), text)
        return made.getvalue()

    # ------------------------------------------------------------------ handing in
    def submit(self, target: str, folder: Path) -> dict[str, Any]:
        """Judge a folder; the first one that can be judged is the attempt's.

        Args:
            target: an attempt, or a task: then the attempt that the folder was written for, or the open one.

        Raises:
            UnknownName, StateError: no such task or attempt, or none is open.
            InputError: the folder cannot be judged; every problem at once, and the attempt stays open.
        """
        from gradatim.lab.task.submission import read_folder

        a = self._attempt_for(target, folder)
        return self._judged(a, read_folder(folder, self._task(a.lab_id).spec.files))

    def submit_files(self, attempt_id: str, files: Mapping[str, str]) -> dict[str, Any]:
        """As `submit`, with the texts themselves."""
        return self._judged(self._attempt(attempt_id), files)

    def replay(self, attempt_id: str) -> dict[str, Any]:
        """Judge the stored submission again, and compare with what is stored.

        Raises:
            StateError: it has no verdict yet.
            VersionMismatch: it was made with another version of the task.
        """
        a = self._attempt(attempt_id)
        if a.outcome is None or a.submission is None:
            raise StateError(
                f"attempt {attempt_id} is {a.status}", next=f"gradatim lab submit {a.lab_id} DIR"
            )
        outcome = self._instance(a).judge(json.loads(a.submission))
        return {
            **self._verdict(a),
            "recomputed_hash": outcome.hash,
            "matches": outcome.hash == a.outcome_hash,
        }

    def verdict(self, attempt_id: str) -> dict[str, Any]:
        """The verdict of an attempt that was handed in.

        Raises:
            StateError: it is still open.
        """
        a = self._attempt(attempt_id)
        if a.outcome is None:
            raise StateError(
                f"attempt {attempt_id} is {a.status}", next=f"gradatim lab submit {a.lab_id} DIR"
            )
        return self._verdict(a)

    # ------------------------------------------------------------------ what it comes to
    def performed(self, task_id: str) -> Performed | None:
        """The best attempt that counts, for the prerequisite; None when none was handed in."""
        from gradatim.lab.task.outcome import TaskOutcome
        from gradatim.path.prerequisites import Performed

        done = [
            (a, TaskOutcome.from_dict(a.outcome)) for a in self._attempts(task_id) if a.outcome is not None
        ]
        if not done:
            return None
        counted = [(a, o) for a, o in done if o.status != "reference"]
        if not counted:
            return Performed(
                False, 0.0, ("it was near to a solution that ships, so it does not count",), len(done), ""
            )
        best, outcome = max(
            counted, key=lambda pair: (pair[1].status == "pass", pair[1].skill, pair[0].created_at)
        )
        return Performed(
            outcome.status == "pass",
            max(outcome.skill, 0.0) / outcome.pass_mark,
            tuple(outcome.by_cause),
            len(done),
            best.updated_at[:10],
            self._issued(best) or "",
        )

    # ------------------------------------------------------------------ inside
    def _judged(self, a: Attempt, files: Mapping[str, str]) -> dict[str, Any]:
        if a.status != "open":
            raise StateError(
                f"attempt {a.id} is {a.status}", why="the first folder that is handed in counts",
                next=f"gradatim lab start {a.lab_id}",
            )  # fmt: skip
        instance = self._instance(a)
        submission = instance.submission(files)
        outcome = instance.judge(submission)
        return self._verdict(self._close(a, submission.as_dict(), outcome))

    def _close(self, a: Attempt, submission: dict[str, Any], outcome: TaskOutcome) -> Attempt:
        return self._app.store.finish_attempt(
            a.id,
            submission=submission,
            outcome=outcome.as_dict(),
            loss_micro=outcome.loss_points * POINT,
            outcome_hash=outcome.hash,
        )

    def _verdict(self, a: Attempt) -> dict[str, Any]:
        from gradatim.lab import folders
        from gradatim.lab.task.outcome import TaskOutcome
        from gradatim.lab.task.spec import load_task_spec

        assert a.outcome is not None
        outcome = TaskOutcome.from_dict(a.outcome)
        at = folders.tasks().get(a.lab_id)
        graded = load_task_spec(at).graded if at else {}
        missed = [
            {
                "cause": cause,
                "text": graded[cause].text if cause in graded else cause,
                "points": points,
                "draws": points // graded[cause].points if cause in graded else None,
                "seen": outcome.notes.get(cause, []),
            }
            for cause, points in outcome.by_cause.items()
        ]
        same = self._task(a.lab_id).digest == a.lab_digest if at else False
        return {
            **self.row(a),
            **{k: a.outcome[k] for k in ("skill", "pass_mark", "loss_points", "starter_points", "by_cause")},
            "draws": len(outcome.per_draw),
            "missed": missed,
            "held": [{"cause": c, "text": g.text} for c, g in graded.items() if c not in outcome.by_cause],
            "measured": outcome.measured,
            "hash": outcome.hash,
            "debrief": self._instance(a).debrief if same else None,
        }

    def _task(self, task_id: str) -> Task:
        from gradatim.lab.task.lab import task

        return task(task_id)

    def _instance(self, a: Attempt) -> TaskInstance:
        from gradatim.lab.task.lab import check_version

        task = self._task(a.lab_id)
        check_version(task, a.lab_version, a.lab_digest)
        return task.instance(a.seed)

    def _issued(self, a: Attempt) -> str | None:
        """Which form of its task it was by the ledger; None where its issue is not in there."""
        from gradatim.app.task_issue import issued

        found = issued(self._app, a.lab_id).get(a.id)
        return None if found is None else str(found)

    def _attempts(self, task_id: str | None) -> list[Attempt]:
        return [a for a in self._app.store.list_attempts(task_id) if a.kind == KIND]

    def _attempt(self, attempt_id: str) -> Attempt:
        a = self._app.store.get_attempt(attempt_id)
        if a.kind != KIND:
            raise StateError(f"attempt {attempt_id} is not a task's", next=f"gradatim lab score {attempt_id}")
        return a

    def _attempt_for(self, target: str, folder: Path) -> Attempt:
        if not self.has(target):
            return self._attempt(target)
        marked = marker(folder)
        mine = self._attempts(target)
        for a in mine:
            if a.id == marked.get("attempt"):
                return a
        opened = [a for a in mine if a.status == "open"]
        if marked.get("task") not in (None, target) or not opened:
            why = (
                f"the folder belongs to {marked['task']}"
                if "task" in marked
                else "the form comes with an attempt"
            )
            raise StateError(
                f"no attempt of {target} is open for this folder",
                where=str(folder),
                why=why,
                next=f"gradatim lab start {target}",
            )
        return opened[0]

    def _free_folder(self, task_id: str) -> Path:
        base, number = self._app.home / "tasks", 1
        while (base / f"{task_id}-{number}").exists():
            number += 1
        return base / f"{task_id}-{number}"
