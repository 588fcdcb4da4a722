"""Exams: issue, sit instance by instance, hand in once, verdict, proof.

An exam is spent when it is issued. Until it is handed in, nothing about its instances is judged, scored or
played elsewhere through this app: a courtesy, which a patched package can do without.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.app.prediction import ASSISTANCE, as_assistance, predicted_problems
from gradatim.core.errors import InputError, PolicyError, StateError

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store import Attempt
    from gradatim.store.exams import Exam, Sitting

DAYS = 14
"""An exam that is not handed in by then is handed in as it stands: what was not worked counts as idle."""
LEVEL = 0.8
"""A self-prediction's interval is meant to hold the skill in four exams of five."""


class Exams:
    """The use cases of exams."""

    def __init__(self, app: App) -> None:
        self._app = app

    # ------------------------------------------------------------------ issuing
    def start(
        self,
        lab_id: str,
        *,
        predicted: Mapping[str, Any] | None = None,
        assistance: str = "none",
        issue: Mapping[str, Any] | None = None,
        player: str = "learner",
    ) -> dict[str, Any]:
        """Issue an exam and begin to draw it in the background.

        Args:
            predicted: the skill that the learner expects, {skill, lo, hi}; a learner must say one.
            assistance: none, AI or pair; kept with the verdict.
            issue: a reviewer's signed file, for the grade `issued`.
            player: the policy's file name, when one sits the exam.

        Raises:
            InputError: the lab is not live, the prediction or the issue does not hold; all problems at once.
            StateError: the last exam of this lab is not handed in.
        """
        from gradatim.app.exam_issue import check_issue
        from gradatim.store.exams import NewExam

        lab = self._app._lab(lab_id)
        problems = predicted_problems(predicted, player)
        if lab.spec.kind != "live":
            problems.append(f"lab: {lab.id} is not a live lab")
        if assistance not in ASSISTANCE:
            problems.append(f"assistance: {assistance!r}, one of {', '.join(ASSISTANCE)}")
        if problems:
            raise InputError(
                "this exam cannot be issued", problems, next=f"gradatim exam start {lab_id} --help"
            )
        nonce = secrets.randbits(128) if issue is None else check_issue(self._app, lab, issue)
        self._void_other_versions(lab_id, lab.digest)
        exam = self._app.store.create_exam(
            NewExam(
                lab_id=lab.id,
                lab_version=lab.spec.version,
                lab_digest=lab.digest,
                nonce=nonce,
                grade="self-run" if issue is None else "issued",
                player=player,
                assistance=as_assistance(assistance),
                predicted=None
                if predicted is None
                else {k: float(predicted[k]) for k in ("skill", "lo", "hi")},
                issue=issue,
            )
        )
        return self.show(exam.id)

    def _void_other_versions(self, lab_id: str, digest: str) -> None:
        """An exam of a version that is not installed any more cannot be gone on with; the ledger keeps it."""
        for exam in self._app.store.list_exams(lab_id):
            if exam.status in ("drawing", "open") and exam.lab_digest != digest:
                why = f"made with version {exam.lab_version} ({exam.lab_digest[:8]}), which is not installed"
                self._record("exam-void", exam, {"why": why})
                self._app.store.fail_exam(exam.id, why)

    # ------------------------------------------------------------------ looking
    def show(self, exam_id: str) -> dict[str, Any]:
        """An exam as its page shows it; nothing of what was true before it is handed in."""
        from gradatim.app import examiner
        from gradatim.app.exam_sheet import sheet

        exam = self._expired(self._app.store.get_exam(exam_id))
        self._record_issue(exam)
        drawing = examiner.ensure(self._app, exam)
        return sheet(self._app, self._app.store.get_exam(exam_id), drawing)

    def all(self, lab_id: str | None = None) -> list[dict[str, Any]]:
        """Exams, newest first."""
        return [self.show(e.id) for e in self._app.store.list_exams(lab_id)]

    # ------------------------------------------------------------------ sitting
    def next(self, exam_id: str) -> dict[str, Any]:
        """Open the next instance, or the one that is open: the attempt to work on.

        Raises:
            StateError: the set is still being drawn, everything is worked, or the exam is handed in.
        """
        exam = self._standing(exam_id)
        for sitting in self._app.store.sittings(exam.id):
            attempt = self._attempt(exam, sitting)
            if attempt.status == "open":
                return self._app._row(attempt)
        raise StateError(
            f"every instance of exam {exam.id} is worked", next=f"gradatim exam submit {exam.id}"
        )

    def sit(
        self, exam_id: str, policy: Path, progress: Callable[[str], None] | None = None
    ) -> dict[str, Any]:
        """Let a policy file work every instance, each in a fresh process, and hand the exam in.

        A policy that fails counts as idle from there on; what failed is in the verdict.
        """
        from gradatim.lab.live import LiveSession
        from gradatim.lab.policy import play_isolated

        exam = self._standing(exam_id)
        failed: dict[str, str] = {}
        for sitting in self._app.store.sittings(exam.id):
            attempt = self._attempt(exam, sitting)
            if attempt.status != "open":
                continue
            if progress is not None:
                progress(f"playing instance {sitting.ordinal + 1}")
            session = LiveSession(self._app.instance(attempt))
            try:
                play_isolated(session, policy)
            except PolicyError as error:
                failed[str(sitting.ordinal + 1)] = " ".join(error.describe().split())[:300]
            for i, step in enumerate(session.steps):
                self._app.store.append_action(attempt.id, i, step.t_ms / 1000.0, step.action)
            self._app.finish(attempt.id)
        return {**self.submit(exam.id), "policy_failed": failed}

    def finished(self, attempt: Attempt) -> dict[str, Any]:
        """What may be told of an instance of an exam that has just been worked."""
        exam = self._app.store.exam_of(attempt.id)
        assert exam is not None
        return {
            "attempt": attempt.id,
            "exam": exam.id,
            "lab": attempt.lab_id,
            "status": "sealed",
            "next": self._next(exam),
        }

    def _next(self, exam: Exam) -> str:
        left = any(self._open(s) for s in self._app.store.sittings(exam.id))
        return f"gradatim exam {'next' if left else 'submit'} {exam.id}"

    def _open(self, sitting: Sitting) -> bool:
        if sitting.attempt_id is None:
            return True
        return self._app.store.get_attempt(sitting.attempt_id).status == "open"

    def failed(self, attempt: Attempt, error: Exception) -> dict[str, Any]:
        """An exception in our code: the attempt gets status `error`, another instance takes its place."""
        from gradatim.app import examiner

        exam = self._app.store.exam_of(attempt.id)
        assert exam is not None
        sittings = self._app.store.sittings(exam.id)
        ordinal = next(s.ordinal for s in sittings if s.attempt_id == attempt.id)
        self._app.store.finish_attempt(attempt.id, status="error")
        examiner.replace(self._app, exam, ordinal, f"{type(error).__name__}: {error}"[:300])
        return {**self.finished(attempt), "status": "error"}

    def _attempt(self, exam: Exam, sitting: Sitting) -> Attempt:
        """The attempt at an instance; made when it is opened."""
        if sitting.attempt_id is not None:
            attempt = self._app.store.get_attempt(sitting.attempt_id)
            if attempt.status != "error":
                return attempt
            # Killed between noting our failure and drawing another instance.
            from gradatim.app import examiner

            sitting = examiner.replace(self._app, exam, sitting.ordinal, "it had failed before")
        with self._alone():
            current = self._app.store.sittings(exam.id)[sitting.ordinal]
            if current.attempt_id is not None:
                return self._app.store.get_attempt(current.attempt_id)
            return self._begin(exam, current)

    def _begin(self, exam: Exam, sitting: Sitting) -> Attempt:
        from gradatim.store import NewAttempt

        made = self._app.store.create_attempt(
            NewAttempt(
                lab_id=exam.lab_id,
                lab_version=exam.lab_version,
                lab_digest=exam.lab_digest,
                seed=sitting.seed,
                kind="exam",
                player=exam.player,
                assistance=exam.assistance,
                t_s=self._app._lab(exam.lab_id).instance(sitting.seed).pace.start_s,
            )
        )
        sat = self._app.store.sit(exam.id, sitting.ordinal, made.id)
        return self._app.store.get_attempt(str(sat.attempt_id))

    # ------------------------------------------------------------------ handing in
    def submit(self, exam_id: str) -> dict[str, Any]:
        """Hand the exam in: what is open runs to its horizon, what was never opened counts as idle.

        The first time counts; again is the same as once.
        """
        from gradatim.app.exam_proof import hand_in

        exam = self._app.store.get_exam(exam_id)
        if exam.status != "submitted":
            exam = self._standing(exam_id)
            for sitting in self._app.store.sittings(exam.id):
                attempt = self._attempt(exam, sitting)
                if attempt.status == "open":
                    self._app.finish(attempt.id)
            # An instance that our code failed on was drawn again meanwhile.
            if any(self._attempt(exam, s).status == "open" for s in self._app.store.sittings(exam.id)):
                raise StateError(
                    f"an instance of exam {exam.id} had to be drawn again: our defect, and not counted",
                    next=f"gradatim exam next {exam.id}",
                )
            hand_in(self._app, exam, self._record)
        return self.verdict(exam_id)

    def verdict(self, exam_id: str) -> dict[str, Any]:
        """The verdict of an exam that is handed in, with each regret and the shrunk estimate.

        Raises:
            StateError: it is not handed in.
        """
        exam = self._app.store.get_exam(exam_id)
        if exam.status != "submitted":
            raise StateError(
                f"exam {exam.id} is not handed in",
                why="what was true stays hidden until it is",
                next=f"gradatim exam next {exam.id}",
            )
        shown = self.show(exam_id)
        for line in shown["instances"]:
            self._app._referee(self._app.store.get_attempt(line["attempt_id"]))
        return shown

    def verdicts(self) -> list[dict[str, Any]]:
        """Every exam of the learner that is handed in, oldest first, for estimates and evidence."""
        from gradatim.app.exam_sheet import for_estimates

        exams = [self._expired(e) for e in reversed(self._app.store.list_exams())]
        return [
            for_estimates(self._app, e) for e in exams if e.status == "submitted" and e.player == "learner"
        ]

    def verify(self, exam_id: str | None = None, *, full: bool = False) -> dict[str, Any]:
        """Recompute the outcomes of one exam, or of all, and the ledger; see `exam_proof.verify`."""
        from gradatim.app.exam_proof import verify

        for exam in self._app.store.list_exams():
            self._record_issue(exam)
        return verify(self._app, exam_id, full=full)

    # ------------------------------------------------------------------ reviewer
    def request(self, lab_id: str, learner: str) -> dict[str, Any]:
        """What a learner hands to a reviewer who is to issue an exam."""
        from gradatim.app.exam_issue import make_request

        return make_request(self._app, lab_id, learner)

    def issue(self, request: Mapping[str, Any], *, reviewer: str, hours: float) -> dict[str, Any]:
        """The reviewer's signed answer to a request."""
        from gradatim.app.exam_issue import make_issue

        return make_issue(self._app, request, reviewer=reviewer, hours=hours)

    # ------------------------------------------------------------------ courtesy
    def sealed(self, attempt: Attempt) -> Exam | None:
        """The exam that still seals an attempt, or None."""
        if attempt.kind != "exam":
            return None
        exam = self._app.store.exam_of(attempt.id)
        return exam if exam is not None and exam.status == "open" else None

    def refuse(self, attempt: Attempt) -> None:
        """Refuse to judge, score, replay or fork an attempt of an exam that is not handed in.

        Raises:
            StateError: it is sealed.
        """
        exam = self.sealed(attempt)
        if exam is not None:
            raise StateError(
                f"attempt {attempt.id} belongs to exam {exam.id}, which is not handed in",
                why="what an exam's instance was, and cost, is told with the verdict",
                next=f"gradatim exam show {exam.id}",
            )

    def refuse_seed(self, lab_id: str, seed: int) -> None:
        """Refuse to play or judge the seed of an exam that is not handed in.

        Raises:
            StateError: it is sealed.
        """
        if seed in self._app.store.sealed_seeds(lab_id):
            raise StateError(
                "this seed belongs to an exam that is not handed in",
                why="its instances are judged once, with the exam",
                next="gradatim exam show",
            )

    # ------------------------------------------------------------------ inner
    def _standing(self, exam_id: str) -> Exam:
        exam = self._app.store.get_exam(exam_id)
        if exam.status == "drawing":
            raise StateError(
                f"exam {exam.id} is still being drawn", next=f"gradatim exam show {exam.id}   (shows how far)"
            )
        if exam.status != "open":
            raise StateError(f"exam {exam.id} is {exam.status}", next=f"gradatim exam verdict {exam.id}")
        return exam

    def _expired(self, exam: Exam) -> Exam:
        """Hand in an exam whose time is up, as it stands."""
        from gradatim.app.exam_sheet import expires_at
        from gradatim.store.rows import utc_now

        if exam.status != "open" or utc_now() < expires_at(exam):
            return exam
        if self._app._lab(exam.lab_id).digest != exam.lab_digest:
            return exam
        self.submit(exam.id)
        return self._app.store.get_exam(exam.id)

    def _record_issue(self, exam: Exam) -> None:
        """The ledger's entries of an exam that was issued; written once, also after a crash between two writes."""
        from gradatim.lab.exam.draw import commitment

        facts = {
            "lab": exam.lab_id,
            "version": exam.lab_version,
            "digest": exam.lab_digest,
            "grade": exam.grade,
            "player": exam.player,
            "assistance": exam.assistance,
            "commitment": commitment(exam.nonce),
            "issue": exam.issue,
        }
        self._record("exam-issued", exam, facts)
        if exam.predicted is not None:
            self._record("self-prediction", exam, {**exam.predicted, "level": LEVEL, "lab": exam.lab_id})

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process or thread issues, opens or records an exam of this home meanwhile."""
        from gradatim.store.filelock import held

        with held(self._app.home / "exam.lock", self._app.store.timeout_s) as mine:
            if not mine:
                raise StateError("another process is busy with an exam of this home", next="try again")
            yield

    def _record(self, kind: str, exam: Exam, fields: Mapping[str, Any]) -> str:
        """Write an entry about an exam unless there is one; the time at which it was recorded."""
        with self._alone():
            for entry in self._app.store.entries(kind):
                if entry.value("exam") == exam.id:
                    return entry.at
            return self._app.store.append_entry(kind, {"exam": exam.id, **fields}).at
