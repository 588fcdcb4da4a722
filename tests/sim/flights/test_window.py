"""A window is a pure function of its seed, and does not say which real flights it holds."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from gradatim.core.streams import Stream
from gradatim.sim.flights import draws
from gradatim.sim.flights.days import draw_days, ordinary_days
from gradatim.sim.flights.features import HORIZON_END_MIN, HORIZON_START_MIN
from gradatim.sim.flights.window import BLOCK_S, CLOSES_MIN, POOL, REDRAWN_SHARE, Window, draw_window
from gradatim.sim.flights.year import load_year

DIGEST = """
import hashlib, sys
from gradatim.sim.flights import demand_profile, draw_window, values
def digest(seed):
    w = draw_window(seed, 9, 2)
    h = hashlib.sha256(repr((w.days, w.date, w.flights.ids)).encode())
    for a in (*w.flights[:1], *w.flights[2:], *w.items, w.item_pool, values(w, ["v1", "v2", "v3"])):
        h.update(a.tobytes())
    h.update(demand_profile(w, 100.0, seed).tobytes())
    return h.hexdigest()
"""


def digest(seed: int) -> str:
    names: dict[str, object] = {}
    exec(DIGEST, names)
    return names["digest"](seed)  # type: ignore[operator, no-any-return]


@pytest.fixture(scope="module")
def windows() -> list[Window]:
    return [draw_window(seed, (seed * 7) % 24, 3) for seed in range(12)]


@pytest.mark.parametrize("seed", [0, 5, 2**127, 2**128 - 1])
def test_same_seed_same_window_in_another_process(seed: int) -> None:
    code = f"{DIGEST}\nprint(digest({seed}))"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == digest(seed)


def test_another_seed_is_another_window() -> None:
    assert len({digest(s) for s in (0, 1, 2, 2**127)}) == 4


@pytest.mark.parametrize(
    ("seed", "hour", "hours"), [(-1, 9, 3), (2**128, 9, 3), (0, 24, 3), (0, -1, 3), (0, 9, 0)]
)
def test_arguments_out_of_range_are_refused(seed: int, hour: int, hours: float) -> None:
    with pytest.raises(ValueError, match=r"seed|start_hour"):
        draw_window(seed, hour, hours)


def test_array_draws_equal_the_core_stream() -> None:
    stream = Stream(2**100 + 3, "any purpose")
    got = draws.bits(2**100 + 3, "any purpose", np.array([0, 1, 17, 2**40]))
    assert got.tolist() == [stream.bits(e) for e in (0, 1, 17, 2**40)]
    assert draws.uniforms(2**100 + 3, "any purpose", 17)[0] == stream.uniform(17)


def test_days_are_ordinary_with_consecutive_weekdays() -> None:
    for seed in range(60):
        days = draw_days(seed, 4)
        assert set(days) <= set(ordinary_days()) and len(set(days)) == 4
        assert [(d - days[0]) % 7 for d in days] == [0, 1, 2, 3]


def test_the_date_is_fictional_with_the_real_weekday(windows: list[Window]) -> None:
    for w in windows:
        assert w.date.year == 2031 and w.date.weekday() == (w.days[0] + 1) % 7
        assert w.date.timetuple().tm_yday - 1 not in w.days


def test_pool_holds_only_flights_open_for_booking(windows: list[Window]) -> None:
    low, high = np.asarray(HORIZON_START_MIN), np.asarray(HORIZON_END_MIN)
    for w in windows:
        assert w.item_pool.shape == (18, POOL) and w.item_pool.dtype == np.int32
        for b, pool in enumerate(w.item_pool):
            lead_min = w.items.dep_s[pool] / 60 - (b + 0.5) * BLOCK_S / 60
            horizon = w.items.horizon[pool]
            assert (lead_min >= np.maximum(low[horizon], CLOSES_MIN)).all() and (
                lead_min < high[horizon]
            ).all()


def test_popularity_has_a_heavy_tail(windows: list[Window]) -> None:
    for w in windows:
        asked = np.bincount(w.items.flight[w.item_pool.ravel()])
        asked = np.sort(asked)[::-1]
        assert 0.2 < asked[: len(asked) // 20].sum() / asked.sum() < 0.7


def test_a_flight_is_asked_about_more_as_it_departs_sooner() -> None:
    """Asks per open flight in the first block, over 12 windows: within three hours against a day ahead."""
    asks, flights = np.zeros(2), np.zeros(2)
    for seed in range(12):
        w = draw_window(seed, 12, 1)
        lead_h = w.items.dep_s / 3600 - BLOCK_S / 7200
        for k, (low, high) in enumerate(((CLOSES_MIN / 60, 3), (24, 48))):
            open_now = (lead_h >= low) & (lead_h < high) & (w.items.horizon == (0, 2)[k])
            asks[k] += open_now[w.item_pool[0]].sum()
            flights[k] += open_now.sum()
    # 1 / (1 + L): about 0.45 in the near class, about 0.028 in the far one
    assert 8 < (asks / flights)[0] / (asks / flights)[1] < 30


def test_a_longer_window_asks_about_the_same_flights_at_first() -> None:
    short, long = draw_window(9, 9, 1), draw_window(9, 9, 30)
    for w in (short, long):
        assert len(w.days) > 2
    asked = [w.items.flight[w.item_pool[:6]] for w in (short, long)]
    assert np.array_equal(asked[0], asked[1])
    assert short.flights.ids == long.flights.ids[: len(short.flights.ids)]
    assert np.array_equal(short.flights.late, long.flights.late[: len(short.flights.late)])


def test_a_flight_has_one_label_at_every_horizon(windows: list[Window]) -> None:
    for w in windows:
        assert np.array_equal(w.items.late, w.flights.late[w.items.flight])


def test_a_quarter_of_the_labels_is_redrawn(windows: list[Window]) -> None:
    year = load_year()
    redrawn = np.concatenate([w.flights.redrawn for w in windows])
    changed = np.concatenate([w.flights.late != year.late[w.flights.row] for w in windows])
    three_sd = 3 * (REDRAWN_SHARE * (1 - REDRAWN_SHARE) / len(redrawn)) ** 0.5
    assert abs(redrawn.mean() - REDRAWN_SHARE) < three_sd
    assert not changed[~redrawn].any()
    # ordinary days: about 0.31 late, so an independent redraw changes about 0.4 of what it touches
    assert 0.3 < changed[redrawn].mean() < 0.45


def test_redrawn_labels_keep_the_rate_of_the_day(windows: list[Window]) -> None:
    year = load_year()
    rows = np.concatenate([w.flights.row[w.flights.redrawn] for w in windows])
    late = np.concatenate([w.flights.late[w.flights.redrawn] for w in windows])
    assert late.mean() == pytest.approx(year.late[rows].mean(), abs=0.03)


def test_display_hides_flight_and_date(windows: list[Window]) -> None:
    for w in windows:
        assert len(set(w.flights.ids)) == len(w.flights.ids)
        for item in range(0, w.n_items, 97):
            shown = w.display(item)
            assert set(shown) == {"flight", "carrier", "origin", "dest", "departs", "block_min", "horizon"}
            assert len(str(shown["flight"])) == 5 and str(shown["flight"])[0] == "F"
            assert "2013" not in str(shown)


def test_ids_do_not_depend_on_the_real_flight() -> None:
    """Ids are drawn by place in the window; letters that look like digits do not occur."""
    one = draw_window(3, 9, 2)
    assert one.flights.ids[:50] != draw_window(4, 9, 2).flights.ids[:50]
    alphabet = set("".join(one.flights.ids)[1:])
    assert not alphabet & set("01IO")
