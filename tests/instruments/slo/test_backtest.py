"""Histories with known truth: incidents, pages, detection, budget, and what must not pass."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradatim.core.errors import InputError
from gradatim.instruments.slo.run import Request, run

from .specs import ERRORS, GOOD, LATENCY, RAW, document, write

T0 = 1_740_009_600
DAY = 1440


class Traffic:
    """A made history, one value a minute.

    Args:
        days: its length.
        rate: requests a minute.
        floor: share that always fails.
    """

    def __init__(self, days: int, rate: float = 300, floor: float = 0.0002, seed: int = 1) -> None:
        random = np.random.default_rng(seed)
        self.random, n = random, days * DAY
        self.total = random.poisson(rate, n).astype(float)
        self.share = np.full(n, floor)

    def outage(self, start_min: int, minutes: int, share: float) -> Traffic:
        self.share[start_min : start_min + minutes] = share
        return self

    def bad(self) -> np.ndarray:
        return self.random.binomial(self.total.astype(int), self.share).astype(float)

    def csv(self, path: Path, *, skip: range = range(0)) -> Path:
        bad = self.bad()
        rows = [f"{T0 + 60 * i},{self.total[i]:.0f},{bad[i]:.0f}" for i in range(len(bad)) if i not in skip]
        path.write_text("timestamp,total,errors\n" + "\n".join(rows) + "\n")
        return path

    def json(self, path: Path, *, skip: range = range(0), reset_min: int = 0) -> Path:
        bad = self.bad()
        result = []
        for code, counts in (("200", self.total - bad), ("500", bad)):
            values = np.cumsum(counts)
            if reset_min:
                values[reset_min:] -= values[reset_min - 1]
            metric = {"__name__": "http_requests_total", "code": code}
            pairs = [[T0 + 60 * i, f"{v:.0f}"] for i, v in enumerate(values.tolist()) if i not in skip]
            result.append({"metric": metric, "values": pairs})
        path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}))
        return path


def judged(
    folder: Path, metrics: Path, given: dict[str, Any] | None = None, **options: Any
) -> tuple[str, Any, Any]:
    """The kind of the verdict, the verdict, and the facts of the first objective."""
    report = run(Request(write(folder / "spec.yaml", given or document()), (metrics,), **options))
    return report.verdict.kind, report.verdict, report.json["objectives"][0]


def test_outages_are_found_and_the_budget_is_counted(tmp_path: Path) -> None:
    made = Traffic(30).outage(5 * DAY, 20, 0.5).outage(12 * DAY, 1000, 0.004).outage(20 * DAY, 5, 1.0)
    kind, verdict, facts = judged(tmp_path, made.json(tmp_path / "h.json", reset_min=8 * DAY))
    assert kind == "good", verdict
    (rules,) = facts["rules"]
    found = rules["incidents"]
    starts = [T0 + 60 * at for at in (5 * DAY, 12 * DAY, 20 * DAY)]
    assert len(found) == 3
    for one, start in zip(found, starts, strict=True):
        at = np.datetime64(one["start"].rstrip("Z")).astype("datetime64[s]").astype(int)
        assert abs(int(at) - start) <= 600
    assert [one["page_after_s"] is not None for one in found] == [True, False, True]
    assert found[1]["ticket_after_s"] is not None
    assert found[0]["page_after_s"] <= 300
    assert len(rules["pages"]) == 2
    assert all(page["with_reason"] for page in rules["pages"])
    # The made shares, of the budget of 0.1 %: 0.02 always, and the three incidents.
    wanted = (0.0002 * 30 * DAY + 20 * 0.5 + 1000 * 0.004 + 5) / (0.001 * 30 * DAY)
    assert facts["budget_spent_share"] == pytest.approx(wanted, rel=0.05)


def test_a_table_of_counts_gives_the_same_answer(tmp_path: Path) -> None:
    made = [Traffic(10).outage(5 * DAY, 20, 0.5) for _ in range(2)]
    _, _, series = judged(tmp_path, made[0].json(tmp_path / "h.json"))
    _, _, table = judged(tmp_path, made[1].csv(tmp_path / "h.csv"))
    assert table["bad"] == pytest.approx(series["bad"], abs=2)
    pages = [[p["with_reason"] for p in one["rules"][0]["pages"]] for one in (series, table)]
    assert pages == [[True], [True]]
    first, second = (one["rules"][0]["incidents"][0]["page_after_s"] for one in (series, table))
    assert 0 <= second - first <= 60, "a count is known at the end of its minute"


def test_an_objective_that_was_missed_is_bad(tmp_path: Path) -> None:
    kind, verdict, facts = judged(tmp_path, Traffic(30).outage(DAY, 90, 0.9).csv(tmp_path / "h.csv"))
    assert kind == "bad"
    assert "objective missed" in verdict.headline
    assert facts["budget_spent_share"] > 1


def test_a_calendar_month_gives_a_new_budget(tmp_path: Path) -> None:
    window = {"duration": "1M", "calendar": {"startTime": "2025-01-01 00:00:00", "timeZone": "Europe/Berlin"}}
    made = Traffic(12).outage(2 * DAY, 60, 0.9)  # 22 February; March begins on the fourth day after
    _, _, facts = judged(tmp_path, made.csv(tmp_path / "h.csv"), document(timeWindow=[window]))
    left = {point["at"][:10]: point["left_share"] for point in facts["budget_left"]}
    assert left["2025-02-27"] < 0
    assert left["2025-03-02"] > 0.9


def test_missing_data_is_never_a_pass(tmp_path: Path) -> None:
    gap = range(3 * DAY, 6 * DAY)
    kind, verdict, facts = judged(tmp_path, Traffic(30).json(tmp_path / "h.json", skip=gap))
    assert kind == "unsure"
    assert any("no data" in line for line in verdict.why)
    assert facts["rules"][0]["indicator_missing_s"] == pytest.approx(3 * 86_400, rel=0.02)
    kind, verdict, _ = judged(tmp_path, Traffic(1).csv(tmp_path / "short.csv"))
    assert kind == "unsure"
    assert any("too little" in line for line in verdict.why)
    quiet = Traffic(30, rate=0)
    kind, verdict, _ = judged(tmp_path, quiet.csv(tmp_path / "quiet.csv"))
    assert kind == "unsure"
    assert "not one event" in verdict.headline


def test_a_query_of_failures_that_finds_nothing_is_doubted(tmp_path: Path) -> None:
    given = document(ERRORS)
    given["spec"]["indicator"]["spec"]["ratioMetric"]["bad"]["metricSource"]["spec"]["query"] = (
        "misspelt_total"
    )
    kind, verdict, _ = judged(tmp_path, Traffic(30).json(tmp_path / "h.json"), given)
    assert kind == "unsure"
    assert any("the query is wrong" in line for line in verdict.why)


def test_coarse_samples_do_not_judge_fine_windows(tmp_path: Path) -> None:
    path = tmp_path / "h.csv"
    path.write_text("timestamp,total,errors\n" + "".join(f"{T0 + 3600 * i},18000,3\n" for i in range(720)))
    kind, verdict, facts = judged(tmp_path, path)
    assert kind == "unsure"
    assert facts["not_replayable"][:2] == ["1h/5m", "6h/30m"]
    assert any("too coarse" in line for line in verdict.why)


def test_low_traffic_gets_a_guard_and_an_outage_still_pages(tmp_path: Path) -> None:
    # Thirty requests an hour by day, one by night: then a single failure is all of the traffic.
    made = Traffic(30, rate=0, floor=0.008, seed=4)
    by_day = np.arange(30 * DAY) % DAY < DAY // 2
    made.total = made.random.poisson(np.where(by_day, 0.5, 0.02)).astype(float)
    made.outage(20 * DAY + 60, 60, 1.0)
    path = made.csv(tmp_path / "h.csv")
    _, _, guarded = judged(tmp_path, path, document(ERRORS, {"target": 0.99}))
    assert guarded["guard_events"] == 5
    rules = guarded["rules"][0]
    low = guarded["low_traffic"]
    assert low["noise_without_guard"] > sum(not p["with_reason"] for p in rules["pages"])
    outage = max(rules["incidents"], key=lambda one: one["bad"])
    assert outage["page_after_s"] is not None
    _, _, without = judged(tmp_path, path, document(ERRORS, {"target": 0.99}), min_bad_events=0)
    assert without["guard_events"] == 0
    assert len(without["rules"][0]["pages"]) == low["pages_without_guard"]


def test_own_rules_and_told_incidents_stand_beside(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        "groups:\n- name: mine\n  rules:\n  - alert: Many\n    labels: {severity: critical}\n    for: 10m\n"
        '    expr: sum(rate(http_requests_total{code="500"}[5m])) / sum(rate(http_requests_total[5m])) > 0.05\n'
    )
    told = tmp_path / "told.csv"
    told.write_text(
        f"start,end,name\n{T0 + 300 * 60},{T0 + 330 * 60},deploy\n{T0 + 3000 * 60},{T0 + 3060 * 60},unseen\n"
    )
    made = Traffic(10).outage(300, 30, 0.5).json(tmp_path / "h.json")
    kind, verdict, facts = judged(tmp_path, made, own_rules=(own,), incidents=told)
    assert kind == "bad"
    assert "1 of 2 incidents raised no alert" in verdict.headline
    generated, mine = facts["rules"]
    assert mine["name"] == "own.yaml"
    assert generated["incidents"][0]["page_after_s"] < mine["incidents"][0]["page_after_s"]
    assert mine["incidents"][0]["page_after_s"] >= 600
    assert mine["incidents"][1]["page_after_s"] is None


def test_thresholds_and_ratios_are_judged_by_samples(tmp_path: Path) -> None:
    n = 30 * DAY
    slow = np.full(n, 0.1)
    slow[10 * DAY : 10 * DAY + 100] = 2.0
    slow[50:60] = np.nan
    rows = [f"{T0 + 60 * i},{v}" for i, v in enumerate(slow.tolist())]
    path = tmp_path / "h.csv"
    path.write_text('timestamp,"latency_p99_seconds{job=""api""}"\n' + "\n".join(rows) + "\n")
    given = document(LATENCY, {"target": 0.99, "op": "lte", "value": 0.3})
    kind, verdict, facts = judged(tmp_path, path, given)
    assert kind == "good", verdict
    assert facts["bad"] == 100
    assert facts["counted"] == "samples"
    assert facts["rules"][0]["incidents"][0]["page_after_s"] is not None
    sliced = document(
        LATENCY,
        {"target": 0.99, "op": "lte", "value": 0.3, "timeSliceTarget": 0.5, "timeSliceWindow": "10m"},
        budgetingMethod="Timeslices",
    )
    _, _, facts = judged(tmp_path, path, sliced)
    assert facts["counted"] == "time slices"
    assert 9 <= facts["bad"] <= 11
    path.write_text(
        'timestamp,"job:good:ratio{job=""api""}"\n' + "".join(f"{T0 + 60 * i},0.9995\n" for i in range(n))
    )
    kind, _, facts = judged(tmp_path, path, document(RAW))
    assert kind == "good"
    assert facts["budget_spent_share"] == pytest.approx(0.5, rel=1e-3)


def test_contradictory_counts_are_an_error(tmp_path: Path) -> None:
    given = document(GOOD)
    parts = given["spec"]["indicator"]["spec"]["ratioMetric"]
    parts["good"]["metricSource"]["spec"]["query"] = "http_requests_total"
    parts["total"]["metricSource"]["spec"]["query"] = 'http_requests_total{code="200"}'
    made = Traffic(3, floor=0.2).json(tmp_path / "h.json")
    with pytest.raises(InputError, match="more than all"):
        judged(tmp_path, made, given)
    parts["total"]["metricSource"]["spec"]["query"] = "nothing_total"
    with pytest.raises(InputError, match="do not hold what"):
        judged(tmp_path, made, given)
    text = made.read_text()
    for wrong in ('"-5"', '"NaN"', '"+Inf"'):
        broken = json.loads(text)
        broken["data"]["result"][0]["values"][7][1] = wrong.strip('"')
        made.write_text(json.dumps(broken))
        with pytest.raises(InputError, match="counts that are no counts"):
            judged(tmp_path, made)
