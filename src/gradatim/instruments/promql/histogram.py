"""`histogram_quantile` over classic buckets, as `bucketQuantile` of Prometheus (promql/quantile.go)."""

from __future__ import annotations

import numpy as np

from gradatim.instruments.promql.frame import Frame, Mask
from gradatim.instruments.promql.series import Floats, Labels
from gradatim.instruments.promql.syntax import NAME


def histogram_quantile(q: Floats, buckets: Frame) -> Frame:
    """The quantile of each histogram at each step.

    Args:
        q: the quantile wanted at each step; outside 0..1 the answer is -Inf or +Inf.
        buckets: cumulative counts with the upper bound in the label `le`; others are passed over.
    """
    groups: dict[Labels, list[tuple[float, int]]] = {}
    for row, labels in enumerate(buckets.labels):
        bound = _bound(dict(labels).get("le", ""))
        if bound is not None:
            key = tuple(pair for pair in labels if pair[0] not in ("le", NAME))
            groups.setdefault(key, []).append((bound, row))
    rows = []
    for members in groups.values():
        members.sort()
        bounds = np.array([bound for bound, _ in members])
        order = [row for _, row in members]
        rows.append(_quantiles(q, bounds, buckets.values[order], buckets.present[order]))
    return Frame.stack(list(groups), rows, buckets.steps)


def _bound(text: str) -> float | None:
    try:
        # Go takes no spaces; it takes underscores in hexadecimal only.
        return float(text) if text and text.strip() == text and "_" not in text else None
    except ValueError:
        return None


def _quantiles(q: Floats, bounds: Floats, counts: Floats, present: Mask) -> tuple[Floats, Mask]:
    """One histogram: steps with the same buckets present are answered together."""
    out = np.full(len(q), np.nan)
    patterns, which = np.unique(present, axis=1, return_inverse=True)
    for i in range(patterns.shape[1]):
        at = np.flatnonzero(which.ravel() == i)
        rows = patterns[:, i]
        if rows.any():
            out[at] = _complete(q[at], bounds[rows], counts[np.ix_(rows, at)])
    return out, np.any(present, axis=0, keepdims=True)[0]


def _complete(q: Floats, bounds: Floats, counts: Floats) -> Floats:
    """Steps at which every bucket has a sample. counts: (buckets, steps)."""
    answer = np.full(len(q), np.nan)
    unique, start = np.unique(bounds, return_index=True)
    with np.errstate(all="ignore"):
        counts = np.add.reduceat(counts, start, axis=0)
        counts = np.where(np.isnan(counts), counts, np.fmax.accumulate(counts, axis=0))
        total = counts[-1]
        if np.isposinf(unique[-1]) and len(unique) >= 2:
            rank = q * total
            b = np.sum(~(counts[:-1] >= rank), axis=0)  # NaN is never reached
            columns = np.arange(len(q))
            below = np.where(b > 0, counts[np.maximum(b - 1, 0), columns], 0.0)
            low = np.where(b > 0, unique[np.maximum(b - 1, 0)], 0.0)
            high = unique[b]
            inside = counts[b, columns] - below
            answer = low + (high - low) * ((rank - below) / inside)
            answer = np.where((b == 0) & (unique[0] <= 0), unique[0], answer)
            answer = np.where(b == len(unique) - 1, unique[-2], answer)
            answer = np.where(total == 0, np.nan, answer)
    answer = np.where(q < 0, -np.inf, np.where(q > 1, np.inf, answer))
    return np.where(np.isnan(q), np.nan, answer)
