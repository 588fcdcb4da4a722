"""The start questions: what is refused, all at once, and what an answer is worth."""

from __future__ import annotations

import pytest

from gradatim.core.errors import InputError
from gradatim.path.pack import ForecastFacts
from gradatim.path.questions import QUESTIONS, Answers, raised, read, scope_credit

DIMENSIONS = [f"D{i}" for i in range(1, 11)]


def test_every_question_says_what_it_changes_and_what_is_assumed_without_it() -> None:
    fields = set(Answers.model_fields)
    assert {q.id for q in QUESTIONS} == fields
    for question in QUESTIONS:
        assert question.text.endswith("?")
        assert len(question.changes) > 20
        assert question.skipped


def test_all_may_be_skipped() -> None:
    assert read({}, DIMENSIONS).answered() == set()
    assert read({q.id: None for q in QUESTIONS}, DIMENSIONS).answered() == set()


def test_answers_are_put_in_order() -> None:
    found = read(
        {
            "committee_windows": ["10-01", "04-01", "04-01"],
            "study_slots": ["Tue  18:00-20:00"],
            "time_zone": "Europe/Berlin",
            "opportunities_agreed": ["2027-02-01"],
            "scope": {"D1": 3},
            "weekly_hours": 0,
        },
        DIMENSIONS,
    )
    assert found.committee_windows == ("04-01", "10-01")
    assert found.study_slots == ("tue 18:00-20:00",)
    assert "weekly_hours" in found.answered()  # none at all is an answer


def test_every_bad_answer_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        read(
            {
                "weekly_hours": 200,
                "months_at_level": "many",
                "committee_windows": ["13-01", "31 March"],
                "study_slots": ["tue 20:00-18:00"],
                "time_zone": "Berlin",
                "scope": {"D1": 7, "D99": 3},
                "favourite": "blue",
            },
            DIMENSIONS,
        )
    told = "\n".join(caught.value.problems)
    for word in ("weekly_hours", "months_at_level", "time_zone", "ends before it begins", "D99", "favourite"):
        assert word in told
    assert told.count("committee_windows") == 2
    assert "scope.D1" in told


@pytest.mark.parametrize("zone", ["../../etc/passwd", "", "Mars/Olympus", "/etc/localtime"])
def test_a_time_zone_is_a_name_and_not_a_path(zone: str) -> None:
    with pytest.raises(InputError):
        read({"time_zone": zone}, DIMENSIONS)


def test_a_leap_day_may_be_a_yearly_window() -> None:
    assert read({"committee_windows": ["02-29"]}, DIMENSIONS).committee_windows == ("02-29",)
    with pytest.raises(InputError):
        read({"committee_windows": ["2027-02-29"]}, DIMENSIONS)


def test_scope_credit_is_nothing_at_mid_a_quarter_at_three_and_half_at_senior() -> None:
    facts = ForecastFacts()

    def credit(level: int) -> float:
        return scope_credit(dict.fromkeys(DIMENSIONS, level), DIMENSIONS, facts)

    assert [credit(level) for level in (1, 2, 3, 4, 5)] == [0, 0, 0.25, 0.5, 0.5]
    assert scope_credit({}, DIMENSIONS, facts) == 0
    assert scope_credit({"D1": 4}, DIMENSIONS, facts) == pytest.approx(0.05)


def test_one_level_more_goes_to_the_lowest_dimension() -> None:
    assert raised({"D1": 3, "D2": 2}, ["D1", "D2"]) == {"D1": 3, "D2": 3}
    assert raised({"D1": 1}, ["D1"]) == {"D1": 3}  # credit begins above mid
    assert raised({"D1": 5}, ["D1"]) == {"D1": 5}
