"""A million rows on each side, and the rules of other tools on the page's samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy import stats

from gradatim.instruments.drift import Request, Settings, analyse, profile_of
from gradatim.instruments.tables import open_table


def large(rng: np.random.Generator, n: int, mean: float, missing: float, fresh: float) -> pa.Table:
    """Three columns: a number that may move, one that may go missing, a category that may get a new value."""
    word = np.where(rng.random(n) < fresh, "z", np.where(rng.random(n) < 0.5, "a", "b"))
    return pa.table(
        {
            "mean": rng.normal(mean, 1, n),
            "missing": pa.array(rng.normal(0, 1, n), mask=rng.random(n) < missing),
            "word": word,
            "same": rng.lognormal(0, 1.5, n),
        }
    )


@pytest.mark.parametrize(
    ("changed", "state"),
    [((0.0, 0.02, 0.0), "same"), ((0.02, 0.021, 0.0005), "small"), ((0.12, 0.033, 0.011), "drift")],
    ids=["unchanged", "below the limit", "beyond it"],
)
def test_a_million_rows_find_small_changes_and_do_not_drown_in_them(
    tmp_path: Path, changed: tuple[float, float, float], state: str
) -> None:
    """More of it, with false-alarm rates: tools/simulations/drift_at_a_million.py; figures on the page of drift."""
    rng = np.random.default_rng(41)
    for name, sizes in (("ref", (0.0, 0.02, 0.0)), ("cur", changed)):
        pq.write_table(large(rng, 1_000_000, *sizes), tmp_path / f"{name}.parquet")
    asked = Request()
    profile, _ = profile_of(open_table(tmp_path / "ref.parquet"), asked, digest="sha256:0")
    found = analyse(profile, open_table(tmp_path / "cur.parquet"), asked, Settings())
    states = {result.name: result.state for result in found.results}
    assert states == {"mean": state, "missing": state, "word": state, "same": "same"}


def beside(start: str) -> list[str]:
    """The cells of the one row of the page's table of tools that begins so."""
    page = Path(__file__).parents[3] / "docs" / "work" / "drift.md"
    (found,) = [line for line in page.read_text("utf-8").splitlines() if line.startswith(f"| {start}")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def psi(x: np.ndarray, y: np.ndarray) -> float:
    """Population stability index on tenths of the reference."""
    edges = np.quantile(x, np.linspace(0, 1, 11)[1:-1])
    a, b = (np.bincount(np.searchsorted(edges, v), minlength=10) / len(v) for v in (x, y))
    a, b = np.maximum(a, 1e-4), np.maximum(b, 1e-4)
    return float(((b - a) * np.log(b / a)).sum())


def test_the_table_beside_known_tools_is_what_the_rules_do() -> None:
    """A hundred rows on each side, nothing changed: a thousand columns for the page's figures of 50."""
    rng = np.random.default_rng(42)
    pairs = [(rng.normal(size=100), rng.normal(size=100)) for _ in range(1000)]
    distance = np.array([stats.wasserstein_distance(x, y) / x.std() for x, y in pairs])
    index = np.array([psi(x, y) for x, y in pairs])
    # Two samples of 100 whose distribution functions are 0.20 and 0.19 apart: the level that 0.05 really has.
    apart = [stats.ks_2samp(np.arange(100.0), np.arange(100.0) + k - 0.5).pvalue for k in (20, 19)]
    assert apart[0] < 0.05 < apart[1]
    assert f"{50 * apart[0]:.1f} columns alarm in a report" in beside("Kolmogorov-Smirnov p < 0.05")[2]
    told = beside("Wasserstein / sd of at least 0.1")[2]
    assert (
        f"{100 * np.mean(distance >= 0.1):.0f}" in {str(n) for n in range(91, 98)}
        and "94 columns in 100" in told
    )
    assert f"averages {distance.mean():.2f}" in told
    told = beside("PSI above 0.1")[2]
    assert abs(100 * np.mean(index > 0.1) - 84) < 4 and "84 columns in 100" in told
    assert abs(index.mean() - 0.19) < 0.015 and "averages 0.19" in told
