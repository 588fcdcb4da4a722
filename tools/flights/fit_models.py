"""Fit the delay models and the redraw model on the packaged data, and measure them on held-out days.

    python tools/flights/fit_models.py

Needs the `fit` group (scikit-learn). Writes `v1.npz` .. `v3.npz`, `season.npz`, `climatology.npz`, `models.json`,
the column `redraw_p` of `flights_2013.parquet`, and PROVENANCE.md again. Prints the table of
docs/design/flight-service.md.
"""

from __future__ import annotations

import json
from typing import Any

import duckdb
import numpy as np
from ordinary import write_ordinary_days
from provenance import DATA, read_inputs, write_provenance
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from gradatim.sim.flights.days import ordinary_days
from gradatim.sim.flights.features import FEATURES, LEAD_H, features, features_at
from gradatim.sim.flights.year import Year, load_year

SETTINGS: dict[str, Any] = {
    "max_iter": 80,
    "learning_rate": 0.06,
    "max_leaf_nodes": 16,
    "max_depth": 6,
    "min_samples_leaf": 300,
    "l2_regularization": 5.0,
    "early_stopping": False,
    "random_state": 0,
}
SEASON = {**SETTINGS, "max_iter": 100, "learning_rate": 0.1, "max_leaf_nodes": 24, "min_samples_leaf": 60}
VERSIONS = {"v1": (1,), "v2": (1, 2), "v3": (1, 2, 3)}
BASELINE = "v2"
FOLDS = 5
MONTH_STARTS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
CLIMATOLOGY_WEIGHT = 30.0


def month_of(year: Year) -> np.ndarray:
    """Month 1..12 of every flight."""
    return np.searchsorted(MONTH_STARTS, year.dep_min // 1440, side="right")


def fit(x: np.ndarray, late: np.ndarray) -> HistGradientBoostingClassifier:
    """One boosted model with the shared settings, on one thread so that a refit is the same."""
    with threadpool_limits(1):
        return HistGradientBoostingClassifier(**SETTINGS).fit(x, late)


def training_set(year: Year, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every row at every horizon."""
    horizon = np.repeat(np.arange(len(LEAD_H), dtype=np.uint8), len(rows))
    stacked = np.tile(rows, len(LEAD_H))
    return features(year, stacked, horizon), year.late[stacked]


def export(model: HistGradientBoostingClassifier) -> dict[str, np.ndarray]:
    """The trees as the arrays of `gradatim.sim.flights.forest.Forest`."""
    columns: dict[str, list[np.ndarray]] = {
        k: [] for k in ("feature", "threshold", "left", "right", "missing_left", "value")
    }
    roots, offset, depth = [], 0, 0
    for (tree,) in model._predictors:
        nodes = tree.nodes
        assert not nodes["is_categorical"].any()
        leaf, here = nodes["is_leaf"].astype(bool), np.arange(len(nodes))
        columns["feature"].append(np.where(leaf, 0, nodes["feature_idx"]).astype(np.int32))
        columns["threshold"].append(np.where(leaf, np.inf, nodes["num_threshold"]))
        for side in ("left", "right"):
            columns[side].append((np.where(leaf, here, nodes[side]) + offset).astype(np.int32))
        columns["missing_left"].append(np.where(leaf, True, nodes["missing_go_to_left"]).astype(bool))
        columns["value"].append(np.where(leaf, nodes["value"], 0.0))
        roots.append(offset)
        offset += len(nodes)
        depth = max(depth, int(nodes["depth"].max()))
    arrays = {k: np.concatenate(v) for k, v in columns.items()}
    return {
        **arrays,
        "root": np.asarray(roots, dtype=np.int32),
        "baseline": np.float64(model._baseline_prediction[0, 0]),
        "depth": np.int32(depth),
    }


def measure(year: Year, months: tuple[int, ...], month: np.ndarray) -> dict[str, list[dict[str, float]]]:
    """AUC, predicted and actual late share by month at each horizon, on days the model never saw.

    Training months are scored by cross-fitting over `FOLDS` groups of whole days.
    """
    fold = np.random.default_rng(5).integers(0, FOLDS, 365)[year.dep_min // 1440]
    inside = np.isin(month, months)
    probability = np.full((len(LEAD_H), len(month)), np.nan)
    splits = [(~inside, inside)] + [(inside & (fold == k), inside & (fold != k)) for k in range(FOLDS)]
    for score, train in splits:
        model = fit(*training_set(year, np.flatnonzero(train & year.landed)))
        rows = np.flatnonzero(score & year.landed)
        for h in range(len(LEAD_H)):
            x = features(year, rows, np.full(len(rows), h, dtype=np.uint8))
            probability[h, rows] = model.predict_proba(x)[:, 1]
    report: dict[str, list[dict[str, float]]] = {}
    for h, lead in enumerate(LEAD_H):
        report[f"lead_{lead}_h"] = [
            _row(m, probability[h], year.late, year.landed & (month == m)) for m in range(1, 13)
        ]
    return report


def measure_schedule_and_weather(year: Year, month: np.ndarray) -> list[dict[str, float]]:
    """The design's own model: schedule and the weather at departure only, trained on January and February."""
    known = [i for i, name in enumerate(FEATURES) if not name.endswith("_delay_min") and name != "lead_h"]
    x = features_at(year, np.arange(len(month)), np.zeros(len(month), dtype=np.int64))[:, known]
    fold = np.random.default_rng(5).integers(0, FOLDS, 365)[year.dep_min // 1440]
    inside, probability = month <= 2, np.full(len(month), np.nan)
    for score, train in [(~inside, inside)] + [
        (inside & (fold == k), inside & (fold != k)) for k in range(FOLDS)
    ]:
        model = fit(x[train & year.landed], year.late[train & year.landed])
        probability[score] = model.predict_proba(x[score])[:, 1]
    return [_row(m, probability, year.late, year.landed & (month == m)) for m in range(1, 13)]


def _row(m: int, p: np.ndarray, late: np.ndarray, rows: np.ndarray) -> dict[str, float]:
    return {
        "month": m,
        "auc": round(float(roc_auc_score(late[rows], p[rows])), 3),
        "predicted": round(float(p[rows].mean()), 3),
        "late": round(float(late[rows].mean()), 3),
    }


def climatology(year: Year, month: np.ndarray) -> np.ndarray:
    """float64[origin, local hour, carrier]: late rate of January and February, shrunk to origin and hour."""
    rows = np.flatnonzero(year.landed & (month <= 2))
    shape = (len(year.origins), 24, len(year.carriers))
    key = (year.origin[rows], year.dep_min[rows] % 1440 // 60, year.carrier[rows])
    n, late = np.zeros(shape), np.zeros(shape)
    np.add.at(n, key, 1.0)
    np.add.at(late, key, year.late[rows].astype(float))
    overall = late.sum() / n.sum()
    by_hour = (late.sum(2) + CLIMATOLOGY_WEIGHT * overall) / (n.sum(2) + CLIMATOLOGY_WEIGHT)
    return (late + CLIMATOLOGY_WEIGHT * by_hour[:, :, None]) / (n + CLIMATOLOGY_WEIGHT)


def redraw_probability(year: Year) -> np.ndarray:
    """uint8[n]: n/256 = P(late | features at departure, late share of the day), fitted on the year."""
    day = year.dep_min // 1440
    late = np.bincount(day, year.late & year.landed, 365)
    share = late / np.bincount(day, year.landed, 365)
    rows = np.arange(len(day))
    x = features_at(year, rows, np.zeros(len(rows), dtype=np.int64))
    x[:, FEATURES.index("lead_h")] = share[day]
    model = fit(x[year.landed], year.late[year.landed])
    return np.clip(np.rint(model.predict_proba(x)[:, 1] * 256), 0, 255).astype(np.uint8)


def write_redraw(p: np.ndarray) -> None:
    """Replace the column `redraw_p` in the Parquet file, rows in the same order."""
    path, new = DATA / "flights_2013.parquet", DATA / "flights_2013.parquet.new"
    con = duckdb.connect(config={"threads": 1})
    con.execute("create table f as select row_number() over () - 1 as i, * from read_parquet(?)", [str(path)])
    con.execute(
        "create table p as select unnest(?::utinyint[]) as redraw_p, unnest(range(?)) as i",
        [p.tolist(), len(p)],
    )
    con.execute(
        f"copy (select f.* exclude (i) replace (p.redraw_p as redraw_p) from f join p using (i) order by i) "
        f"to '{new}' (format parquet, compression zstd, compression_level 19, row_group_size 400000)"
    )
    new.replace(path)


def season(year: Year) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The current model of the shifts of days: fitted on the days that instances are made of, and the days after.

    It has seen those days, on purpose: what it knows is what wrong features take away, and no retrain on two days
    beats it. Its ranking on its own days says nothing about days it has not seen, and is not reported.
    """
    days = sorted({d + k for d in ordinary_days() for k in (0, 1)})
    rows = np.flatnonzero(np.isin(year.dep_min // 1440, days) & year.landed)
    with threadpool_limits(1):
        model = HistGradientBoostingClassifier(**SEASON).fit(*training_set(year, rows))
    about = {
        "trained_on": "ordinary days and the days after them, April to December",
        "flights": len(rows),
        "baseline": False,
        "settings": SEASON,
        "held_out": {},
    }
    return export(model), about


def write_season() -> None:
    """Write `season.npz` and its record."""
    arrays, about = season(load_year())
    np.savez_compressed(DATA / "season.npz", **arrays)
    models = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    (DATA / "models.json").write_text(
        json.dumps({**models, "season": about}, indent=1) + "\n", encoding="utf-8"
    )


def main() -> None:
    """Fit, measure, export."""
    year = load_year()
    month = month_of(year)
    models: dict[str, Any] = {}
    for name, months in VERSIONS.items():
        rows = np.flatnonzero(np.isin(month, months) & year.landed)
        model = fit(*training_set(year, rows))
        np.savez_compressed(DATA / f"{name}.npz", **export(model))
        models[name] = {
            "trained_on": [int(m) for m in months],
            "flights": len(rows),
            "baseline": name == BASELINE,
            "settings": SETTINGS,
            "held_out": measure(year, months, month),
        }
        print_table(name, models[name]["held_out"])
    print_table("schedule and weather only", {"lead_0_h": measure_schedule_and_weather(year, month)})
    (DATA / "models.json").write_text(json.dumps(models, indent=1) + "\n", encoding="utf-8")
    np.savez_compressed(DATA / "climatology.npz", rate=climatology(year, month))
    write_redraw(redraw_probability(year))
    load_year.cache_clear()
    write_ordinary_days()
    write_season()
    write_provenance(read_inputs())


def print_table(name: str, held_out: dict[str, list[dict[str, float]]]) -> None:
    """One line a month: late, then AUC / predicted per horizon."""
    print(f"{name}: month | late | " + " | ".join(held_out))
    for i in range(12):
        cells = [f"{h[i]['auc']:.2f} / {h[i]['predicted']:.0%}" for h in held_out.values()]
        print(f"| {i + 1} | {next(iter(held_out.values()))[i]['late']:.1%} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
