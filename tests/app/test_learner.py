"""Answers, records and self-ratings: kept, changed, taken back, and never half."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from gradatim.app import App
from gradatim.app.learner import machine_zone
from gradatim.core.errors import InputError, UnknownName

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROLE = {"what": "Ranking service", "since": "2024-01-01", "attested_by": "A. Reviewer"}


def test_answers_are_kept_and_taken_back_one_by_one(app: App) -> None:
    app.learner.set({"weekly_hours": 5, "role": "ML engineer", "scope": {"D1": 3, "D2": 2}})
    app.learner.set({"role": None, "scope": {"D2": None, "D5": 4}})
    answers = app.learner.answers()
    assert answers.weekly_hours == 5
    assert answers.role is None
    assert answers.scope == {"D1": 3, "D5": 4}
    questions = {q["id"]: q for q in app.learner.questions()}
    assert questions["weekly_hours"]["answered"] and not questions["role"]["answered"]


def test_a_bad_answer_changes_nothing(app: App) -> None:
    app.learner.set({"weekly_hours": 5})
    with pytest.raises(InputError) as caught:
        app.learner.set({"weekly_hours": 6, "time_zone": "Nowhere", "committee_windows": ["99-99"]})
    assert len(caught.value.problems) == 2
    assert app.learner.answers().weekly_hours == 5


def test_today_is_where_the_learner_is(app: App) -> None:
    late = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    app.learner.set({"time_zone": "Asia/Tokyo"})
    assert app.learner.today(late) == date(2026, 11, 24)
    app.learner.set({"time_zone": "America/Los_Angeles"})
    assert app.learner.today(late) == date(2026, 11, 23)
    with pytest.raises(ValueError, match="time zone"):
        app.learner.today(datetime(2026, 11, 23))


def test_the_machine_has_a_time_zone_with_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Lisbon")
    assert machine_zone() == "Europe/Lisbon"
    monkeypatch.setenv("TZ", "../../nothing")
    assert machine_zone()


def test_records_bring_a_prerequisite_from_unknown_to_met_and_back(app: App) -> None:
    def state() -> str:
        rows = app.learner.prerequisites(NOW)["prerequisites"]
        return str(next(r["state"] for r in rows if r["id"] == "production-experience"))

    assert state() == "not_checked"
    assert app.learner.prerequisites(NOW)["overall"] == "open"
    made = app.learner.record("production-experience", ROLE, NOW)
    assert state() == "met"
    shown = app.learner.prerequisites(NOW)
    assert shown["overall"] == "gaps"  # the tasks are not performed: not ready, and not refused
    tasks = [r for r in shown["prerequisites"] if r["check"] == "task"]
    assert len(tasks) == 3
    assert all(r["task_there"] and "not performed yet" in r["reason"] for r in tasks)
    app.learner.withdraw_record(made["number"], NOW)
    assert state() == "not_checked"
    with pytest.raises(UnknownName):
        app.learner.withdraw_record(made["number"], NOW)
    assert app.store.verify_ledger() == []


def test_a_withheld_record_no_longer_counts(app: App) -> None:
    made = app.learner.record("production-experience", ROLE, NOW)
    app.store.redact_entry(made["number"], ["attested_by"])
    rows = app.learner.prerequisites(NOW)["prerequisites"]
    assert next(r for r in rows if r["id"] == "production-experience")["records"] == []


def test_bad_records_are_refused_with_everything_that_is_wrong(app: App) -> None:
    with pytest.raises(InputError) as caught:
        app.learner.record("independent-delivery", {"what": "", "since": "soon", "own_share": 3}, NOW)
    assert len(caught.value.problems) == 3
    with pytest.raises(UnknownName):
        app.learner.record("experience", ROLE, NOW)
    with pytest.raises(InputError, match="performed, not recorded"):
        app.learner.record("pipelines", ROLE, NOW)
    assert app.store.entries() == []


def test_missing_months_reach_the_forecast_and_gaps_the_plan(app: App) -> None:
    app.learner.set({"weekly_hours": 30})
    before = app.plan.forecast(NOW)["months"]["p50"]
    app.learner.record("production-experience", {**ROLE, "since": "2026-11-01"}, NOW)
    assert app.plan.forecast(NOW)["months"]["p50"] > max(before, 23)
    app.learner.record("independent-delivery", {**ROLE, "own_share": 0.2}, NOW)
    first = app.plan.show(NOW)["items"][0]
    assert (first["kind"], first["title"][:13]) == ("gap", "Close a gap: ")


def test_self_ratings_stay_beside(app: App) -> None:
    app.learner.rate_self("D5", 4, "led two incidents", NOW)
    app.learner.rate_self("D5", 3, now=NOW)
    ratings = app.learner.self_ratings()
    assert [r["level"] for r in ratings["D5"]] == [4, 3]
    assert ratings["D1"] == []
    rubric = app.rubric()
    five = next(d for d in rubric["dimensions"] if d["id"] == "D5")
    assert [r["level"] for r in five["self"]] == [4, 3]
    assert five["levels"][3]["word"] == "senior"
    for bad in (("D11", 3, ""), ("D5", 6, ""), ("D5", 3, "x" * 500)):
        with pytest.raises((UnknownName, InputError)):
            app.learner.rate_self(*bad, now=NOW)
