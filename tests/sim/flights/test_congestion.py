"""The delay visible at an hour never looks ahead of that hour."""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.sim.flights.congestion import delay_so_far


def test_a_flight_counts_with_the_delay_shown_so_far() -> None:
    scheduled = np.array([580, 540, 550, 610])  # 09:40, 09:00, 09:10, 10:10
    delay = np.array([80, 0, -5, 30])
    table = delay_so_far(np.zeros(4, dtype=np.int64), 1, scheduled, delay, n_hours=24, back_h=2)
    assert table[0, 10] == pytest.approx(20 / 3)  # 20 minutes of the 80, over three flights
    assert table[0, 11] == pytest.approx((80 + 30) / 4)
    assert np.isnan(table[0, 9]) and np.isnan(table[0, 12])  # 12:00 sees only the flight of 10:10


def test_against_the_plain_definition() -> None:
    rng = np.random.default_rng(3)
    n, hours, back = 400, 48, 3
    group, scheduled, delay = rng.integers(0, 4, n), rng.integers(0, hours * 60, n), rng.integers(-20, 300, n)
    table = delay_so_far(group, 4, scheduled, delay, hours, back)
    for g in range(4):
        for h in range(hours):
            seen = [
                min(max(min(int(d), h * 60 - int(s)), 0), 120)
                for k, s, d in zip(group, scheduled, delay, strict=True)
                if k == g and h - back <= s // 60 < h
            ]
            if len(seen) < 3:
                assert np.isnan(table[g, h])
            else:
                assert table[g, h] == pytest.approx(sum(seen) / len(seen), rel=1e-6)
