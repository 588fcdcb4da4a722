"""A task, a form of it, and its pure function from submission to outcome."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from gradatim.core.canonical import digest
from gradatim.core.errors import InputError, UnknownName, VersionMismatch
from gradatim.lab import folders
from gradatim.lab.lab import MAX_SEED
from gradatim.lab.task import form as forms
from gradatim.lab.task import near
from gradatim.lab.task.outcome import Tally, TaskOutcome, by_cause
from gradatim.lab.task.protocol import Form, TaskCode
from gradatim.lab.task.spec import TaskReference, TaskSpec, load_task_spec
from gradatim.lab.task.submission import TaskSubmission, check_texts

_SOURCE = Path(__file__).resolve().parents[2]
BRIEF = "BRIEF.md"


@dataclass(frozen=True)
class Task:
    """A task's folder, loaded. `digest` identifies everything that decides its outcomes."""

    spec: TaskSpec
    folder: Path
    module: ModuleType
    digest: str

    @property
    def id(self) -> str:
        """The task's id."""
        return self.spec.id

    @cached_property
    def code(self) -> TaskCode:
        """The task's own code."""
        code: TaskCode = self.module.TASK
        return code

    def instance(self, seed: int) -> TaskInstance:
        """The form of a seed.

        Raises:
            InputError: the seed is not a whole number in 0 .. 2**128 - 1.
        """
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
            raise InputError(f"seed {seed!r} is not a whole number from 0 to 2**128 - 1", where="seed")
        return TaskInstance(self, seed)


@dataclass(frozen=True)
class TaskInstance:
    """A task with a seed: one form, and as many hidden draws as there are submissions."""

    task: Task
    seed: int

    @cached_property
    def form(self) -> Form:
        """What the seed draws."""
        return self.task.code.form(self.seed)

    @cached_property
    def starter(self) -> dict[str, str]:
        """The files that the learner begins from, the brief among them."""
        files = forms.render(self.task.folder / "starter", self.form)
        brief = (self.task.folder / "brief.md.j2").read_text(encoding="utf-8")
        return {**files, BRIEF: forms.text(brief, self.form)}

    @property
    def brief(self) -> str:
        """What is asked."""
        return self.starter[BRIEF]

    @property
    def debrief(self) -> str:
        """What was planted in this form and how it shows; told with the verdict."""
        template = (self.task.folder / "debrief.md.j2").read_text(encoding="utf-8")
        return forms.text(template, self.form)

    def reference(self, name: str) -> dict[str, str]:
        """The files of a shipped reference, in this form."""
        spec = {r.name: r for r in self.task.spec.reference}
        if name == "starter":
            files = self.starter
        elif name not in spec:
            raise UnknownName("reference", name, spec)
        else:
            files = self._overlaid(spec[name])
        return {n: files[n] for n in self.task.spec.files}

    def _overlaid(self, ref: TaskReference) -> dict[str, str]:
        if ref.blank:
            return dict.fromkeys(self.task.spec.files, "")
        below = self.reference(ref.base)
        if not ref.folder:
            return below
        return {**below, **forms.render(self.task.folder / "references" / ref.folder, self.form)}

    def submission(self, files: Mapping[str, str]) -> TaskSubmission:
        """A submission of these files for this form.

        Raises:
            InputError: they cannot be judged; every problem at once.
        """
        spec = self.task.spec
        problems = check_texts(files, spec.files)
        if problems:
            raise InputError("these files cannot be judged", problems, why="nothing is spent")
        kept = {n: files[n] for n in spec.files}
        return TaskSubmission(self.task.id, spec.version, self.task.digest, self.seed, kept)

    def judge(self, submission: TaskSubmission | dict[str, Any]) -> TaskOutcome:
        """The outcome of a submission: a pure function of (task version, seed, submission).

        Raises:
            InputError: malformed, or of another task or seed.
            VersionMismatch: made for another version.
        """
        sub = TaskSubmission.parse(submission) if isinstance(submission, dict) else submission
        problems = [f"lab: {sub.lab}, this is {self.task.id}"] if sub.lab != self.task.id else []
        problems += ["seed: that of another form"] if sub.seed != self.seed else []
        problems += check_texts(sub.files, self.task.spec.files)
        if problems:
            raise InputError("the submission does not belong to this form", problems)
        check_version(self.task, sub.version, sub.digest)
        return self.outcome(sub.files, draw_key(self.seed, sub.fingerprint))

    def outcome(
        self, files: Mapping[str, str], key: int, starter: Tally | None = None, *, draws: int | None = None
    ) -> TaskOutcome:
        """The outcome of some files on the draws of a key.

        Args:
            starter: what the starter comes to on the same draws, where it is known already.
            draws: how many at most; None for the task's own number.
        """
        spec = self.task.spec
        tally = self.tried(files, key, draws)
        zero = sum((starter or self.tried(self.reference("starter"), key, draws)).lost())
        outcome = TaskOutcome(
            by_cause(tally.draws), tuple(tally.lost()), zero, self.fingerprint, "fail", spec.pass_mark,
            tally.notes, tally.measured,
        )  # fmt: skip
        if outcome.skill < spec.pass_mark:
            return outcome
        return TaskOutcome(
            outcome.by_cause, outcome.per_draw, zero, outcome.form,
            "reference" if self.near(files) else "pass", spec.pass_mark, tally.notes, tally.measured,
        )  # fmt: skip

    def tried(self, files: Mapping[str, str], key: int, draws: int | None = None) -> Tally:
        """What files miss on the draws of a key; `draws` as for `outcome`."""
        spec = self.task.spec
        tally = Tally({c: g.points for c, g in spec.graded.items()})
        with self.task.code.bench(self.form, files) as bench:
            self.task.code.trial(self.form, key, files, bench, tally, draws or spec.draws)
        return tally

    def near(self, files: Mapping[str, str]) -> str:
        """The shipped solution that the files are near to, or nothing."""
        return near.nearest(
            files,
            self.reference("starter"),
            {
                r.name: self.reference(r.name)
                for r in self.task.spec.reference
                if r.kind in ("senior", "second")
            },
        )

    @cached_property
    def fingerprint(self) -> str:
        """Digest of the files as shown."""
        return digest(self.starter)


def draw_key(seed: int, submission: str) -> int:
    """The key of the hidden draws: BLAKE2b of the seed and the digest of the canonical submission."""
    made = hashlib.blake2b(submission.encode(), key=seed.to_bytes(16, "little"), digest_size=16)
    return int.from_bytes(made.digest(), "little")


def check_version(task: Task, version: str, made_with: str) -> None:
    """Refuse another version of what decides an outcome. Raises VersionMismatch."""
    if made_with != task.digest:
        raise VersionMismatch(
            f"made with version {version} ({made_with[:8]}), this is {task.spec.version} ({task.digest[:8]})",
            where=f"task {task.id}",
            why="another version of the task decides another outcome",
            next="install the version that made it, or start the task again",
        )


@cache
def task(task_id: str) -> Task:
    """The installed task of that id. Raises UnknownName with the nearest id that exists."""
    known = folders.tasks()
    if task_id not in known:
        raise UnknownName("task", task_id, known, next="gradatim lab list")
    return open_task(known[task_id])


def open_task(folder: Path) -> Task:
    """The task in a folder, inside a pack or not."""
    spec = load_task_spec(folder)
    path = folder / "lab.py"
    mark = hashlib.blake2b(str(folder).encode(), digest_size=4).hexdigest()
    name = f"_gradatim_task_{spec.id.replace('-', '_')}_{mark}"
    found = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(folder)])
    if not path.is_file() or found is None or found.loader is None:
        raise InputError("not a lab folder: lab.py is missing", where=str(folder))
    module = importlib.util.module_from_spec(found)
    sys.modules[name] = module
    found.loader.exec_module(module)
    return Task(spec, folder, module, version_digest(folder))


@cache
def version_digest(folder: Path) -> str:
    """Digest of what decides an outcome of a task: core, sandbox, task kernel and everything in its folder."""
    h = hashlib.blake2b(digest_size=10)
    for root in (_SOURCE / "core", _SOURCE / "lab" / "sandbox", _SOURCE / "lab" / "task", folder):
        for path in sorted(root.rglob("*")):
            # The check proves a task and decides no outcome of it.
            if path.is_file() and "__pycache__" not in path.parts and path.name != "check.py":
                h.update(f"{root.name}/{path.relative_to(root).as_posix()}\0".encode())
                h.update(hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
    return h.hexdigest()
