"""The workbook's table, and what follows from its formula."""

from __future__ import annotations

import csv
import io
import math

import numpy as np
import pytest

from gradatim.instruments.promql import Engine, Series, SeriesSet, labels_of
from gradatim.instruments.promql.rule_file import parse_duration_ms
from gradatim.instruments.promql.syntax import duration
from gradatim.instruments.slo.burn import burn_alerts, detection_s
from gradatim.instruments.slo.spec import DAY_MS

# SRE workbook ch. 5, table 5-8, SLO 99.9 % over 30 days; detection = (1 - SLO) / error rate x window x burn.
TABLE = """severity,long_window,short_window,burn,budget_spent,detect_at_full_outage_s
page,1h,5m,14.4,0.02,51.84
page,6h,30m,6,0.05,129.6
ticket,3d,6h,1,0.10,259.2
"""
ROWS = list(csv.DictReader(io.StringIO(TABLE)))


@pytest.mark.parametrize("row", ROWS, ids=[row["long_window"] for row in ROWS])
def test_the_table_of_the_workbook(row: dict[str, str]) -> None:
    alerts, notes = burn_alerts(30 * DAY_MS)
    assert notes == []
    assert sorted(a.burn for a in alerts) == pytest.approx([1, 3, 6, 14.4])
    (one,) = (a for a in alerts if a.long_ms == parse_duration_ms(row["long_window"]))
    assert one.severity == row["severity"]
    assert duration(one.short_ms) == row["short_window"]
    assert one.burn == pytest.approx(float(row["burn"]))
    assert one.spent == pytest.approx(float(row["budget_spent"]))
    assert detection_s(0.999, 1.0, one.long_ms, one.burn) == pytest.approx(
        float(row["detect_at_full_outage_s"])
    )


@pytest.mark.parametrize("row", ROWS[:2], ids=["1h", "6h"])
@pytest.mark.parametrize("share", [1.0, 0.25])
def test_prometheus_semantics_detect_when_the_formula_says(row: dict[str, str], share: float) -> None:
    """A scrape a second, 100 events a second, failures from the end of a whole window on."""
    window_ms = parse_duration_ms(row["long_window"])
    healthy = window_ms // 1000 + 10
    times = np.arange(healthy + 3000, dtype=np.int64) * 1000
    bad = np.maximum(0, np.arange(len(times)) - healthy) * 100.0 * share
    data = SeriesSet(
        Series(labels_of({"__name__": name}), times, values)
        for name, values in (("bad", bad), ("total", np.arange(len(times)) * 100.0))
    )
    limit = float(row["burn"]) * 0.001
    ratio = f"rate(bad[{row['long_window']}]) / rate(total[{row['long_window']}]) > {limit:.6g}"
    frame = Engine(data).vector(ratio, times[healthy:])
    first = int(np.argmax(frame.present[0]))
    wanted = detection_s(0.999, share, window_ms, float(row["burn"]))
    assert wanted <= first <= wanted + 1.01


@pytest.mark.parametrize(
    ("days", "burns"),
    [(28, [13.44, 5.6, 2.8, 1.0]), (7, [3.36, 1.4, 1.0, 1.0]), (90, [43.2, 18, 9, 3]), (1, [1, 1, 1])],
)
def test_another_period_keeps_the_shares_of_the_budget(days: int, burns: list[float]) -> None:
    alerts, notes = burn_alerts(days * DAY_MS)
    assert [a.burn for a in alerts] == pytest.approx(burns)
    assert len(notes) == sum(b == 1.0 for b in burns) + (4 - len(burns))
    assert all(a.spent == pytest.approx(a.burn * a.long_ms / (days * DAY_MS)) for a in alerts)


def test_what_an_outage_cannot_reach() -> None:
    alerts, _ = burn_alerts(30 * DAY_MS)
    assert [a.reachable(0.9) for a in alerts] == [False, True, True, True]
    assert [a.reachable(0.5) for a in alerts] == [False, False, False, True]
    assert detection_s(0.9, 1.0, alerts[0].long_ms, alerts[0].burn) == math.inf
    assert detection_s(0.999, 0.0, alerts[0].long_ms, alerts[0].burn) == math.inf
    assert detection_s(0.999, 0.014, alerts[0].long_ms, alerts[0].burn) == math.inf
