"""Recording rules and alerts over time, beside promtool."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml

from gradatim.core.errors import InputError
from gradatim.instruments.promql import Played, Series, SeriesSet, labels_of, play, read_rules

MINUTE_MS = 60_000
RULES = {
    "groups": [
        {
            "name": "g",
            "rules": [
                {"record": "job:busy:sum", "expr": "sum by (job) (busy)", "labels": {"team": "t"}},
                {"record": "job:busy:avg", "expr": "avg_over_time(job:busy:sum[4m])"},
                {"alert": "Now", "expr": "busy > 0.5", "labels": {"severity": "page"}},
                {"alert": "Held", "expr": "busy > 0.5", "for": "3m"},
                {"alert": "Kept", "expr": "busy > 0.5", "for": "2m", "keep_firing_for": "4m"},
                {"alert": "OnRecorded", "expr": "job:busy:avg > 0.7", "for": "1m"},
                {"alert": "Gone", "expr": 'absent(busy{job="a"})', "for": "2m"},
            ],
        }
    ]
}


def scrape(seed: int) -> tuple[SeriesSet, dict[str, list[float | None]]]:
    """Two series that go up and down and have holes, one value or None a minute."""
    random = np.random.default_rng(seed)
    written: dict[str, list[float | None]] = {}
    series = []
    for job in ("a", "b"):
        state = np.repeat(random.integers(0, 2, 30), random.integers(1, 6, 30))[:60]
        values: list[float | None] = [float(v) for v in state]
        for at in random.integers(0, 50, 2):
            values[at : at + 9] = [None] * len(values[at : at + 9])
        written[f'busy{{job="{job}"}}'] = values
        there = [i for i, v in enumerate(values) if v is not None]
        times = np.array(there, dtype=np.int64) * MINUTE_MS
        series.append(
            Series(
                labels_of({"__name__": "busy", "job": job}),
                times,
                np.array([values[i] for i in there], float),
            )
        )
    return SeriesSet(series), written


def played(seed: int) -> Played:
    return play(read_rules(RULES, "r"), scrape(seed)[0], 0, 59 * MINUTE_MS, interval_ms=MINUTE_MS)


@pytest.mark.prometheus
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_promtool_sees_the_same_alerts_at_every_minute(tmp_path: Path, seed: int) -> None:
    _, written = scrape(seed)
    alerts = played(seed).alerts
    assert {a.name for a in alerts} >= {"Now", "Held", "Kept"}
    checks = []
    for name in ("Now", "Held", "Kept", "OnRecorded", "Gone"):
        for minute in range(60):
            firing = [
                {"exp_labels": {k: v for k, v in a.labels if k != "alertname"}}
                for a in alerts
                if a.name == name and a.firing[minute]
            ]
            checks.append({"eval_time": f"{minute}m", "alertname": name, "exp_alerts": firing})
    series = [
        {"series": name, "values": " ".join("_" if v is None else str(v) for v in values)}
        for name, values in written.items()
    ]
    (tmp_path / "r.yaml").write_text(yaml.safe_dump(RULES))
    case = {"interval": "1m", "input_series": series, "alert_rule_test": checks}
    document = {"rule_files": ["r.yaml"], "evaluation_interval": "1m", "tests": [case]}
    (tmp_path / "t.yaml").write_text(yaml.safe_dump(document))
    done = subprocess.run(
        ["promtool", "test", "rules", "t.yaml"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_for_waits_and_keeps() -> None:
    times = np.arange(20, dtype=np.int64) * MINUTE_MS
    up = np.array([0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0], dtype=float)
    data = SeriesSet([Series(labels_of({"__name__": "busy"}), times, up)])
    found = {
        a.name: a for a in play(read_rules(RULES, "r"), data, 0, 19 * MINUTE_MS, interval_ms=MINUTE_MS).alerts
    }
    assert found["Now"].firings() == [(60_000, 240_000), (540_000, 660_000)]
    assert found["Held"].firings() == [(240_000, 240_000)]
    # Up from 1, fires at 3, falls at 5, kept for 4 minutes: 8 is the last, and at 9 it goes on as the same alert.
    assert found["Kept"].firings() == [(180_000, 15 * MINUTE_MS)]


def test_a_rule_that_needs_a_later_one_is_refused() -> None:
    rules = [
        {"alert": "A", "expr": "late > 1"},
        {"record": "late", "expr": "x"},
        {"alert": "B", "expr": "ALERTS"},
    ]
    groups = read_rules({"groups": [{"name": "g", "rules": rules}]}, "r")
    with pytest.raises(InputError) as caught:
        play(groups, SeriesSet(), 0, 60_000, interval_ms=60_000)
    assert len(caught.value.problems) == 2


def test_labels_that_collide_are_an_error() -> None:
    data = SeriesSet(
        Series(labels_of({"__name__": "x", "i": str(i)}), np.array([0], dtype=np.int64), np.ones(1))
        for i in range(2)
    )
    rule = {"record": "y", "expr": "x", "labels": {"i": "same"}}
    with pytest.raises(InputError, match="rule y"):
        play(read_rules({"groups": [{"name": "g", "rules": [rule]}]}, "r"), data, 0, 0, interval_ms=60_000)
