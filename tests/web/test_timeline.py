"""The debrief's geometry: labels never collide, places stay within the plot, ticks fall on round times."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.clock import ShiftClock
from gradatim.web import timeline

AXIS = timeline.Axis(1800, 9000)
CLOCK, DAYS = ShiftClock(False), ShiftClock(True)
ORIGIN, wall = CLOCK.origin_s, CLOCK.text


items = st.lists(
    st.fixed_dictionaries({"t_s": st.floats(0, 12000), "text": st.text("abc ", min_size=1, max_size=90)}),
    max_size=25,
)


@given(items)
def test_labels_of_a_lane_never_overlap(drawn: list[dict[str, object]]) -> None:
    marks, rows = timeline.marks(drawn, AXIS, wall)
    assert len(marks) == len(drawn)
    boxes: dict[int, list[tuple[float, float]]] = {}
    for mark in marks:
        width = timeline._width(mark.label)
        left, right = (mark.x, mark.x + width) if mark.anchor == "start" else (mark.x - width, mark.x)
        assert 0 <= mark.x <= 100
        assert right <= 100 or mark.anchor == "end"
        boxes.setdefault(mark.y, []).append((left, right))
    assert len(boxes) <= rows
    for row in boxes.values():
        row.sort()
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(row))


def test_marks_are_labelled_with_the_rooms_clock() -> None:
    marks, rows = timeline.marks([{"t_s": 5400, "text": "roll back", "strong": True}], AXIS, wall)
    assert rows == 1
    assert (marks[0].label, marks[0].x, marks[0].strong) == ("09:30 roll back", 50.0, True)


def test_a_late_mark_has_its_label_on_the_left() -> None:
    marks, _ = timeline.marks([{"t_s": 8990, "text": "prevention submitted"}], AXIS, wall)
    assert marks[0].anchor == "end"


def test_a_stretch_of_truth_stays_within_the_plot() -> None:
    spans, rows = timeline.spans(
        [
            {"from_s": 0, "to_s": 99999, "text": "all along", "harm": False},
            {
                "from_s": 8900,
                "to_s": None,
                "text": "a label much longer than what is left of the axis",
                "harm": True,
            },
        ],
        AXIS,
        wall,
    )
    assert rows == 2
    assert (spans[0].x, spans[0].width) == (0.0, 100.0)
    assert spans[1].anchor == "end" and spans[1].x + spans[1].width <= 100.001


def test_ticks_are_round_times_of_day() -> None:
    ticks = AXIS.ticks(wall, ORIGIN)
    assert [t.label for t in ticks][:3] == ["08:30", "08:40", "08:50"]
    assert ticks[0].at == 0 and ticks[-1].at == 100 and ticks[-1].label == "10:30"
    assert [t.label for t in ticks if not t.minor] == ["08:30", "09:00", "09:30", "10:00", "10:30"]


def test_ticks_of_a_shift_of_days_name_the_day_at_midnight() -> None:
    ticks = timeline.Axis(43_200, 302_400).ticks(DAYS.tick, DAYS.origin_s)
    assert [t.label for t in ticks][:5] == ["day 2", "06:00", "12:00", "18:00", "day 3"]
    assert [t.label for t in ticks if not t.minor] == ["day 2", "day 3", "day 4"]
    marks, _ = timeline.marks([{"t_s": 90_840, "text": "re-run a job"}], AXIS, DAYS.text)
    assert marks[0].label == "day 2 09:14 re-run a job"


@given(st.floats(0, 1e5), st.floats(60, 4e5))
def test_an_axis_never_has_more_than_thirteen_ticks(start_s: float, long_s: float) -> None:
    ticks = timeline.Axis(start_s, start_s + long_s).ticks(wall, ORIGIN)
    assert len(ticks) <= 13
    assert all(0 <= t.at <= 100 for t in ticks)


def test_the_area_between_the_runs_is_there_only_with_both() -> None:
    one = timeline.losses({"t_s": [1800, 1860], "you_usd": [1.0, 90.0], "senior_usd": []}, AXIS)
    assert (one.senior, one.between) == ("", "")
    both = timeline.losses({"t_s": [1800, 1860], "you_usd": [1.0, 90.0], "senior_usd": [1.0, 20.0]}, AXIS)
    assert both.between.endswith("Z") and both.senior.startswith("M0.0 ")
    assert [t.label for t in both.ticks] == ["$0", "$50"]
    assert both.ticks[0].at == 100


def test_a_gain_is_drawn_below_zero() -> None:
    drawn = timeline.losses({"t_s": [1800, 1860], "you_usd": [-30.0, 60.0], "senior_usd": None}, AXIS)
    labels = [t.label for t in drawn.ticks]
    assert labels == ["$0", "$50"]
    assert drawn.ticks[0].at < 100
