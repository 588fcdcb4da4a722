"""False alarms and power of a drift report where a million rows stand on each side.

    python tools/simulations/drift_at_a_million.py unchanged --reports 150
    python tools/simulations/drift_at_a_million.py changed --reports 20

Files are drawn anew for each report and go through the same functions as `gradatim work drift`. Of `unchanged`
every column is from one distribution on both sides; of `changed` each column has one small change of its own, once
beyond the report's limit and once below it.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from shares import interval

from gradatim.instruments.drift import Analysis, Request, Settings, analyse, profile_of
from gradatim.instruments.tables import open_table

Random = np.random.Generator


def unchanged(rng: Random, n: int) -> dict[str, Any]:
    """Sixteen columns of unlike kinds."""
    normal = rng.standard_normal(n)
    return {
        "normal": normal,
        "correlated": 0.9 * normal + 0.44 * rng.standard_normal(n),
        "log_normal": rng.lognormal(0, 1.5, n),
        "cauchy": rng.standard_cauchy(n),
        "pareto": rng.pareto(1.5, n),
        "t_2_df": rng.standard_t(2, n),
        "uniform": rng.random(n),
        "counts": rng.poisson(3, n),
        "zero_inflated": np.where(rng.random(n) < 0.7, 0.0, rng.exponential(5, n)),
        "rounded": np.round(rng.normal(40, 12, n)),
        "identifier": rng.integers(0, 10**9, n),
        "missing": pa.array(rng.normal(0, 1, n), mask=rng.random(n) < 0.03),
        "rare_event": (rng.random(n) < 0.001).astype(float),
        "yes_no": pa.array(rng.random(n) < 0.2),
        "categories": pa.array(np.char.add("c", (rng.zipf(1.6, n) % 200).astype(str))),
        "rare_categories": pa.array(np.char.add("r", np.minimum(rng.zipf(1.3, n), 30_000).astype(str))),
    }


CHANGES = {
    # name: (beyond the limit, below the limit)
    "mean": (0.12, 0.01),
    "spread": (1.15, 1.01),
    "missing": (0.012, 0.001),
    "one_value": (0.012, 0.0005),
    "category_mix": (0.12, 0.003),
    "new_category": (0.011, 0.0005),
    "above_range": (0.0015, 0.0002),
    "tail": (0.05, 0.0005),
}
"""Sizes: sd, factor, added shares; the limits are 0.1 sd, Jensen-Shannon 0.1, 1 % and 0.1 % of rows."""


def changed(rng: Random, n: int, which: int | None) -> dict[str, Any]:
    """Eight columns with a change each: `which` 0 is beyond the limit, 1 below it, None the reference."""
    by = {name: (0.0 if which is None else sizes[which]) for name, sizes in CHANGES.items()}
    spread = by["spread"] or 1.0
    mixed = rng.random(n)
    edges = np.array([0.6 - by["category_mix"], 0.85])
    picked = rng.random(n)
    fresh = rng.random(n)
    return {
        "mean": rng.normal(by["mean"], 1, n),
        "spread": rng.normal(0, spread, n),
        "missing": pa.array(rng.normal(0, 1, n), mask=rng.random(n) < 0.02 + by["missing"]),
        "one_value": np.where(rng.random(n) < by["one_value"], -1.0, rng.gamma(2, 5, n)),
        "category_mix": pa.array(np.array(list("abc"))[(mixed[:, None] > edges).sum(axis=1)]),
        "new_category": pa.array(np.where(fresh < by["new_category"], "z", np.where(picked < 0.5, "a", "b"))),
        "above_range": np.where(rng.random(n) < by["above_range"], 1.2, rng.random(n)),
        "tail": np.where(rng.random(n) < by["tail"], 3.0, 1.0) * rng.normal(0, 1, n),
    }


def compared(folder: Path, before: dict[str, Any], after: dict[str, Any]) -> Analysis:
    """A report's analysis of two files."""
    for name, columns in (("ref", before), ("cur", after)):
        pq.write_table(pa.table(columns), folder / f"{name}.parquet", row_group_size=125_000)
    asked = Request()
    profile, _ = profile_of(open_table(folder / "ref.parquet"), asked, digest="sha256:0")
    return analyse(profile, open_table(folder / "cur.parquet"), asked, Settings())


def main() -> None:
    """Print one JSON document."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("what", choices=("unchanged", "changed"))
    parser.add_argument("--reports", type=int, default=20)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    found: dict[str, Any] = {"rows_each": asked.rows, "reports": asked.reports}
    alarms, real = Counter[str](), Counter[str]()
    lowest: list[float] = []
    states: dict[str, Counter[str]] = defaultdict(Counter)
    with tempfile.TemporaryDirectory(prefix="gradatim-simulation-") as name:
        for i in range(asked.reports):
            rng = np.random.default_rng([asked.seed, i])
            if asked.what == "unchanged":
                analysis = compared(Path(name), unchanged(rng, asked.rows), unchanged(rng, asked.rows))
                drifted = [r.name for r in analysis.in_state("drift", "episode")]
                above = [r.name for r in analysis.results if r.real(analysis.settings.alpha)]
                alarms["report"] += bool(drifted)
                real["report"] += bool(above)
                alarms.update(drifted)
                real.update(above)
                lowest.append(min(f.p_adjusted for r in analysis.results for f in r.findings))
                continue
            for which, size in enumerate(("beyond", "below")):
                analysis = compared(
                    Path(name), changed(rng, asked.rows, None), changed(rng, asked.rows, which)
                )
                for result in analysis.results:
                    states[f"{result.name} {size} {CHANGES[result.name][which]:g}"][result.state] += 1
    if asked.what == "unchanged":
        found |= {
            "reports_with_an_alarm": alarms["report"],
            "reports_with_anything_above_noise": real["report"],
            "interval_95_above_noise": interval(real["report"], asked.reports),
            "columns_above_noise": {k: v for k, v in real.items() if k != "report"},
            "median_of_the_least_adjusted_p": float(np.median(lowest)) if lowest else math.nan,
        }
    else:
        found["states"] = {key: dict(value) for key, value in sorted(states.items())}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
