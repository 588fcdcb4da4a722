"""What lies on the desk says what is charged on that shift; hints speak of the shift that is played."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from gradatim import lab
from gradatim.app.desk import desk
from gradatim.core.money import micro
from gradatim.lab.live import LiveSession
from gradatim.sim.faults import FAMILIES
from gradatim.sim.flights.prices import load_prices

LAB = "incident-response"
OF_DAYS, OF_HOURS = "late-labels", "traffic-surge"


@cache
def session(family: str) -> LiveSession:
    instance = lab(LAB).instance(5, family)
    return LiveSession(instance, instance.timeline.reset())


@cache
def papers(family: str) -> dict[str, Any]:
    return desk(session(family))


def prices(family: str) -> dict[str, int]:
    """Item -> micro-dollars, as written."""
    return {
        p["item"]: micro(float(p["amount"].replace("−", "-").replace("$", "").replace(",", "")))
        for p in papers(family)["price_sheet"]
    }


def test_answers_of_a_shift_of_days_are_worth_what_the_price_sheet_says() -> None:
    quality, sheet = session(OF_DAYS).world.quality, prices(OF_DAYS)
    assert quality is not None
    late = quality.window.items.late
    offered = quality.healthy != 0
    assert np.unique(quality.healthy[offered & late]).tolist() == [sheet["offer, and the flight is late"]]
    assert np.unique(quality.healthy[offered & ~late]).tolist() == [sheet["offer, and it is not late"]]


@pytest.mark.parametrize("family", [OF_DAYS, OF_HOURS])
def test_answers_without_a_model_are_worth_what_the_price_sheet_says(family: str) -> None:
    sheet = prices(family)
    assert load_prices().route_micro == (
        sheet["answered from the late-rate table"],
        sheet["“no offer” with nothing behind it"],
        sheet["no answer"],
    )


def test_offers_of_a_shift_of_hours_are_worth_what_the_price_sheet_says() -> None:
    sheet = prices(OF_HOURS)
    assert sheet["offer, and the flight is late"] == load_prices().warranted_micro
    assert sheet["offer, and it is not late"] == load_prices().unwarranted_micro
    assert "retrain" not in sheet
    assert sheet["extra replica, an hour"] == micro(36.0)


@pytest.mark.parametrize("family", [OF_DAYS, OF_HOURS])
def test_what_an_action_costs_is_on_the_sheet(family: str) -> None:
    s, sheet = session(family), prices(family)
    asked: dict[str, dict[str, Any]] = {
        "change of the service": {"kind": "set_queue_limit", "limit": 64},
        "waking a colleague": {"kind": "page", "team": "web"},
    }
    if family == OF_DAYS:
        asked |= {
            "job re-run": {"kind": "rerun_job", "job": "weather"},
            "retrain": {"kind": "retrain"},
            "differential test": {"kind": "differential_test"},
        }
    else:
        asked["feature backfill"] = {"kind": "prewarm_cache"}
    for item, message in asked.items():
        assert micro(s.preview(message)["cost_usd"]) == sheet[item], item


@pytest.mark.parametrize("family", [OF_DAYS, OF_HOURS])
def test_no_paper_names_a_cause(family: str) -> None:
    found = papers(family)
    text = (
        f"{found['handover_html']}{found['brief_html']}{found['runbook_html']}{found['price_sheet']}".lower()
    )
    for one in FAMILIES.values():
        for word in (one.id, *one.variants):
            assert word == "quiet" or word not in text, word


def test_hints_speak_of_the_shift_that_is_played_and_cost_the_same() -> None:
    told: dict[str, list[tuple[str, str]]] = {}
    for family in (OF_DAYS, OF_HOURS):
        instance = lab(LAB).instance(5, family)
        s = LiveSession(instance, instance.timeline.reset())
        for _ in range(3):
            assert s.act({"kind": "take_hint"})["accepted"]
        told[family] = [(m["role"], m["text"]) for m in s.inbox() if m["id"].startswith("h-")]
        assert not s.act({"kind": "take_hint"})["accepted"]
    days, hours = told[OF_DAYS], told[OF_HOURS]
    assert (
        [role for role, _ in days]
        == [role for role, _ in hours]
        == ["hint, $100", "hint, $200", "hint, $300"]
    )
    assert "differential test" in days[1][1]
    assert "attempts" in hours[0][1]
    assert not {text for _, text in days} & {text for _, text in hours}


def test_a_preview_speaks_of_the_traffic_that_there_is() -> None:
    """Ticks of a shift of days are thirty times as long: requests a second are not thirty times as many."""
    for family, usual, per in ((OF_DAYS, 2.8, "an hour"), (OF_HOURS, 112.0, "a minute")):
        said = session(family).preview({"kind": "shed", "client": "all", "share": 1.0})
        rate = float(said["expected"].removeprefix("about ").split()[0])
        assert 0.3 * usual < rate < 2 * usual
        assert said["risk"].endswith(per)
