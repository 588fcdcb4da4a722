"""The packaged data are what the provenance says, and what they were in the source."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pytest

from gradatim.sim.flights.days import ordinary_days
from gradatim.sim.flights.year import DATA, N_DAYS, load_year

LATE_BY_MONTH = {9: 0.132, 6: 0.308, 7: 0.315, 12: 0.326}
"""Counted from flights.csv: arr_delay > 15 among flights with an arrival delay."""


def test_every_output_has_its_digest_in_the_provenance() -> None:
    text = (DATA / "PROVENANCE.md").read_text(encoding="utf-8")
    said = dict(re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", text, re.M))
    files = {p.name for p in DATA.iterdir() if p.suffix in {".parquet", ".npz", ".json"}}
    assert files <= said.keys()
    assert {n: hashlib.sha256((DATA / n).read_bytes()).hexdigest() for n in files} == {
        n: said[n] for n in files
    }
    assert said.keys() - files == {"flights.csv.zip", "weather.csv", "planes.csv", "airports.csv"}
    assert "CC0" in text


def test_the_package_stays_small() -> None:
    assert sum(p.stat().st_size for p in DATA.iterdir()) < 5_000_000


def test_the_year_is_complete_and_in_order() -> None:
    year = load_year()
    assert len(year.dep_min) == 336_776
    assert int(year.cancelled.sum()) == 8_255
    assert int((~year.landed).sum()) == 9_430
    assert (np.diff(year.utc_hour) >= 0).all()
    assert (
        year.day_rows[0] == 0 and year.day_rows[-1] == len(year.dep_min) and len(year.day_rows) == N_DAYS + 1
    )
    assert not year.late[~year.landed].any()
    # EST is UTC-5, EDT is UTC-4: the local hour and the UTC hour of a flight differ by nothing else
    assert set(np.unique(year.dep_min // 60 - year.utc_hour)) == {-5, -4}


@pytest.mark.parametrize(("month", "rate"), LATE_BY_MONTH.items())
def test_late_rates_by_month(month: int, rate: float) -> None:
    year = load_year()
    starts = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
    rows = slice(int(year.day_rows[starts[month - 1]]), int(year.day_rows[starts[month]]))
    assert year.late[rows].sum() / year.landed[rows].sum() == pytest.approx(rate, abs=0.0006)


def test_arrays_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        load_year().late[0] = True


def test_ordinary_days_come_after_every_training_window() -> None:
    assert min(ordinary_days()) >= 90
    assert len(ordinary_days()) >= 50
    weekdays = np.bincount((np.asarray(ordinary_days()) + 1) % 7, minlength=7)
    assert (weekdays >= 4).all()
