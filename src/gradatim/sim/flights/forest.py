"""A gradient-boosted forest as flat arrays, evaluated to the same bit everywhere."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradatim.core.errors import UnknownName
from gradatim.sim.flights.year import DATA


class Forest(NamedTuple):
    """Trees as arrays of nodes. `root[t]` is the first node of tree `t`, in boosting order.

    A row goes left when its feature is at most the threshold, or is missing and the node sends missing
    values left. A leaf points to itself, so `depth` steps reach a leaf from every root.
    """

    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.float64]
    root: NDArray[np.int32]
    baseline: float
    depth: int

    def log_odds(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[n] raw log-odds of float64[n, features].

        Trees are added one by one in boosting order, so the sum is the same to the bit on every machine.
        """
        # Imported here: a model is listed without loading a compiler.
        from gradatim.sim.flights.descent import add_leaves

        total = np.full(len(x), self.baseline)
        add_leaves(np.ascontiguousarray(x), *self[:7], total)
        return total


def registry() -> dict[str, dict[str, Any]]:
    """The packaged models in order: name -> what it was trained on and its measured metrics."""
    return dict(_registry())


@cache
def _registry() -> dict[str, dict[str, Any]]:
    loaded: dict[str, dict[str, Any]] = json.loads((DATA / "models.json").read_text(encoding="utf-8"))
    return loaded


@cache
def load_forest(version: str) -> Forest:
    """A packaged model. Raises UnknownName."""
    if version not in _registry():
        raise UnknownName("delay model", version, _registry())
    with np.load(DATA / f"{version}.npz", allow_pickle=False) as z:
        return Forest(
            **{name: z[name] for name in Forest._fields[:7]},
            baseline=float(z["baseline"]),
            depth=int(z["depth"]),
        )
