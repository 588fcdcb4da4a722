"""The map with where the learner stands on it, the pages of modules and skills, and the one next step."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.app.learner import moment

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store import Attempt

# After so many finished practice runs an exam is worth its hour.
PRACTICE_BEFORE_EXAM = 3


def path_data(app: App, now: datetime | None = None) -> dict[str, Any]:
    """Modules and skills, each with its state, estimate and dates."""
    data = app._catalogue.as_dict()
    standing = app.estimates.skills(now)
    for module in data["modules"]:
        for skill in module["skills"]:
            skill |= standing[skill["id"]]
            skill["work"] = _work(skill["work"])
    return data


def skill_data(app: App, skill_id: str, now: datetime | None = None) -> dict[str, Any]:
    """Everything the page of a skill shows.

    Raises:
        UnknownName: there is no such skill.
    """
    skill = app._catalogue.skill(skill_id)
    module = app._catalogue.module_of(skill_id)
    found = app.estimates.skills(now)[skill_id]
    dimensions = [app.learner.rubric.dimension(one) for one in skill.dimensions]
    evidence = [
        item
        for item in app.evidence.items(standing=True)
        if any(link.get("skill") == skill_id for link in item.get("links") or ())
    ]
    return {
        **skill.model_dump(mode="json"),
        **found,
        "module": {"id": module.id, "number": module.number, "title": module.title},
        "labs": [
            {"id": lab.id, "title": lab.title, "minutes": lab.minutes}
            for lab in app._catalogue.labs_of(skill_id)
        ],
        "work": _work(skill.work.model_dump(mode="json") if skill.work else None),
        "feeds": [{"id": one.id, "title": one.title} for one in dimensions],
        "evidence": evidence,
        "history": app.estimates.history(skill_id),
        "pass_mark": _pass_mark(app, skill_id),
    }


def rubric_data(app: App) -> dict[str, Any]:
    """The rubric with the learner's own ratings beside it."""
    rubric = app.learner.rubric
    ratings = app.learner.self_ratings()
    data = rubric.model_dump(mode="json")
    for one in data["dimensions"]:
        one["weight"] = rubric.weight(one["id"])
        one["self"] = ratings[one["id"]]
        one["skills"] = [
            {"id": skill.id, "title": skill.title}
            for skill in app._catalogue.skills()
            if one["id"] in skill.dimensions
        ]
        for level in one["levels"]:
            level["word"] = rubric.dimension(one["id"]).level(level["level"]).word
    return data


def retests(app: App, now: datetime | None = None) -> list[dict[str, Any]]:
    """Skills that were shown and are to be shown again, the one that is due first, first."""
    at = moment(now)
    rows = []
    for skill_id, found in app.estimates.skills(at).items():
        if found["retest_due"] is None:
            continue
        due = datetime.fromisoformat(found["retest_due"])
        skill = app._catalogue.skill(skill_id)
        rows.append(
            {
                "id": skill_id,
                "title": skill.title,
                "short": skill.short,
                "due": found["retest_due"],
                "is_due": due <= at,
                "holds": found["holds"],
                "shown_at": found["shown_at"],
                "lab_id": next((lab.id for lab in app._catalogue.labs_of(skill_id)), None),
            }
        )
    return sorted(rows, key=lambda row: row["due"])


def next_step(app: App, now: datetime | None = None) -> dict[str, Any]:
    """The one next step: what, why, how long, the command, and the page where it begins."""
    for step in (_go_on, _first_questions, _retest, _practice_or_exam):
        found = step(app, moment(now))
        if found is not None:
            return {"minutes": None, "lab_id": None, **found}
    return {"lab_id": None, "minutes": None, **_plan_step(app, moment(now))}


def _go_on(app: App, now: datetime) -> dict[str, Any] | None:
    """What was left open comes first: an attempt, or an exam between two of its instances."""
    for exam in app.store.list_exams():
        if exam.status in ("drawing", "open") and exam.player == "learner":
            shown = app.exams.show(exam.id)
            if not shown["playable"] or shown["status"] not in ("drawing", "open"):
                continue
            return {
                "title": f"Go on with the exam: {shown['lab_title']}",
                "why": (
                    f"{shown['worked']} of {shown['n'] or 'its'} instances are worked. An exam is spent when it "
                    "is issued; what is not worked when it runs out counts as idle."
                ),
                "page": f"/exams/{exam.id}",
                "command": shown["command"],
            }
    for a in app.store.list_attempts(status="open"):
        if a.kind == "artefact":
            task = app.tasks.row(a)
            return {
                "title": f"Go on with the task: {task['title']}",
                "why": f"Its folder is {task['folder']}. The first folder that you hand in for it counts.",
                "page": f"/tasks/{a.lab_id}",
                "command": f"gradatim lab submit {a.lab_id} {task['folder']}",
            }
        row = app._row(a)
        if a.player == "learner" and row["playable"]:
            return {
                "title": f"Go on with {row['title']}",
                "why": "The clock of an open attempt stands where you left it; nothing runs on without you.",
                "lab_id": a.lab_id,
                "attempt_id": a.id,
                "page": f"/attempts/{a.id}/room",
                "command": f"gradatim lab show {a.lab_id}",
            }
    return None


def _first_questions(app: App, now: datetime) -> dict[str, Any] | None:
    if app.store.answers() or app.store.list_attempts():
        return None
    return {
        "title": "Begin with a few questions",
        "why": (
            "They date the plan and the forecast: hours a week, present scope, opportunities, committee. Each can "
            "be skipped, and each says what it changes. You can as well open a lab at once."
        ),
        "minutes": 5,
        "page": "/start",
        "command": "gradatim plan questions",
    }


def _retest(app: App, now: datetime) -> dict[str, Any] | None:
    for row in retests(app, now):
        if row["is_due"] and row["lab_id"] is not None:
            holds = f"the chance that you would pass today has fallen to {row['holds']:.2f}"
            return {
                "title": f"Re-test: {row['title']}",
                "why": f"It was shown before and is due again; {holds}, by the spacing model.",
                "lab_id": row["lab_id"],
                "minutes": _minutes(app, row["lab_id"]),
                "page": f"/labs/{row['lab_id']}/exam",
                "command": _exam_command(row["lab_id"]),
            }
    return None


def _practice_or_exam(app: App, now: datetime) -> dict[str, Any] | None:
    """The first skill of the plan that a lab can still show."""
    from gradatim.path.plan import SkillState, order

    standing = app.estimates.skills(now)
    path = app._catalogue
    states = {one: SkillState(found["state"], bool(path.labs_of(one))) for one, found in standing.items()}
    for skill_id in order(path, states):
        labs, found = path.labs_of(skill_id), standing[skill_id]
        if not labs or found["shown_at"] is not None:
            continue
        skill, lab = path.skill(skill_id), labs[0]
        runs = sum(_is_practice(a) for a in app.store.list_attempts(lab.id))
        opens = [other.short for other in path.skills() if skill_id in other.after]
        feeds = ", ".join(f"{app.learner.rubric.dimension(d).title} ({d})" for d in skill.dimensions)
        reach = f" It opens {'; '.join(opens)}." if opens else ""
        if runs >= PRACTICE_BEFORE_EXAM:
            value = found["estimate"]
            stands = (
                f"the estimate is {value['value']:.2f}, {value['low']:.2f} to {value['high']:.2f}"
                if value
                else "no exam has been taken yet"
            )
            return {
                "title": f"Exam: {lab.title}",
                "why": (
                    f"{runs} practice runs are finished and {stands}. Only an exam without hints shows the skill; "
                    f"it feeds {feeds}.{reach}"
                ),
                "lab_id": lab.id,
                "minutes": lab.minutes * 3,
                "page": f"/labs/{lab.id}/exam",
                "command": _exam_command(lab.id),
            }
        plural = "" if runs == 1 else "s"
        so_far = (
            f"{runs} practice run{plural} so far. Each seed draws another world; one in three needs nothing."
            if runs
            else "It is the first skill of your plan that a lab can show."
        )
        return {
            "title": f"Practise: {lab.title}",
            "why": f"{so_far} It feeds {feeds}.{reach}",
            "lab_id": lab.id,
            "minutes": lab.minutes,
            "page": f"/labs/{lab.id}",
            "command": f"gradatim lab start {lab.id}",
        }
    return None


def _plan_step(app: App, now: datetime) -> dict[str, Any]:
    """Nothing that a lab can show is left: the first item of the plan."""
    items = app.plan.show(now)["items"]
    if not items:
        return {
            "title": "Every skill of the path is used at work",
            "why": "What is left is the packet: evidence against the bar.",
            "page": "/rubric",
            "command": "gradatim path rubric",
        }
    first = items[0]
    page = f"/skills/{first['skill']}" if first["skill"] else "/start/prerequisites"
    return {"title": first["title"], "why": first["why"], "page": page, "command": "gradatim plan show"}


def _exam_command(lab_id: str) -> str:
    """An exam begins with what its learner expects; the figures here only show where to write one's own."""
    return f"gradatim exam start {lab_id} --predict 0.6 --low 0.2 --high 0.9"


def _is_practice(a: Attempt) -> bool:
    return a.kind == "practice" and a.status == "finished" and a.player == "learner"


def _minutes(app: App, lab_id: str) -> int | None:
    return next((lab.minutes for lab in app._catalogue.labs if lab.id == lab_id), None)


def _pass_mark(app: App, skill_id: str) -> float | None:
    labs = app._catalogue.labs_of(skill_id)
    return app.estimates._pass_mark(labs[0].id) if labs else None


def _work(command: dict[str, Any] | None) -> dict[str, Any] | None:
    """A work command with whether it is there."""
    if command is None:
        return None
    words = command["command"].split()
    ours = words[:2] == ["gradatim", "work"] and len(words) > 2
    return {**command, "there": not ours or words[2] in work_commands()}


@cache
def work_commands() -> frozenset[str]:
    """The names of the work commands of this version.

    Read from the text of the command line's table: a use case may not import the face above it.
    """
    import gradatim

    table = Path(str(gradatim.__file__)).parent / "cli" / "work" / "__init__.py"
    return frozenset(re.findall(r'^\s+"([a-z0-9-]+)": "gradatim\.', table.read_text("utf-8"), re.M))
