"""The use cases. Faces call these, and nothing below them.

`App` is cheap to make: the store opens on first use, the simulator is imported when a world is needed.
"""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError, InputError, StateError, UnknownName
from gradatim.core.money import usd

if TYPE_CHECKING:
    from gradatim.app.checking import Checking
    from gradatim.app.estimates import Estimates
    from gradatim.app.evidence import Evidence
    from gradatim.app.exams import Exams
    from gradatim.app.learner import Learner
    from gradatim.app.packets import Packets
    from gradatim.app.packs import Packs
    from gradatim.app.plan import Plans
    from gradatim.app.reports import Reports
    from gradatim.app.reviews import Reviews
    from gradatim.app.room import Room
    from gradatim.app.tasks import Tasks
    from gradatim.lab.lab import Instance, Lab
    from gradatim.lab.outcome import Outcome
    from gradatim.lab.submission import Submission
    from gradatim.path import Catalogue
    from gradatim.store import Attempt, Store


class App:
    """One learner's copy of the product.

    Args:
        home: where its state lives; None for `GRADATIM_HOME` or the platform's user data folder.
    """

    def __init__(self, home: Path | None = None) -> None:
        self._home = home
        self._rooms: dict[str, Room] = {}
        self._lock = threading.RLock()

    @cached_property
    def store(self) -> Store:
        """The ledger on disk."""
        from gradatim.store import Store, home_folder

        return Store(self._home if self._home is not None else home_folder())

    @property
    def home(self) -> Path:
        """The folder that holds everything the learner owns."""
        return self.store.home

    @cached_property
    def exams(self) -> Exams:
        """Exams: issued, sat, handed in, verified."""
        from gradatim.app.exams import Exams

        return Exams(self)

    @cached_property
    def evidence(self) -> Evidence:
        """The ledger of evidence: recorded, withheld, attested."""
        from gradatim.app.evidence import Evidence

        return Evidence(self)

    @cached_property
    def packets(self) -> Packets:
        """Packets: built, shown, verified."""
        from gradatim.app.packets import Packets

        return Packets(self)

    @cached_property
    def checking(self) -> Checking:
        """Checks of packets that take their time."""
        from gradatim.app.checking import Checking

        return Checking(self)

    @cached_property
    def reviews(self) -> Reviews:
        """Reviews of packets: one's own ratings of others, and others' of one's own."""
        from gradatim.app.reviews import Reviews

        return Reviews(self)

    @cached_property
    def reports(self) -> Reports:
        """Reports of the work commands that were kept."""
        from gradatim.app.reports import Reports

        return Reports(self)

    @cached_property
    def tasks(self) -> Tasks:
        """Performed tasks: started as a folder, handed in, judged."""
        from gradatim.app.tasks import Tasks

        return Tasks(self)

    def delete_all(self) -> dict[str, int]:
        """Delete everything that is kept of the learner; returns rows by table."""
        from gradatim.app.deletion import delete_all

        return delete_all(self)

    # ------------------------------------------------------------------ the path
    @cached_property
    def packs(self) -> Packs:
        """Which path is open: the one that ships, an installed pack, or a folder."""
        from gradatim.app.packs import Packs

        return Packs(self)

    @property
    def _catalogue(self) -> Catalogue:
        return self.packs.catalogue

    @cached_property
    def learner(self) -> Learner:
        """What the learner says about themselves."""
        from gradatim.app.learner import Learner

        return Learner(self)

    @cached_property
    def estimates(self) -> Estimates:
        """Where the learner stands, skill by skill."""
        from gradatim.app.estimates import Estimates

        return Estimates(self)

    @cached_property
    def plan(self) -> Plans:
        """The dated plan and the forecast."""
        from gradatim.app.plan import Plans

        return Plans(self)

    def path(self) -> dict[str, Any]:
        """Modules and skills with the state of each and its estimate."""
        from gradatim.app.wayfinding import path_data

        return path_data(self)

    def skill(self, skill_id: str) -> dict[str, Any]:
        """Everything the page of a skill shows."""
        from gradatim.app.wayfinding import skill_data

        return skill_data(self, skill_id)

    def rubric(self) -> dict[str, Any]:
        """The rubric with the learner's own ratings beside it."""
        from gradatim.app.wayfinding import rubric_data

        return rubric_data(self)

    def retests(self) -> list[dict[str, Any]]:
        """Skills to be shown again, the one that is due first, first."""
        from gradatim.app.wayfinding import retests

        return retests(self)

    def next_step(self) -> dict[str, Any]:
        """The one next step, with its reason."""
        from gradatim.app.wayfinding import next_step

        return next_step(self)

    # ------------------------------------------------------------------ labs
    def labs(self) -> list[dict[str, Any]]:
        """Every installed lab of the open path, in its order. Reads metadata only."""
        from gradatim.lab.spec import load_spec

        specs = [load_spec(f) for f in self.packs.lab_folders().values()]
        return [
            {
                "id": s.id,
                "version": s.version,
                "title": s.title,
                "summary": s.summary,
                "module": s.module,
                "skills": list(s.skills),
                "kind": s.kind,
                "minutes": s.minutes,
            }
            for s in specs
        ]

    def lab(self, lab_id: str) -> dict[str, Any]:
        """Everything the lab page shows."""
        from gradatim.lab import folders
        from gradatim.lab.spec import load_hints, load_spec

        folder = folders.folder(lab_id)
        spec = load_spec(folder)
        return {
            "id": spec.id,
            "version": spec.version,
            "digest": folders.version_digest(folder),
            "title": spec.title,
            "summary": spec.summary,
            "module": spec.module,
            "skills": list(spec.skills),
            "kind": spec.kind,
            "minutes": spec.minutes,
            "pass_mark": spec.pass_mark,
            "brief": (folder / "brief.md").read_text(encoding="utf-8"),
            "graded": [{"cause": c, "text": t} for c, t in spec.graded.items()],
            "not_measured": list(spec.not_measured),
            "provenance": spec.provenance,
            "families": [{"id": f, "title": spec.family_titles.get(f, f)} for f in spec.families],
            "hints": len(load_hints(folder)),
            "attempts": self.attempts(lab_id),
        }

    def _lab(self, lab_id: str) -> Lab:
        from gradatim.lab import catalogue

        return catalogue.lab(lab_id)

    # ------------------------------------------------------------------ attempts
    def start(self, lab_id: str, *, seed: int | None = None, family: str | None = None) -> dict[str, Any]:
        """Issue a practice attempt and begin to compute its references in the background."""
        from gradatim.store import NewAttempt

        lab = self._lab(lab_id)
        number = secrets.randbits(32) if seed is None else seed
        lab.check(number, family)
        self.exams.refuse_seed(lab_id, number)
        attempt = self.store.create_attempt(
            NewAttempt(
                lab_id=lab.id,
                lab_version=lab.spec.version,
                lab_digest=lab.digest,
                seed=number,
                family=family,
                t_s=lab.instance(number, family).pace.start_s,
            )
        )
        self._referee(attempt)
        return self._row(attempt)

    def attempts(self, lab_id: str | None = None) -> list[dict[str, Any]]:
        """Attempts at labs, newest first. Those at performed tasks are in `tasks`."""
        return [self._row(a) for a in self.store.list_attempts(lab_id) if a.kind != "artefact"]

    def attempt(self, attempt_id: str) -> dict[str, Any]:
        """One attempt.

        Raises:
            UnknownName: there is none of that id.
        """
        return self._row(self.store.get_attempt(attempt_id))

    def _row(self, a: Attempt) -> dict[str, Any]:
        from gradatim.app.figures import row

        return row(self, a)

    def instance(self, a: Attempt) -> Instance:
        """The instance of an attempt, in this version of the lab.

        Raises:
            VersionMismatch: the attempt was made with another version.
        """
        lab = self._lab(a.lab_id)
        lab.check_version(a.lab_version, a.lab_digest)
        return lab.instance(a.seed, a.family)

    def room(self, attempt_id: str) -> Room:
        """The live room of an open attempt; one per attempt and process.

        Raises:
            StateError: the attempt has ended.
        """
        from gradatim.app.room import Room

        a = self.store.get_attempt(attempt_id)
        with self._lock:
            if a.status != "open":
                # Perhaps ended by another process while this one had it open.
                self._rooms.pop(attempt_id, None)
                raise StateError(
                    f"attempt {attempt_id} is {a.status}", next=f"gradatim lab score {attempt_id}"
                )
            room = self._rooms.get(attempt_id)
            if room is None:
                room = self._rooms[attempt_id] = Room(self, a)
            return room

    def finish(self, attempt_id: str) -> dict[str, Any]:
        """End an attempt: the clock runs to the horizon, the log is judged. Twice is the same as once."""
        a = self.store.get_attempt(attempt_id)
        if a.status == "open":
            try:
                a = self.room(attempt_id).finish(partial(self._close, attempt_id))
            except StateError:
                # Another thread or process was faster: its verdict stands.
                a = self.store.get_attempt(attempt_id)
                if a.status == "open":
                    raise
            except GradatimError:
                raise
            except Exception as error:
                # Ours, not the learner's: an exam draws another instance, practice says what failed.
                if a.kind != "exam":
                    raise
                return self.exams.failed(a, error)
            finally:
                with self._lock:
                    self._rooms.pop(attempt_id, None)
            if self.exams.sealed(a) is None:
                self._referee(a)
        if self.exams.sealed(a) is not None:
            return self.exams.finished(a)
        return self._verdict(self._finished(attempt_id))

    def _close(self, attempt_id: str, submission: Submission, outcome: Outcome, t_s: float) -> Attempt:
        return self.store.finish_attempt(
            attempt_id,
            submission=submission.as_dict(),
            outcome=outcome.as_dict(),
            loss_micro=outcome.loss_micro,
            outcome_hash=outcome.hash,
            t_s=t_s,
        )

    def _verdict(self, a: Attempt) -> dict[str, Any]:
        from gradatim.app.figures import verdict

        return verdict(a)

    def submission(self, attempt_id: str) -> dict[str, Any]:
        """The log of an attempt as it would be handed in."""
        a = self.store.get_attempt(attempt_id)
        self.exams.refuse(a)
        if a.submission is not None:
            data: dict[str, Any] = json.loads(a.submission)
            return data
        return self.room(attempt_id).submission()

    # ------------------------------------------------------------------ judging again
    def score(self, attempt_id: str) -> dict[str, Any]:
        """Loss, causes, and regret against the references once they are known."""
        from gradatim.app.figures import regret_of

        a = self._finished(attempt_id)
        return {**self._verdict(a), **regret_of(self, a)}

    def replay(self, attempt_id: str) -> dict[str, Any]:
        """Judge the stored submission again, from nothing, and compare with what is stored."""
        a = self._finished(attempt_id)
        outcome = self.instance(a).judge(self._submission(a))
        return {
            **self._verdict(a),
            "recomputed_hash": outcome.hash,
            "recomputed_loss_usd": usd(outcome.loss_micro),
            "matches": outcome.hash == a.outcome_hash and outcome.loss_micro == a.loss_micro,
        }

    def whatif(self, attempt_id: str, edits: list[dict[str, Any]]) -> dict[str, Any]:
        """The outcome had the log been edited; each edit moves, drops or inserts one action."""
        from gradatim.app.whatif import whatif

        return whatif(self, self._finished(attempt_id), edits)

    def debrief(self, attempt_id: str) -> dict[str, Any]:
        """What was true, visible, done; dollars by cause; counterfactuals; the reference's run."""
        from gradatim.app.debrief import debrief

        return debrief(self, self._finished(attempt_id))

    def fork(self, attempt_id: str, at_s: float) -> dict[str, Any]:
        """A new practice attempt on the same instance with the same log before `at_s`."""
        from gradatim.store import NewAttempt

        a = self.store.get_attempt(attempt_id)
        self.exams.refuse(a)
        instance = self.instance(a)
        pace = instance.pace
        if (
            not isinstance(at_s, int | float)
            or isinstance(at_s, bool)
            or not pace.start_s <= at_s <= pace.horizon_s
        ):
            raise InputError(
                f"cannot fork at {at_s!r} s", [f"at_s: from {pace.start_s:g} to {pace.horizon_s:g}"]
            )
        at_ms = round(at_s * 1000)
        at_s = at_ms / 1000.0
        steps = [(s.t_ms / 1000.0, s.action) for s in self._steps(a) if s.t_ms < at_ms]
        forked = self.store.create_attempt(
            NewAttempt(
                lab_id=a.lab_id,
                lab_version=a.lab_version,
                lab_digest=a.lab_digest,
                seed=a.seed,
                family=a.family,
                parent_id=a.id,
                fork_at_s=float(at_s),
                t_s=float(at_s),
                actions=steps,
            )
        )
        self._referee(forked)
        return self._row(forked)

    def play(
        self,
        lab_id: str,
        policy: Path,
        *,
        seed: int,
        family: str | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> dict[str, Any]:
        """Play a policy file in its own limited process, and judge it."""
        from gradatim.app.playing import play

        return play(self, lab_id, policy, seed=seed, family=family, progress=progress)

    def submit(self, lab_id: str, submission: Path) -> dict[str, Any]:
        """Judge a submission file made elsewhere, as practice."""
        from gradatim.app.playing import submit

        return submit(self, lab_id, submission)

    def check(self, lab_id: str, **how: Any) -> dict[str, Any]:
        """The proofs of a lab, by id or by folder; see `app.proving`."""
        from gradatim.app.proving import check

        return check(lab_id, **how)

    def references(self, attempt_id: str) -> dict[str, Any]:
        """How far the references of an attempt's instance are: {done, total, state}."""
        a = self.store.get_attempt(attempt_id)
        if self.exams.sealed(a) is not None:
            return {"done": 0, "total": 0, "state": "sealed"}
        return self._referee(a)

    def _referee(self, a: Attempt) -> dict[str, Any]:
        from gradatim.app.referee import ensure

        return ensure(self, a)

    def _finished(self, attempt_id: str) -> Attempt:
        a = self.store.get_attempt(attempt_id)
        self.exams.refuse(a)
        if a.kind == "artefact":
            raise StateError(
                f"attempt {attempt_id} is of a performed task",
                why="it shows that the path can begin; it is no evidence of a skill",
                next=f"gradatim lab score {attempt_id}",
            )
        if a.status == "open":
            raise StateError(
                f"attempt {attempt_id} is still open",
                why="what was true stays hidden until it ends",
                next=f"gradatim lab submit {attempt_id}",
            )
        if a.outcome is None:
            raise StateError(f"attempt {attempt_id} has no outcome: {a.status}", next="gradatim lab list")
        return a

    def _submission(self, a: Attempt) -> dict[str, Any]:
        if a.submission is None:
            raise UnknownName("submission", a.id, [])
        return dict(json.loads(a.submission))

    def _steps(self, a: Attempt) -> list[Any]:
        from gradatim.lab.submission import Step, Submission

        if a.submission is not None:
            return list(Submission.parse(json.loads(a.submission)).actions)
        return [Step(round(x.t_s * 1000), x.action) for x in self.store.actions(a.id)]
