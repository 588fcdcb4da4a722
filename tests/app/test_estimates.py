"""From verdicts and evidence to states, intervals, what is missing, and the one next step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gradatim.app import App
from gradatim.core.errors import UnknownName
from gradatim.store import NewAttempt

LAB = SKILL = "incident-response"
START = datetime(2026, 3, 1, 18, 0, tzinfo=UTC)


def exam(app: App, day: float, skill: float, *, n: int = 3, hints: int = 0, **more: Any) -> None:
    """An exam of the lab, handed in on a day, that reached `skill`; its instances differ around it."""
    from gradatim.store.exams import NewExam

    spread = [0.2 * (i - (n - 1) / 2) for i in range(n)]
    made = app.store.create_exam(
        NewExam(
            lab_id=LAB,
            lab_version="1",
            lab_digest="d",
            nonce=int(day * 1000) + 1,
            predicted=more.get("predicted", {"skill": 0.6, "lo": 0.3, "hi": 0.9}),
            assistance=more.get("assistance", "none"),
        )
    )
    app.store.open_exam(made.id, [(int(day * 1000) + i, i == 0) for i in range(n)])
    verdict = {
        "skill": skill,
        "status": more.get("status", "pass" if skill >= 0.6 else "fail"),
        "best_skill_free": {"name": "idle", "mean_regret": 0.8},
        "hints": hints,
        "grade": "self-run",
        "instances": [
            {"regret": 0.8 * (1 - skill - s), "stakes_usd": 6000.0, "healthy": i == 0}
            for i, s in enumerate(spread)
        ],
    }
    at = (START + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%SZ")
    app.store.submit_exam(made.id, verdict, at)


def practise(app: App, runs: int = 1) -> None:
    for seed in range(runs):
        a = app.store.create_attempt(NewAttempt(lab_id=LAB, lab_version="1", lab_digest="d", seed=seed))
        outcome: dict[str, Any] = {"by_cause": {}, "loss_usd": 1.0, "signals": {}}
        app.store.finish_attempt(a.id, submission={}, outcome=outcome, loss_micro=1, outcome_hash="h")


def after(days: float) -> datetime:
    return START + timedelta(days=days)


def test_a_fresh_home_knows_nothing_and_says_so(app: App) -> None:
    found = app.estimates.skills(START)
    assert found[SKILL]["state"] == "not_observed"
    assert found["ml-roi"]["state"] == "no_lab"
    assert all(s["estimate"] is None for s in found.values())
    assert [m["what"] for m in found["ml-roi"]["missing"]] == ["No lab yet", "Used at work"]
    assert app.estimates.calibration() == {"overall": None, "over_time": []}


def test_from_practice_to_use_at_work(app: App) -> None:
    def state(days: float) -> str:
        return str(app.estimates.skills(after(days))[SKILL]["state"])

    practise(app)
    assert state(0) == "practising"
    exam(app, 1, 0.8, hints=1)
    exam(app, 2, 0.8, assistance="AI")
    exam(app, 3, 0.9, status="reference")
    assert state(4) == "practising", "help, an AI or a shipped reference show nothing"
    assert app.estimates.skills(after(4))[SKILL]["estimate"] is None
    exam(app, 5, 0.8)
    assert state(6) == "shown"
    exam(app, 10, 0.8)
    assert state(11) == "shown"
    exam(app, 70, 0.8)
    assert state(71) == "shown_again"
    app.evidence.record(
        {
            "kind": "work",
            "title": "Led the incident of the search service",
            "started": "2026-05-01",
            "ended": "2026-06-01",
            "links": [{"dimension": "D5", "level": 4, "skill": SKILL}],
        },
        now="2026-06-02T09:00:00Z",
    )
    found = app.estimates.skills(after(120))[SKILL]
    assert found["state"] == "used"
    assert found["lag_days"] == 86  # 6 March to 1 June


def test_the_estimate_counts_instances_and_claims_a_level_from_fifteen(app: App) -> None:
    for i in range(4):
        exam(app, i, 0.7)
    found = app.estimates.skills(after(5))[SKILL]
    assert found["estimate"]["n"] == 12
    assert not found["estimate"]["claims_level"]
    assert any(m["text"].startswith("3 more exam instances") for m in found["missing"])
    exam(app, 5, 0.7)
    estimate = app.estimates.skills(after(6))[SKILL]["estimate"]
    assert (estimate["n"], estimate["exams"], estimate["claims_level"]) == (15, 5, True)
    assert estimate["low"] < 0.7 < estimate["high"]
    assert abs(estimate["value"] - 0.7) < 0.05
    history = app.estimates.history(SKILL)
    assert [h["estimate"]["n"] for h in history] == [3, 6, 9, 12, 15]
    widths = [h["estimate"]["high"] - h["estimate"]["low"] for h in history]
    assert widths == sorted(widths, reverse=True)


def test_predictions_are_calibrated_over_time(app: App) -> None:
    exam(app, 0, 0.2, predicted={"skill": 0.9, "lo": 0.8, "hi": 1.0})
    exam(app, 1, 0.7, predicted={"skill": 0.8, "lo": 0.6, "hi": 1.0})
    found = app.estimates.calibration()
    assert found["overall"]["n"] == 2
    assert found["overall"]["bias"] == pytest.approx(0.4)
    assert found["overall"]["within"] == 0.5
    assert [row["n"] for row in found["over_time"]] == [1, 2]
    assert found["over_time"][0]["brier"] > found["overall"]["brier"]


def test_the_next_step_follows_what_happened(app: App) -> None:
    from gradatim.app.wayfinding import next_step

    first = next_step(app, START)
    assert first["page"] == "/start"
    practise(app, 2)
    step = next_step(app, START)
    assert step["title"].startswith("Practise")
    assert "2 practice runs so far" in step["why"]
    practise(app, 1)
    assert next_step(app, START)["title"].startswith("Exam")
    exam(app, 1, 0.8)
    assert next_step(app, after(2))["page"].startswith("/skills/"), "no lab is left: the plan goes on"
    due = next_step(app, after(40))
    assert due["title"].startswith("Re-test")
    assert due["page"] == f"/labs/{LAB}/exam"
    for step in (first, due):
        assert step["why"].endswith(".") and step["command"].startswith("gradatim ")


def test_answers_replace_the_first_questions(app: App) -> None:
    app.learner.set({"weekly_hours": 5})
    assert app.next_step()["lab_id"] == LAB


def test_retests_are_listed_by_their_day(app: App) -> None:
    assert app.retests() == []
    exam(app, 0, 0.8)
    (row,) = app.retests()
    assert row["id"] == SKILL
    assert row["due"].startswith("2026-03-22")


def test_a_skill_s_page_has_everything(app: App) -> None:
    exam(app, 0, 0.8)
    found = app.skill(SKILL)
    assert found["pass_mark"] == 0.6
    assert [f["id"] for f in found["feeds"]] == ["D5", "D8"]
    assert len(found["reading"]) == 3
    assert found["work"]["command"].startswith("gradatim work incident")
    assert found["history"][0]["skill"] == 0.8
    with pytest.raises(UnknownName):
        app.skill("incident-respons")


def test_whether_a_work_command_is_there_is_read_from_the_command_line_itself(app: App) -> None:
    from gradatim.app.wayfinding import work_commands
    from gradatim.cli.work import work

    assert work_commands() == frozenset(work.commands_at)  # type: ignore[attr-defined]
    skills = [s for m in app.path()["modules"] for s in m["skills"]]
    for skill in skills:
        assert skill["work"]["there"] == (skill["work"]["command"].split()[2] in work_commands())


def test_no_figure_of_the_path_is_a_share_of_promotion(app: App) -> None:
    """People read ladders as checklists: nothing counts how much of one is done."""
    exam(app, 0, 0.8)
    keys = {key for m in app.path()["modules"] for s in m["skills"] for key in s}
    assert not {key for key in keys if "percent" in key or "complete" in key or "progress" in key}
