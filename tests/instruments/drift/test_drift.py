"""The whole comparison on files: what it finds, what it leaves alone, what it says about its own limits."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gradatim.core.errors import InputError
from gradatim.instruments import drift
from gradatim.instruments.drift import Analysis, Request, Settings
from gradatim.instruments.drift.words import verdict
from gradatim.instruments.tables import open_table

Columns = Mapping[str, Any]
Compare = Callable[..., Analysis]


@pytest.fixture
def compare(tmp_path: Path) -> Compare:
    def run(reference: Columns, current: Columns, request: Request | None = None) -> Analysis:
        asked = request or Request()
        paths = []
        for name, columns in (("ref", reference), ("cur", current)):
            paths.append(tmp_path / f"{name}.parquet")
            pq.write_table(pa.table(dict(columns)), paths[-1], row_group_size=20_000)
        profile, windows = drift.profile_of(open_table(paths[0]), asked, digest="d")
        return drift.analyse(profile, open_table(paths[1]), asked, Settings(), windows=windows)

    return run


def mixed(rng: np.random.Generator, n: int, times: int = 2) -> dict[str, Any]:
    """Columns of every sort, several times over."""
    made: dict[str, Any] = {}
    for i in range(times):
        made[f"normal{i}"] = rng.normal(size=n)
        made[f"skewed{i}"] = rng.lognormal(0, 1.5, n)
        made[f"count{i}"] = rng.poisson(3, n).astype(float)
        made[f"zeros{i}"] = np.where(rng.random(n) < 0.4, 0, rng.exponential(size=n))
        made[f"holes{i}"] = np.where(rng.random(n) < 0.05, np.nan, rng.normal(size=n))
        made[f"letter{i}"] = np.array(list("abcdef"))[rng.choice(6, n, p=[0.4, 0.3, 0.15, 0.1, 0.04, 0.01])]
        made[f"tail{i}"] = np.char.add("v", rng.zipf(1.4, n).clip(max=10**6).astype(str))
    return made


@pytest.mark.parametrize(("n", "m", "reports"), [(100, 100, 25), (100, 3000, 12), (10_000, 10_000, 3)])
def test_unchanged_data_raise_no_alarm(compare: Compare, n: int, m: int, reports: int) -> None:
    """Allowed is 1 % of reports: two alarms in 25 would have the chance 0.03."""
    request = Request(categorical=("tail0", "tail1"))
    alarms = 0
    for seed in range(reports):
        rng = np.random.default_rng(seed)
        found = compare(mixed(rng, n), mixed(rng, m), request)
        alarms += bool(found.in_state("drift", "small"))
    assert alarms <= 1


def test_small_real_changes_are_found_and_do_not_drown_the_large_one(compare: Compare) -> None:
    rng = np.random.default_rng(1)
    n = 200_000
    before = {f"x{i}": rng.normal(size=n) for i in range(12)}
    after = {f"x{i}": rng.normal(size=n) for i in range(12)}
    after["x1"] += 0.03
    after["x2"] *= 1.03
    after["x3"] += 0.15
    found = compare(before, after)
    assert [r.name for r in found.in_state("drift")] == ["x3"]
    assert {r.name for r in found.in_state("small")} == {"x1", "x2"}
    told = verdict(found)
    assert told.kind == "bad" and "1 of 12 columns has drifted" in told.headline
    measures = found.in_state("drift")[0].measures
    assert measures["wasserstein_sd_low"] < 0.15 < measures["wasserstein_sd_high"]


CHANGES: dict[str, tuple[Callable[[np.random.Generator, np.ndarray], Any], str]] = {
    "error code": (lambda rng, x: np.where(rng.random(len(x)) < 0.03, -1.0, x), "one value"),
    "missing": (lambda rng, x: np.where(rng.random(len(x)) < 0.03, np.nan, x), "missing"),
    "infinite": (lambda rng, x: np.where(rng.random(len(x)) < 0.01, np.inf, x), "infinite"),
    "far": (lambda rng, x: np.where(rng.random(len(x)) < 0.01, 1e6, x), "above range"),
    "unit": (lambda rng, x: x * 1000, "distribution"),
    "spread": (lambda rng, x: x * 1.3, "distribution"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_kind_of_break_is_named(compare: Compare, name: str) -> None:
    change, what = CHANGES[name]
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=20_000), rng.normal(size=20_000)
    found = compare({"x": x, "y": x}, {"x": change(rng, y), "y": y})
    (column,) = found.in_state("drift")
    assert column.name == "x"
    assert what in {f.what for f in column.real(0.01) if f.large}


def test_a_far_outlier_alone_is_no_drift(compare: Compare) -> None:
    rng = np.random.default_rng(2)
    y = rng.normal(size=20_000)
    y[0] = 1e15
    assert compare({"x": rng.normal(size=20_000)}, {"x": y}).in_state("drift", "small") == []


def test_new_vanished_and_gone(compare: Compare) -> None:
    rng = np.random.default_rng(3)
    letters = rng.choice(list("abc"), 5000)
    before = {"c": letters, "d": letters, "e": letters}
    after = {
        "c": np.where(rng.random(5000) < 0.05, "new", letters),
        "d": np.where(letters == "c", "a", letters),
    }
    found = {r.name: {f.what for f in r.real(0.01) if f.large} for r in compare(before, after).results}
    assert "new category" in found["c"] and "vanished category" in found["d"]
    assert found["e"] == {"column gone"}


def test_too_many_values_to_name_raise_no_alarm(compare: Compare) -> None:
    """The most frequent of very many values are frequent by luck: they must not look rarer on the other side."""
    rng = np.random.default_rng(4)
    ids = [[f"u{i}" for i in rng.integers(0, 10**6, 120_000)] for _ in range(2)]
    found = compare({"id": ids[0]}, {"id": ids[1]}, Request(categorical=("id",)))
    assert found.results[0].state == "same" and found.results[0].remark


def test_few_rows_are_not_good(compare: Compare) -> None:
    rng = np.random.default_rng(5)
    told = verdict(compare({"x": rng.normal(size=60)}, {"x": rng.normal(size=60)}))
    assert told.kind == "unsure" and "too few rows" in told.headline


@pytest.mark.parametrize("value", [np.nan, None])
def test_a_current_file_without_values_is_bad(compare: Compare, value: float | None) -> None:
    rng = np.random.default_rng(6)
    told = verdict(compare({"x": rng.normal(size=500)}, {"x": pa.array([value] * 500, pa.float64())}))
    assert told.kind == "bad" and "missing" in told.why[0]


def stamps(days: float, n: int, rng: np.random.Generator, start: int = 0) -> tuple[Any, np.ndarray]:
    seconds = np.sort(rng.uniform(0, days * 86400, n))
    first = datetime.datetime(2024, 1, 1) + datetime.timedelta(days=start)
    return pa.array([first + datetime.timedelta(seconds=s) for s in seconds]), seconds


def test_persistence_tells_a_lasting_change_from_an_episode(compare: Compare) -> None:
    rng = np.random.default_rng(7)
    when, _ = stamps(20, 20_000, rng)
    now, seconds = stamps(14, 14_000, rng, 20)
    day = seconds // 86400
    before = {
        "t": when,
        "x": rng.normal(size=20_000),
        "y": rng.normal(size=20_000),
        "z": rng.normal(size=20_000),
    }
    after = {
        "t": now,
        "x": rng.normal(size=14_000) + (day >= 9),
        "y": rng.normal(size=14_000) + ((day >= 3) & (day < 6)),
        "z": rng.normal(size=14_000),
    }
    found = {r.name: r for r in compare(before, after, Request(time="t")).results}
    assert (found["x"].state, found["y"].state, found["z"].state) == ("drift", "episode", "same")
    assert found["x"].persistence is not None and found["x"].persistence.as_dict()["since"] == "2024-01-30"


def test_rows_that_cluster_by_day_are_worth_fewer(compare: Compare) -> None:
    """Every day has its own level: independent rows would make nearly every pair of months differ."""
    rng = np.random.default_rng(8)

    def month(start: int) -> dict[str, Any]:
        when, seconds = stamps(30, 15_000, rng, start)
        level = rng.normal(0, 0.6, 31)[(seconds // 86400).astype(int)]
        return {"t": when, "x": level + rng.normal(size=15_000)}

    alarms = [compare(month(0), month(30), Request(time="t")).results[-1].state != "same" for _ in range(5)]
    plain = [compare(month(0), month(30)).results[-1].state != "same" for _ in range(5)]
    assert sum(alarms) <= 1 < 3 <= sum(plain)


def scored(rng: np.random.Generator, n: int, shift: float = 0.0, bend: float = 0.0) -> dict[str, Any]:
    z = rng.normal(shift, 1.0, n)
    group = rng.choice(["a", "b"], n)
    score = 1 / (1 + np.exp(-z))
    truth = np.clip(score + bend * (group == "b"), 0, 1)
    return {"z": z, "group": group, "score": score, "label": (rng.random(n) < truth).astype(float)}


ASKED = Request(prediction="score", label="label", segments=("group",), metric="accuracy")


def test_estimated_performance_is_near_the_realised_one_under_covariate_shift(compare: Compare) -> None:
    inside, errors = 0, []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        whole = compare(scored(rng, 6000), scored(rng, 6000, shift=0.8), ASKED).groups[0]
        assert whole.estimated and whole.realised
        e, r = whole.estimated["accuracy"], whole.realised["accuracy"]
        errors.append(e.value - r.value)
        inside += e.low - (r.high - r.value) <= r.value <= e.high + (r.value - r.low)
        assert "calibration" not in whole.changed
    assert inside >= 5
    assert abs(np.mean(errors)) < 0.01


def test_a_changed_meaning_is_found_by_the_labels_and_in_its_segment(compare: Compare) -> None:
    rng = np.random.default_rng(9)
    found = compare(scored(rng, 10_000), scored(rng, 10_000, bend=0.2), ASKED)
    groups = {g.value: g for g in found.groups if g.segment}
    assert "calibration" in groups["b"].changed and groups["a"].changed == {}
    assert verdict(found).kind == "bad" and found.in_state("drift") == []


def test_unchanged_scores_raise_no_alarm(compare: Compare) -> None:
    alarms = 0
    for seed in range(5):
        rng = np.random.default_rng(100 + seed)
        alarms += any(g.changed for g in compare(scored(rng, 4000), scored(rng, 4000), ASKED).groups)
    assert alarms <= 1


def test_the_shift_that_carries_the_prediction_is_named_first(compare: Compare) -> None:
    rng = np.random.default_rng(10)
    after = scored(rng, 8000, shift=0.5)
    after["other"] = rng.normal(1, 1, 8000)
    before = scored(rng, 8000)
    before["other"] = rng.normal(0, 1, 8000)
    found = compare(before, after, ASKED)
    effects = {c.name: c.effect for c in found.carriers}
    assert found.prediction_change == pytest.approx(effects["z"], abs=0.02)
    assert abs(effects["other"]) < 0.02


def test_what_was_asked_for_and_is_not_there_is_told_at_once(compare: Compare) -> None:
    with pytest.raises(InputError) as caught:
        compare(
            {"x": [1.0]}, {"x": [1.0]}, Request(prediction="p", label="l", segments=("s",), ignore=("w",))
        )
    assert len(caught.value.problems) == 4
    with pytest.raises(InputError, match="not a predicted probability"):
        compare({"p": [0.5, 3.0]}, {"p": [0.5]}, Request(prediction="p"))
    with pytest.raises(InputError, match="no rows"):
        compare({"x": [1.0]}, {"x": pa.array([], pa.float64())})
