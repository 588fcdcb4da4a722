"""Labelled change points: how soon `--time` and `watch` see them, what they miss, and how often they cry wolf."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from gradatim.instruments.drift import Analysis, Request, Settings, analyse, profile_of
from gradatim.instruments.drift.stream import Change, Name, Stream
from gradatim.instruments.tables import open_table

DAYS, ROWS = 20, 400
CHANGE = 10
"""The day from which the abrupt columns differ."""


def days(rng: np.random.Generator, path: Path, *, changed: bool) -> Path:
    """Twenty days of 400 rows; with `changed`, each column but the `same` ones changes in a way of its own."""
    n = DAYS * ROWS
    day = np.arange(n) // ROWS
    after = (day >= CHANGE) & changed
    again = ((day // 4) % 2 == 1) & (day < 16) & changed
    spread = rng.random(n)
    mix = np.where(after[:, None], [0.4, 0.3, 0.3], [0.6, 0.25, 0.15]).cumsum(axis=1)
    columns = {
        "t": (np.datetime64("2026-03-01") + day.astype("timedelta64[D]")).astype("datetime64[ms]"),
        "mean": rng.normal(0, 1, n) + 0.4 * after,
        "gradual": rng.normal(0, 1, n) + 0.6 * np.clip((day - 5) / 10, 0, 1) * changed,
        "variance": rng.normal(0, 1, n) * np.where(after, 1.5, 1.0),
        "mix": np.array(list("abc"))[(spread[:, None] > mix[:, :2]).sum(axis=1)],
        "missing": pa.array(rng.normal(0, 1, n), mask=rng.random(n) < np.where(after, 0.08, 0.02)),
        "recurring": rng.normal(0, 1, n) + 0.8 * again,
        "same": rng.normal(0, 1, n),
        "same_skewed": rng.lognormal(0, 1, n),
    }
    pq.write_table(pa.table(columns), path)
    return path


def compared(folder: Path, seed: int, *, changed: bool) -> Analysis:
    rng = np.random.default_rng([seed, 4])
    asked = Request(time="t", ignore=("t",), window_s=86400.0)
    reference = open_table(days(rng, folder / "ref.parquet", changed=False))
    profile, windows = profile_of(reference, asked, digest="sha256:0")
    current = open_table(days(rng, folder / "cur.parquet", changed=changed))
    return analyse(profile, current, asked, Settings(), windows=windows)


def test_changes_of_every_kind_are_dated_by_their_window(tmp_path: Path) -> None:
    late: dict[str, list[int]] = {}
    states: dict[str, list[str]] = {}
    for seed in range(4):
        for result in compared(tmp_path, seed, changed=True).results:
            assert result.persistence is not None
            states.setdefault(result.name, []).append(result.state)
            seen = [i for i, flag in enumerate(result.persistence.flagged) if flag]
            if result.name.startswith("same"):
                assert (result.state, seen) == ("same", [])
                continue
            begin = {"gradual": 6, "recurring": 4}.get(result.name, CHANGE)
            assert min(seen) >= begin, "none before it began"
            late.setdefault(result.name, []).append(min(seen) - begin)
    for name in ("mean", "variance", "mix"):
        assert max(late[name]) <= 1
        assert states[name] == ["drift"] * 4
    assert max(late["missing"]) <= 3
    assert max(late["gradual"]) <= 7
    assert states["gradual"] == ["drift"] * 4
    assert max(late["recurring"]) == 0
    assert states["recurring"].count("episode") >= 2


def test_unchanged_days_raise_no_alarm(tmp_path: Path) -> None:
    for seed in range(10, 16):
        for result in compared(tmp_path, seed, changed=False).results:
            assert result.persistence is not None
            assert not any(result.persistence.flagged)
            assert result.state in ("same", "small")


def alarms(detector: Name, values: NDArray[np.float64]) -> list[int]:
    stream = Stream(detector)
    for value in values.tolist():
        stream.add(value)
    return [change.row for change in stream.changes]


def unchanged(kind: str, rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    match kind:
        case "skewed":
            return rng.lognormal(3, 1, n)
        case "counts":
            return rng.poisson(3, n).astype(float)
        case "alike":
            made = np.zeros(n)
            for i, z in enumerate(rng.normal(size=n - 1), 1):
                made[i] = 0.7 * made[i - 1] + z
            return made
    return rng.normal(10, 1, n)


@pytest.mark.parametrize(
    ("detector", "most_false", "soonest"),
    [("adwin", 3, {0.5: 500, 1.0: 200, 3.0: 80}), ("page-hinkley", 8, {0.5: 250, 1.0: 80, 3.0: 30})],
)
def test_a_step_is_seen_soon_and_an_unchanged_stream_seldom_alarms(
    detector: Name, most_false: int, soonest: dict[float, int]
) -> None:
    false = sum(
        len(alarms(detector, unchanged(kind, np.random.default_rng([seed, 1]), 10_000)))
        for kind in ("normal", "skewed", "counts", "alike")
        for seed in range(1)
    )
    assert false <= most_false, f"{false} false alarms in 40,000 unchanged rows"
    for step, most in soonest.items():
        delays = []
        for seed in range(5):
            values = unchanged("normal", np.random.default_rng([seed, 2]), 4000)
            values[2500:] += step
            delays.append(min((row - 2500 for row in alarms(detector, values) if row > 2500), default=9999))
        assert np.median(delays) <= most, f"{step} standard deviations: {delays}"


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_adwin_sees_a_change_of_spread_once(factor: float) -> None:
    values = unchanged("normal", np.random.default_rng(8), 5000)
    values[2500:] = 10 + (values[2500:] - 10) * factor
    stream = Stream("adwin")
    for value in values.tolist():
        stream.add(value)
    (change,) = stream.changes
    assert change.what == "spread"
    assert 2500 < change.row < 3200
    assert change.spread_after / change.spread_before == pytest.approx(factor, rel=0.3)


def test_neighbours_that_are_alike_are_no_change_to_kswin() -> None:
    values = unchanged("alike", np.random.default_rng(9), 4000)
    assert len(alarms("kswin", values)) <= 1
    values[2000:] += 4 * values[:2000].std()
    assert any(2000 < row < 2400 for row in alarms("kswin", values))


COAL = [
    # Disasters in British coal mines with ten dead or more, by year, 1851 to 1961 (Jarrett 1979).
    *(
        4,
        5,
        4,
        0,
        1,
        4,
        3,
        4,
        0,
        6,
        3,
        3,
        4,
        0,
        2,
        6,
        3,
        3,
        5,
        4,
        5,
        3,
        1,
        4,
        4,
        1,
        5,
        5,
        3,
        4,
        2,
        5,
        2,
        2,
        3,
        4,
        2,
        1,
    ),
    *(
        3,
        2,
        2,
        1,
        1,
        1,
        1,
        3,
        0,
        0,
        1,
        0,
        1,
        1,
        0,
        0,
        3,
        1,
        0,
        3,
        2,
        2,
        0,
        1,
        1,
        1,
        0,
        1,
        0,
        1,
        0,
        0,
        0,
        2,
        1,
        0,
        0,
    ),
    *(
        0,
        1,
        1,
        0,
        2,
        3,
        3,
        1,
        1,
        2,
        1,
        1,
        1,
        1,
        2,
        4,
        2,
        0,
        0,
        1,
        4,
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        0,
        1,
        0,
        1,
    ),
]


@pytest.mark.parametrize("warm_up", [20, 25, 30])
def test_the_published_change_of_the_coal_mines_is_seen(warm_up: int) -> None:
    # Carlin, Gelfand and Smith 1992: the rate falls about 1890, between 1886 and 1896.
    assert len(COAL) == 111
    (change,) = watched(COAL, warm_up)
    assert 1886 < 1850 + change.row <= 1905
    assert change.after < change.before


def watched(values: list[float] | list[int], warm_up: int) -> list[Change]:
    stream = Stream("page-hinkley", warm_up=warm_up, length=len(values))
    for value in values:
        stream.add(value)
    return stream.changes


@pytest.mark.parametrize("kind", ["normal", "skewed", "counts", "alike"])
def test_a_short_unchanged_file_seldom_alarms_after_a_short_warm_up(kind: str) -> None:
    rng = np.random.default_rng(14)
    false = sum(bool(watched(unchanged(kind, rng, 150).tolist(), 30)) for _ in range(60))
    # Neighbours alike by 0.7 cannot be told from a slow change in 30 values.
    assert false <= (20 if kind == "alike" else 3), f"{false} of 60"


def test_a_short_file_sees_a_shift_of_two_standard_deviations_within_ten_rows() -> None:
    rng = np.random.default_rng(15)
    late = []
    for _ in range(20):
        values = rng.normal(0, 1, 120)
        values[60:] += 2
        late.append(next((c.row - 60 for c in watched(values.tolist(), 30) if c.row > 60), 60))
    assert np.median(late) <= 10


def test_the_published_change_of_the_nile_is_seen_with_a_short_warm_up() -> None:
    # van den Burg and Williams 2020, the Turing Change Point Dataset: three of five annotators mark index 28 (1899).
    from statsmodels.datasets import nile

    flow = nile.load_pandas().data["volume"].to_list()
    (change,) = watched(flow, 25)
    assert 28 < change.row <= 28 + 12
    silent = Stream("page-hinkley")
    for value in flow:
        silent.add(value)
    assert silent.changes == []
