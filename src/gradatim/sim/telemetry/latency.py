"""Quantiles from log-spaced latency histograms."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from gradatim.sim.telemetry.record import FloatArray

QUANTILES = (0.5, 0.9, 0.99)


def bounds(edges_s: FloatArray, n_bins: int) -> tuple[FloatArray, FloatArray]:
    """Lower and upper bound of each bin, from n + 1 edges, n upper edges, or n - 1 inner ones."""
    e = np.asarray(edges_s, dtype=np.float64)
    if len(e) == n_bins + 1:
        lower, upper = e[:-1], e[1:]
    elif len(e) == n_bins:
        lower, upper = np.concatenate(([e[0] * e[0] / e[1]], e[:-1])), e
    elif len(e) == n_bins - 1:
        step = e[1] / e[0]
        lower, upper = np.concatenate(([e[0] / step], e)), np.concatenate((e, [e[-1] * step]))
    else:
        raise ValueError(f"{len(e)} latency edges do not fit {n_bins} bins")
    return np.maximum(lower, 1e-9), np.maximum(upper, 1e-9)


def bins_of(edges_s: FloatArray, n_bins: int, latency_s: FloatArray) -> npt.NDArray[np.intp]:
    """The bin of each latency."""
    _, upper = bounds(edges_s, n_bins)
    return np.minimum(np.searchsorted(upper, latency_s, side="left"), n_bins - 1)


def quantiles(
    hist: npt.NDArray[Any], edges_s: FloatArray, qs: tuple[float, ...] = QUANTILES
) -> list[FloatArray]:
    """Quantiles in seconds of each row of `hist` [n, bins], interpolated inside the bin on the log scale.

    A row without answers has no quantile (NaN).
    """
    lower, upper = bounds(edges_s, hist.shape[1])
    log_lower, log_width = np.log(lower), np.log(upper / lower)
    below = np.cumsum(hist, axis=1, dtype=np.int64)
    total = below[:, -1]
    row = np.arange(len(hist))
    out = []
    for q in qs:
        target = q * total
        k = np.minimum((below < target[:, None]).sum(axis=1), hist.shape[1] - 1)
        inside = hist[row, k].astype(np.float64)
        before = below[row, k] - inside
        share = np.clip((target - before) / np.maximum(inside, 1.0), 0.0, 1.0)
        value = np.exp(log_lower[k] + share * log_width[k])
        out.append(np.where(total > 0, value, np.nan))
    return out
