"""The plan: an order that holds, dates that add up, and a calendar that reads back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.content.senior_ai_engineer import FOLDER
from gradatim.path import Catalogue, load
from gradatim.path.calendar import Day, calendar
from gradatim.path.forecast import WEEKS_PER_MONTH
from gradatim.path.plan import (
    EXAM_HOURS,
    RETEST_AFTER_DAYS,
    SkillState,
    make_plan,
    nominal_hours,
    order,
    pace,
    slips,
)

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PATH = load(FOLDER)
IDS = [skill.id for skill in PATH.skills()]


def fresh(path: Catalogue = PATH, labs: tuple[str, ...] = ("incident-response",)) -> dict[str, SkillState]:
    return {
        s.id: SkillState("not_observed" if s.id in labs else "no_lab", s.id in labs) for s in path.skills()
    }


def test_a_whole_path_takes_its_nominal_months() -> None:
    plan = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY)
    assert plan.full_hours == pytest.approx(nominal_hours(PATH))
    assert plan.full_hours / 6 / WEEKS_PER_MONTH == pytest.approx(14)
    assert plan.end is not None
    assert abs((plan.end - TODAY).days - 14 * 30.4375) < 3
    assert {item.skill for item in plan.items} == set(IDS)


@settings(max_examples=40)
@given(
    states=st.dictionaries(
        st.sampled_from(IDS),
        st.builds(
            SkillState,
            st.sampled_from(["no_lab", "not_observed", "practising", "shown", "shown_again", "used"]),
            st.booleans(),
            st.dates(date(2026, 1, 1), date(2028, 1, 1)),
        ),
    ),
    hours=st.floats(0.5, 40),
)
def test_every_skill_comes_after_those_it_waits_for(states: dict[str, SkillState], hours: float) -> None:
    made = order(PATH, states)
    for i, skill in enumerate(made):
        for other in PATH.skill(skill).after:
            assert other not in made[i:]
    plan = make_plan(PATH, states, weekly_hours=hours, today=TODAY)
    assert len({item.id for item in plan.items}) == len(plan.items)
    ends = [item.end for item in plan.items]
    assert all(end is not None for end in ends)
    assert ends == sorted(ends, key=lambda e: e or TODAY)  # one person, one thing at a time
    assert all(item.start and item.end and TODAY <= item.start <= item.end for item in plan.items)
    for item in plan.items:
        if item.kind == "retest" and item.skill and states[item.skill].retest_due:
            assert item.start is not None and item.start >= max(states[item.skill].retest_due, TODAY)  # type: ignore[type-var]


def test_a_retest_waits_three_weeks_after_the_exam() -> None:
    plan = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY)
    items = {item.id: item for item in plan.items}
    exam, retest = items["incident-response:exam"].end, items["incident-response:retest"].start
    assert exam and retest
    assert (retest - exam).days >= RETEST_AFTER_DAYS


def test_a_skill_without_a_lab_has_no_exam_and_says_so() -> None:
    items = [i for i in make_plan(PATH, fresh(), weekly_hours=6, today=TODAY).items if i.skill == "ml-roi"]
    assert [i.kind for i in items] == ["practise", "use"]
    assert "no lab yet" in items[0].title


def test_no_hours_gives_an_order_without_dates() -> None:
    for hours in (None, 0.0):
        plan = make_plan(PATH, fresh(), weekly_hours=hours, today=TODAY)
        assert not plan.dated
        assert plan.end is None
        assert all(item.start is None and item.end is None for item in plan.items)
        assert next(i.skill for i in plan.items if i.kind == "practise") == "serving-architecture"
        assert any(i.kind == "retest" for i in plan.items)


def test_very_few_hours_do_not_overflow_the_calendar() -> None:
    plan = make_plan(PATH, fresh(), weekly_hours=0.01, today=TODAY)
    assert plan.end is not None
    assert plan.end.year < 2100


def test_scope_credit_shortens_and_gaps_come_first() -> None:
    gaps = [("pipelines", "Pipelines", "Run one of your pipelines twice.", 6.0)]
    whole = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY)
    less = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY, scope_credit=0.25, gaps=gaps)
    assert less.items[0].id == "pipelines:gap"
    assert less.full_hours == pytest.approx(whole.full_hours + 6)
    assert less.end and whole.end and less.end < whole.end


def test_dimensions_that_start_in_month_one_do() -> None:
    plan = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY)
    month = {i.skill for i in plan.items if i.start and i.start < TODAY + timedelta(days=31)}
    fed = {d for s in month if s for d in PATH.skill(s).dimensions}
    assert fed & {"D1", "D8", "D9"}


def test_what_is_done_leaves_the_plan_and_slips_are_seen() -> None:
    first = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY)
    kept = {item.id: item.end for item in first.items if item.end}
    later = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY + timedelta(days=28))
    moved = slips(kept, later)
    assert len(moved) == len(first.items)
    assert {slip.days for slip in moved} <= set(range(26, 31))
    assert slips(kept, first) == []
    done = {**fresh(), "serving-architecture": SkillState("used", False)}
    assert not [i for i in make_plan(PATH, done, weekly_hours=6, today=TODAY).items if "serving-arch" in i.id]
    shown = {**fresh(), "incident-response": SkillState("shown", True, TODAY)}
    kinds = {
        i.kind
        for i in make_plan(PATH, shown, weekly_hours=6, today=TODAY).items
        if i.skill == "incident-response"
    }
    assert kinds == {"use", "retest"}


def test_the_own_pace_replaces_the_stated_one_by_and_by() -> None:
    assert pace(6, 0, 0) == 6
    assert pace(6, 24, 4) == 6
    assert pace(6, 0, 13) == 3
    assert pace(6, 13 * 3, 13) == pytest.approx(4.5)


def test_another_company_s_path_is_planned_too() -> None:
    bakery = load(Path(__file__).parent / "bakery")
    plan = make_plan(bakery, fresh(bakery, ()), weekly_hours=10, today=TODAY)
    assert [i.skill for i in plan.items if i.kind == "practise"] == ["kneading", "proofing"]
    assert plan.full_hours == pytest.approx(4 * WEEKS_PER_MONTH * 10)


# ---------------------------------------------------------------------------------------------- calendar
def events(text: bytes) -> dict[str, icalendar.Event]:
    return {str(e["uid"]): e for e in icalendar.Calendar.from_ical(text).walk("VEVENT")}  # type: ignore[misc]


def made(slots: tuple[str, ...] = (), zone: str = "Europe/Berlin", days: tuple[Day, ...] = ()) -> bytes:
    plan = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY)
    return calendar(plan, days=days, slots=slots, zone=zone, today=TODAY, now=NOW)


def test_the_calendar_reads_back_with_every_item_on_its_day() -> None:
    plan = make_plan(PATH, fresh(), weekly_hours=6, today=TODAY)
    found = events(made(days=(Day("committee-1", "Committee", date(2027, 4, 1), "First after P50."),)))
    assert len(found) == len(plan.items) + 1
    exam = next(i for i in plan.items if i.id == "incident-response:exam")
    event = found["incident-response-exam@plan.gradatim"]
    assert event.decoded("dtstart") == exam.end
    assert exam.end and event.decoded("dtend") == exam.end + timedelta(days=1)
    assert found["committee-1@plan.gradatim"].decoded("dtstart") == date(2027, 4, 1)


def test_the_file_keeps_to_the_standard() -> None:
    text = made(slots=("tue 18:00-20:00",))
    lines = text.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR" and lines[-2] == b"END:VCALENDAR" and lines[-1] == b""
    assert b"\n" not in text.replace(b"\r\n", b"")
    assert max(len(line) for line in lines) <= 75  # folded, RFC 5545 section 3.1
    for event in events(text).values():
        assert {"UID", "DTSTAMP", "DTSTART", "SUMMARY"} <= {key.upper() for key in event}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
def test_study_stays_at_its_hour_when_clocks_change(zone: str) -> None:
    event = events(made(slots=("tue 18:00-20:00",), zone=zone))["study-tue-1800@plan.gradatim"]
    start = event.decoded("dtstart")
    assert (start.hour, start.weekday()) == (18, 1)
    assert start.date() >= TODAY
    assert str(event["dtstart"].params["TZID"]) == zone
    assert event["rrule"]["FREQ"] == ["WEEKLY"]
    # Eight months of Tuesdays: the same hour on the wall, whatever the offset does.
    offsets = set()
    for week in range(34):
        there = datetime.combine(start.date() + timedelta(weeks=week), start.time(), ZoneInfo(zone))
        offsets.add(there.utcoffset())
    assert len(offsets) == (1 if zone == "Asia/Kolkata" else 2)


def test_the_zone_of_a_slot_is_in_the_file() -> None:
    found = icalendar.Calendar.from_ical(made(slots=("sat 09:00-11:30",)))
    assert [str(zone["tzid"]) for zone in found.walk("VTIMEZONE")] == ["Europe/Berlin"]


def test_a_plan_without_dates_is_an_empty_calendar() -> None:
    plan = make_plan(PATH, fresh(), weekly_hours=None, today=TODAY)
    text = calendar(plan, days=(), slots=("tue 18:00-20:00",), zone="UTC", today=TODAY, now=NOW)
    assert events(text) == {}
    assert EXAM_HOURS > 0
