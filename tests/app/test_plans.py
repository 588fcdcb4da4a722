"""Plan, forecast and calendar as the faces get them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from gradatim.app import App
from gradatim.core.errors import InputError, StateError

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def test_without_hours_there_is_an_order_and_an_honest_message(app: App) -> None:
    shown = app.plan.show(NOW)
    assert not shown["dated"]
    assert "No weekly hours" in shown["message"]
    assert len({i["skill"] for i in shown["items"]}) == 30
    found = app.plan.forecast(NOW)
    assert not found["possible"]
    assert found["ready"] == {"p15": None, "p50": None, "p85": None}
    for call in (app.plan.keep, app.plan.calendar):
        with pytest.raises(StateError) as caught:
            call(NOW)
        assert caught.value.next == "gradatim plan set --hours 5"


def test_the_reference_points_come_out_of_the_use_case_too(app: App) -> None:
    for credit, rate, lag, published in (
        (0, 0.6, 2.0, (16.2, 17.6, 19.3)),
        (0.25, 1.0, 1.5, (12.1, 13.1, 14.3)),
        (0, 0.35, 3.0, (17.8, 20.5, 27.9)),
    ):
        given = {
            "study_months": 14.0,
            "opportunities": 6,
            "scope_credit": credit,
            "opportunities_per_month": rate,
            "lag_months": lag,
        }
        months = app.plan.forecast(NOW, given)["months"]
        assert all(abs(a - b) < 0.5 for a, b in zip(months.values(), published, strict=True))


def test_at_nominal_hours_a_newcomer_s_forecast_is_the_first_reference_point(app: App) -> None:
    app.learner.set({"weekly_hours": 6})
    months = app.plan.forecast(NOW)["months"]
    assert abs(months["p50"] - 17.6) < 0.5
    assert {a["source"] for a in app.plan.forecast(NOW)["assumed"]} == {"your answer", "assumed", "the plan"}


def test_few_opportunities_are_said_honestly(app: App) -> None:
    app.learner.set({"weekly_hours": 6, "opportunities_per_month": 0.35})
    found = app.plan.forecast(NOW)
    assert not found["credible"]
    assert "12 to 18 months is not credible" in found["message"]
    app.learner.set({"opportunities_per_month": 0.6})
    assert app.plan.forecast(NOW)["credible"]
    app.learner.set({"opportunities_per_month": 0.1, "opportunities_had": 6})
    assert app.plan.forecast(NOW)["credible"], "nothing is waited for any more"


def test_decisions_fall_on_committees(app: App) -> None:
    app.learner.set({"weekly_hours": 6, "committee_windows": ["04-01", "10-01"]})
    found = app.plan.forecast(NOW)
    for name, day in found["ready"].items():
        decision = date.fromisoformat(found["decision"][name])
        assert decision >= date.fromisoformat(day)
        assert (decision.month, decision.day) in {(4, 1), (10, 1)}
    assert found["windows"][0] == "2027-04-01"
    assert found["windows"][-1] == found["decision"]["p85"]


def test_levers_are_there_with_their_effect_and_scope_moves_the_forecast(app: App) -> None:
    app.learner.set({"weekly_hours": 6})
    found = app.plan.forecast(NOW)
    levers = {lever["id"]: lever["p85_weeks"] for lever in found["levers"]}
    assert levers["more-hours"] < -2
    assert levers["fewer-hours"] > 2
    app.learner.set({"scope": {f"D{i}": 3 for i in range(1, 11)}})
    assert app.plan.forecast(NOW)["months"]["p50"] < found["months"]["p50"] - 2


def test_a_kept_plan_tells_what_slipped_and_at_which_pace(app: App) -> None:
    app.learner.set({"weekly_hours": 6})
    app.plan.keep(NOW)
    soon = app.plan.show(NOW + timedelta(weeks=2))
    assert soon["pace"] is None
    later = app.plan.show(NOW + timedelta(weeks=13))
    assert later["pace"]["done_hours"] == 0
    assert later["weekly_hours"] == pytest.approx(3.0)  # a quarter of nothing against a quarter of one's word
    assert later["slips"][0]["days"] > 90
    found = app.plan.forecast(NOW + timedelta(weeks=13))
    assert found["months"]["p50"] > 30
    assert "At 3 hours a week" in found["message"]


def test_the_calendar_holds_plan_committees_and_forecast(app: App) -> None:
    import icalendar

    app.learner.set(
        {
            "weekly_hours": 6,
            "committee_windows": ["10-01"],
            "study_slots": ["tue 18:00-20:00"],
            "time_zone": "Europe/Berlin",
        }
    )
    found = icalendar.Calendar.from_ical(app.plan.calendar(NOW))
    names = [str(event["summary"]) for event in found.walk("VEVENT")]
    assert "Promotion committee" in names
    assert "Forecast: ready (P50)" in names
    assert "Gradatim: study" in names
    assert sum(name.endswith("exam without hints") for name in names) >= 1


def test_bad_values_are_named_together(app: App) -> None:
    with pytest.raises(InputError) as caught:
        app.plan.forecast(NOW, {"study_months": -1, "scope_credit": 3, "opportunities_per_month": -2})
    assert len(caught.value.problems) == 3
