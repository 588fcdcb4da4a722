"""Where the learner stands, skill by skill: state, estimate with its interval, what is missing and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.app.learner import moment

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.path.calibration import Prediction
    from gradatim.path.catalogue import Skill
    from gradatim.path.estimate import Estimate, Score
    from gradatim.path.mastery import Mastery

COUNTED = ("pass", "fail")


class Estimates:
    """Use cases around what exams and work have shown. `now` carries a time zone; None for the machine's clock."""

    def __init__(self, app: App) -> None:
        self._app = app

    def skills(self, now: datetime | None = None) -> dict[str, dict[str, Any]]:
        """Every skill of the path: state, estimate, dates, what is missing."""
        from gradatim.path.estimate import pooled_means

        at = moment(now)
        verdicts = self._verdicts()
        scores = {skill.id: _scores(verdicts, skill.id) for skill in self._app._catalogue.skills()}
        means = pooled_means(scores)
        practised = {a.lab_id for a in self._app.store.list_attempts() if a.player == "learner"}
        used = self._used()
        made = {}
        for skill in self._app._catalogue.skills():
            mastery = self._mastery(skill.id, verdicts, practised, used, at)
            found = self._estimate(scores[skill.id], verdicts, skill.id, at, means[skill.id])
            made[skill.id] = {
                "state": mastery.state,
                "estimate": None if found is None else found._asdict(),
                **_facts(mastery),
                "missing": missing(skill, mastery, found, bool(self._app._catalogue.labs_of(skill.id))),
            }
        return made

    def history(self, skill_id: str) -> list[dict[str, Any]]:
        """The estimate after each exam of a skill, oldest first, beside that exam's own result."""
        verdicts = [v for v in self._verdicts() if skill_id in v["skills"]]
        made = []
        for i, verdict in enumerate(verdicts):
            until = verdicts[: i + 1]
            found = self._estimate(_scores(until, skill_id), until, skill_id, verdict["moment"], None)
            made.append(
                {
                    "exam_id": verdict["exam_id"],
                    "at": verdict["at"],
                    "skill": verdict["skill"],
                    "predicted": verdict["predicted"],
                    "hints": verdict["hints"],
                    "grade": verdict["grade"],
                    "status": verdict["status"],
                    "sample": verdict.get("sample", False),
                    "n": len(verdict["regrets"]),
                    "estimate": None if found is None else found._asdict(),
                }
            )
        return made

    def calibration(self) -> dict[str, Any]:
        """How well exams were predicted: over all, and after each, oldest first."""
        from gradatim.path.calibration import calibration

        predictions: list[Prediction] = []
        over_time = []
        for verdict in self._verdicts():
            made = self._prediction(verdict)
            if made is not None:
                predictions.append(made)
                so_far = calibration(predictions)
                assert so_far is not None
                sample = verdict.get("sample", False)
                over_time.append(
                    {"at": verdict["at"], "exam_id": verdict["exam_id"], "sample": sample, **so_far._asdict()}
                )
        whole = calibration(predictions)
        return {"overall": None if whole is None else whole._asdict(), "over_time": over_time}

    # ------------------------------------------------------------------ what it rests on
    def _verdicts(self) -> list[dict[str, Any]]:
        """Verdicts that count, oldest first, with `moment` and `clean` (without hints or help)."""
        from gradatim.app.demo_exams import verdicts

        found = []
        for verdict in [*self._app.exams.verdicts(), *verdicts(self._app)]:
            if verdict.get("status", "pass") not in COUNTED:
                continue  # near a shipped reference, or ended by a defect of ours
            at = datetime.fromisoformat(verdict["at"].replace("Z", "+00:00"))
            alone = verdict.get("assistance", "none") == "none"
            found.append({**verdict, "moment": at, "clean": not verdict["hints"] and alone})
        return sorted(found, key=lambda v: (v["moment"], v["exam_id"]))

    def _pass_mark(self, lab_id: str) -> float:
        from gradatim.lab import folders

        at = folders.labs().get(lab_id)
        return _mark_in(at, (at / "lab.toml").stat().st_mtime_ns) if at is not None else 0.6

    def _prediction(self, verdict: dict[str, Any]) -> Prediction | None:
        from gradatim.path.calibration import Prediction

        said = verdict["predicted"]
        if not said:
            return None
        mark = self._pass_mark(verdict["lab_id"])
        return Prediction(said["skill"], said["lo"], said["hi"], mark, verdict["skill"])

    def _mastery(
        self,
        skill_id: str,
        verdicts: list[dict[str, Any]],
        practised: set[str],
        used: dict[str, list[datetime]],
        now: datetime,
    ) -> Mastery:
        from gradatim.path.mastery import Exam, mastery

        labs = {lab.id for lab in self._app._catalogue.labs_of(skill_id)}
        exams = [
            Exam(
                v["moment"],
                v["skill"] >= self._pass_mark(v["lab_id"]),
                0 if v["clean"] else max(v["hints"], 1),
                v["skill"],
            )
            for v in verdicts
            if skill_id in v["skills"]
        ]
        return mastery(
            has_lab=bool(labs),
            practised=bool(labs & practised),
            exams=exams,
            used=used.get(skill_id, []),
            now=now,
        )

    def _estimate(
        self,
        scores: list[Score],
        verdicts: list[dict[str, Any]],
        skill_id: str,
        now: datetime,
        prior_mean: float | None,
    ) -> Estimate | None:
        from gradatim.path.estimate import PRIOR_MEAN, estimate

        exams = sum(skill_id in v["skills"] and v["clean"] for v in verdicts)
        mean = PRIOR_MEAN if prior_mean is None else prior_mean
        return estimate(scores, now, exams=exams, prior_mean=mean)

    def _used(self) -> dict[str, list[datetime]]:
        """When work evidence that stands named each skill: the day it ended."""
        found: dict[str, list[datetime]] = {}
        for item in self._app.evidence.items(standing=True):
            if item.get("kind") != "work" or not item.get("ended"):
                continue
            day = datetime.combine(datetime.fromisoformat(str(item["ended"])), time(), UTC)
            for link in item.get("links") or ():
                if link.get("skill"):
                    found.setdefault(link["skill"], []).append(day)
        return found


def missing(skill: Skill, mastery: Mastery, found: Estimate | None, has_lab: bool) -> list[dict[str, str]]:
    """What a skill still lacks, each with the reason it is asked for."""
    from gradatim.path.estimate import LEVEL_FROM

    made: list[dict[str, str]] = []

    def add(what: str, text: str, why: str) -> None:
        made.append({"what": what, "text": text, "why": why})

    if not has_lab:
        add(
            "No lab yet",
            "It cannot be practised or shown here; work evidence counts all the same.",
            "nothing is called done that was not seen.",
        )
    elif mastery.shown_at is None:
        add(
            "Shown in the lab",
            "Pass an exam on your own and without hints.",
            "practice may be paused, rewound and repeated, so it shows no level.",
        )
    elif mastery.shown_again_at is None and mastery.recall is not None:
        due = mastery.recall.due.date()
        add(
            "Shown again later",
            f"Pass on fresh seeds on or after {due.day} {due:%B %Y}.",
            "weeks apart is what separates a skill from a good day.",
        )
    if not mastery.held:
        add(
            "Did not hold",
            "The newest exam was not passed; practise, then take the re-test.",
            "what was shown once can be lost.",
        )
    if mastery.used_at is None:
        feeds = ", ".join(skill.dimensions)
        add(
            "Used at work",
            "Use it on work of yours and record the item.",
            f"a lab alone never carries {feeds} to level 4." if feeds else "a skill is for use.",
        )
    if has_lab and (found is None or not found.claims_level):
        have = 0 if found is None else found.n
        add(
            "Instances",
            f"{LEVEL_FROM - have} more exam instances until a level is claimed; {have} so far.",
            "three instances catch a trick, fifteen tell a senior from a mid.",
        )
    return made


def _scores(verdicts: Iterable[dict[str, Any]], skill_id: str) -> list[Score]:
    from gradatim.path.estimate import Score, instance_scores

    return [
        Score(score, v["moment"])
        for v in verdicts
        if skill_id in v["skills"] and v["clean"]
        for score in instance_scores(
            [r["regret"] for r in v["regrets"]], v["skill"], v.get("best_skill_free_regret") or None
        )
    ]


def _facts(mastery: Mastery) -> dict[str, Any]:
    """Dates of a mastery as plain data."""
    return {
        "shown_at": _iso(mastery.shown_at),
        "shown_again_at": _iso(mastery.shown_again_at),
        "used_at": _iso(mastery.used_at),
        "retest_due": _iso(mastery.recall.due) if mastery.recall else None,
        "holds": mastery.recall.holds if mastery.recall else None,
        "held": mastery.held,
        "lag_days": mastery.lag_days,
    }


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


@lru_cache(maxsize=64)
def _mark_in(folder: Path, changed_ns: int) -> float:
    """The pass mark of a lab. Every page asks for it, often: the file is read again only when it has changed."""
    from gradatim.lab.spec import load_spec

    return load_spec(folder).pass_mark
