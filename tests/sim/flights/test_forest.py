"""The evaluator equals scikit-learn, with missing values, and needs no scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from gradatim.core.errors import UnknownName
from gradatim.sim.flights.features import FEATURES, LEAD_H, features
from gradatim.sim.flights.forest import Forest, load_forest, registry
from gradatim.sim.flights.year import load_year

TOOLS = Path(__file__).resolve().parents[3] / "tools" / "flights"


@pytest.fixture
def fit_tool(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The fitting tool, imported from where it is run."""
    monkeypatch.syspath_prepend(str(TOOLS))
    import fit_models

    return fit_models


def forest_of(arrays: dict[str, NDArray[np.float64]]) -> Forest:
    return Forest(
        **{name: arrays[name] for name in Forest._fields[:7]},
        baseline=float(arrays["baseline"]),
        depth=int(arrays["depth"]),
    )


def test_exported_trees_equal_scikit_learn(fit_tool) -> None:  # type: ignore[no-untyped-def]
    rng = np.random.default_rng(0)
    x = rng.normal(size=(4000, 6))
    x[rng.random(x.shape) < 0.15] = np.nan
    y = np.nan_to_num(x[:, 0]) * np.nan_to_num(x[:, 1]) + np.isnan(x[:, 2]) + rng.normal(size=4000) > 0.3
    model = HistGradientBoostingClassifier(max_iter=40, early_stopping=False, random_state=0).fit(x, y)
    mine = forest_of(fit_tool.export(model)).log_odds(x)
    assert np.max(np.abs(mine - model.decision_function(x))) < 1e-12


def test_packaged_model_is_the_one_scikit_learn_fits(fit_tool) -> None:  # type: ignore[no-untyped-def]
    """Refits v1 (January) from the packaged data."""
    year = load_year()
    rows = np.flatnonzero((fit_tool.month_of(year) == 1) & year.landed)
    model = fit_tool.fit(*fit_tool.training_set(year, rows))
    sample = np.arange(0, len(year.dep_min), 37)
    x = features(year, sample, (sample % len(LEAD_H)).astype(np.uint8))
    assert np.isnan(x).any()
    assert np.max(np.abs(load_forest("v1").log_odds(x) - model.decision_function(x))) < 1e-12


def test_compiled_descent_is_the_plain_one_to_the_bit() -> None:
    year = load_year()
    sample = np.arange(0, len(year.dep_min), 211)
    x = features(year, sample, (sample % len(LEAD_H)).astype(np.uint8))
    f = load_forest("season")
    total = np.full(len(x), f.baseline)
    for root in f.root:
        node = np.full(len(x), root)
        for _ in range(f.depth):
            seen = x[np.arange(len(x)), f.feature[node]]
            left = (seen <= f.threshold[node]) | (np.isnan(seen) & f.missing_left[node])
            node = np.where(left, f.left[node], f.right[node])
        total += f.value[node]
    assert np.isnan(x).any() and np.array_equal(f.log_odds(x), total)


def test_result_does_not_depend_on_the_batch() -> None:
    year = load_year()
    x = features(year, np.arange(100_000, 100_040), np.zeros(40, dtype=np.uint8))
    forest = load_forest("v2")
    alone = np.concatenate([forest.log_odds(x[i : i + 1]) for i in range(40)])
    assert np.array_equal(forest.log_odds(x), alone)


def test_every_packaged_model_loads_and_uses_known_features() -> None:
    assert list(registry()) == ["v1", "v2", "v3", "season"]
    for version in registry():
        forest = load_forest(version)
        assert forest.feature.max() < len(FEATURES)
        assert len(forest.root) == registry()[version]["settings"]["max_iter"]
        leaves = forest.left == np.arange(len(forest.left))
        assert (forest.value[~leaves] == 0).all()


def test_unknown_version_names_the_nearest() -> None:
    with pytest.raises(UnknownName, match="v9") as error:
        load_forest("v9")
    assert "v" in error.value.why


def test_run_time_needs_no_scikit_learn() -> None:
    code = (
        "import sys; from gradatim.sim.flights import draw_window, values;"
        "values(draw_window(1, 9, 1), ['v2']);"
        "print([m for m in ('sklearn', 'pandas', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
