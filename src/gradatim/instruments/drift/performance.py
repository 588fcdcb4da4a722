"""Estimated performance before the labels come, realised performance where they have come.

Method: confidence-based estimation (CBPE; Garg et al. 2022 discuss its assumptions; NannyML's documentation has
the binary case): on the reference, scores are calibrated to frequencies by isotonic regression; on the current
data each score then stands for that many expected positives, and every metric of the confusion matrix follows.
It sees what a change of the inputs does to performance, and cannot see a change of the relation between inputs
and label. Intervals are from a seeded parametric bootstrap over both samples.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gradatim.instruments.drift.calibration import ALL, BINS, CUT
from gradatim.instruments.drift.chance import normal_point, normal_sf

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradatim.instruments.drift.calibration import Scores
    from gradatim.instruments.drift.settings import Settings

    Floats = NDArray[np.float64]

REPLICATES = 120
LEAST_LABELLED = 200
LEAST_ROWS = 100
LEAST_OF_A_CLASS = 10
METRICS = ("roc_auc", "accuracy", "precision", "recall", "f1", "positive_rate")


@dataclass(frozen=True)
class Estimate:
    """One metric with its interval of 95 %."""

    value: float
    low: float
    high: float

    def as_dict(self) -> dict[str, float]:
        return {"value": self.value, "low": self.low, "high": self.high}


@dataclass
class Group:
    """Performance in all rows, or in one segment.

    Attributes:
        segment, value: "" for all rows.
        rows, labelled: rows with a score; of those, rows with a label.
        reference, estimated, realised: metric to figures; None where it cannot be computed.
        gap: realised minus expected share of positives on the labelled rows, with its interval: the part that no
            estimate without labels can see.
        changed: metrics whose change from the reference is beyond the limit and beyond noise, with a sentence.
    """

    segment: str
    value: str
    rows: int
    labelled: int
    reference: dict[str, Estimate] | None
    estimated: dict[str, Estimate] | None
    realised: dict[str, Estimate] | None
    gap: Estimate | None
    changed: dict[str, str]
    remark: str = ""

    def as_dict(self) -> dict[str, Any]:
        def plain(side: dict[str, Estimate] | None) -> dict[str, dict[str, float]] | None:
            return None if side is None else {name: e.as_dict() for name, e in side.items()}

        return {
            "segment": self.segment,
            "value": self.value,
            "rows": self.rows,
            "labelled_rows": self.labelled,
            "reference": plain(self.reference),
            "estimated": plain(self.estimated),
            "realised": plain(self.realised),
            "calibration_gap": self.gap.as_dict() if self.gap else None,
            "changed": self.changed,
            "remark": self.remark,
        }


def assess(
    reference: Scores,
    current: Scores,
    settings: Settings,
    *,
    metric: str,
    rng: np.random.Generator,
) -> list[Group]:
    """All rows first, then every segment value that both sides have.

    Args:
        reference: needs labels; without them nothing is estimated and each group says so.
        current: labels are optional.
        settings: the limit and the level.
        metric: the one that decides.
        rng: for the bootstrap.
    """
    keys = [(ALL, "")]
    for segment in current.segments:
        both = set(reference.tallies.get(segment, {})) & set(current.tallies.get(segment, {}))
        keys += [(segment, value) for value in sorted(both)]
    whole = reference.tallies[ALL][""]
    level = settings.alpha / (3 * len(keys))
    groups = []
    for segment, value in keys:
        own = reference.tallies[segment][value]
        # A segment is calibrated by its own labels where there are enough of them.
        calibration = own if own[1].sum() >= LEAST_LABELLED else whole
        groups.append(
            _group(
                segment,
                value,
                own,
                calibration,
                current.tallies[segment][value],
                metric,
                settings,
                level,
                rng,
            )
        )
    return groups


def _group(
    segment: str,
    value: str,
    before: NDArray[np.int64],
    calibration: NDArray[np.int64],
    after: NDArray[np.int64],
    metric: str,
    settings: Settings,
    level: float,
    rng: np.random.Generator,
) -> Group:
    group = Group(segment, value, int(after[0].sum()), int(after[1].sum()), None, None, None, None, {})
    if not _both_classes(calibration) or calibration[1].sum() < LEAST_LABELLED:
        group.remark = (
            f"fewer than {LEAST_LABELLED} labelled reference rows, or one class only: nothing is estimated"
        )
    elif group.rows < LEAST_ROWS:
        group.remark = f"fewer than {LEAST_ROWS} rows"
    else:
        own = before if _both_classes(before) and before[1].sum() >= LEAST_LABELLED else calibration
        ref = _realised(own, rng)
        est = _estimated(calibration, after[0], rng)
        group.reference, group.estimated = _intervals(ref), _intervals(est)
        _judge(group, "estimated", est, ref, metric, settings, level)
        if group.labelled >= LEAST_ROWS:
            group.gap = _gap(calibration, after, rng)
            error = (group.gap.high - group.gap.low) / (2 * 1.96)
            p = 2 * normal_sf(abs(group.gap.value) / error) if error > 0 else 1.0
            if p < level and abs(group.gap.value) >= settings.performance:
                group.changed["calibration"] = (
                    f"{group.gap.value:+.1%} positives beyond what the scores stand for: "
                    "the relation between inputs and label has changed"
                )
            if _both_classes(after):
                real = _realised(after, rng)
                group.realised = _intervals(real)
                _judge(group, "realised", real, ref, metric, settings, level)
    return group


def isotonic(rows: NDArray[np.int64] | Floats, positives: NDArray[np.int64] | Floats) -> Floats:
    """Frequency of positives by score bin, made never to fall: pool adjacent violators (Ayer et al. 1955).

    Bins without rows take the value between their neighbours'.
    """
    import numpy as np

    blocks: list[list[float]] = []  # sum of positives, rows, bins
    places = np.flatnonzero(rows)
    for i in places:
        blocks.append([float(positives[i]), float(rows[i]), 1])
        while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
            last = blocks.pop()
            blocks[-1] = [a + b for a, b in zip(blocks[-1], last, strict=True)]
    values = np.concatenate([np.full(int(b[2]), b[0] / b[1]) for b in blocks]) if blocks else np.zeros(0)
    if not len(values):
        return np.zeros(len(rows))
    return np.interp(np.arange(len(rows)), places, values)


def metrics(rows: Floats, positives: Floats) -> Floats:
    """The six metrics from rows and (expected) positives by score bin; the last axis is the bins.

    The predicted class is positive from bin CUT on.

    Returns:
        Array with a first axis as long as METRICS.
    """
    import numpy as np

    negatives = rows - positives
    p, n = positives.sum(axis=-1), negatives.sum(axis=-1)
    tp, fp = positives[..., CUT:].sum(axis=-1), negatives[..., CUT:].sum(axis=-1)
    below = np.cumsum(negatives, axis=-1) - negatives / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        auc = (positives * below).sum(axis=-1) / (p * n)
        precision, recall = tp / (tp + fp), tp / p
        f1 = 2 * tp / (2 * tp + fp + (p - tp))
        accuracy = (tp + n - fp) / (p + n)
        return np.stack([auc, accuracy, precision, recall, f1, p / (p + n)])


def _realised(tally: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """The metrics of labelled rows: first the value, then bootstrap replicates."""
    import numpy as np

    rows, positives = tally[1].astype(float), tally[2].astype(float)
    both = rng.poisson(np.stack([positives, rows - positives]), (REPLICATES, 2, BINS)).astype(float)
    return np.concatenate(
        [
            metrics(rows, positives)[:, None],
            metrics(both.sum(axis=1), both[:, 0]),
        ],
        axis=1,
    )


def _estimated(calibration: NDArray[np.int64], scores: NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """The metrics expected of unlabelled rows: first the value, then replicates of both samples."""
    import numpy as np

    rows = scores.astype(float)
    curve = isotonic(calibration[1], calibration[2])
    out = [metrics(rows, rows * curve)]
    labelled = calibration[1]
    raw = np.divide(calibration[2], labelled, out=np.zeros(BINS), where=labelled > 0)
    for _ in range(REPLICATES):
        again = isotonic(labelled, rng.binomial(labelled, raw))
        drawn = rng.poisson(rows)
        out.append(metrics(drawn.astype(float), rng.binomial(drawn, again).astype(float)))
    return np.stack(out, axis=1)


def _gap(calibration: NDArray[np.int64], after: NDArray[np.int64], rng: np.random.Generator) -> Estimate:
    """Realised minus expected share of positives on the rows that have a label."""
    import numpy as np

    labelled = calibration[1]
    raw = np.divide(calibration[2], labelled, out=np.zeros(BINS), where=labelled > 0)
    rows = after[1].astype(float)
    total = rows.sum()
    curve = isotonic(labelled, calibration[2])
    value = (after[2].sum() - (rows * curve).sum()) / total
    own = np.divide(after[2], after[1], out=np.zeros(BINS), where=after[1] > 0)
    drawn = [
        (rng.binomial(after[1], own).sum() - (rows * isotonic(labelled, rng.binomial(labelled, raw))).sum())
        / total
        for _ in range(REPLICATES)
    ]
    error = 1.96 * float(np.std(drawn))
    return Estimate(float(value), float(value) - error, float(value) + error)


def _intervals(drawn: Floats) -> dict[str, Estimate]:
    """Normal intervals from the replicates' standard deviation: quantiles of so few would be coarse."""
    import numpy as np

    found = {}
    for name, values in zip(METRICS, drawn, strict=True):
        if np.isfinite(values[0]):
            error = 1.96 * float(np.nanstd(values[1:]))
            found[name] = Estimate(
                float(values[0]), max(0.0, float(values[0]) - error), min(1.0, float(values[0]) + error)
            )
    return found


def _judge(
    group: Group, side: str, now: Floats, before: Floats, metric: str, settings: Settings, level: float
) -> None:
    import numpy as np

    i = METRICS.index(metric)
    change = float(now[i, 0] - before[i, 0])
    if not math.isfinite(change):
        return
    error = math.hypot(float(np.nanstd(now[i, 1:])), float(np.nanstd(before[i, 1:])))
    if abs(change) >= settings.performance and abs(change) > normal_point(1 - level / 2) * error:
        word = metric.replace("_", " ").replace("roc auc", "ROC AUC")
        group.changed[side] = f"{side} {word} {now[i, 0]:.3f}, reference {before[i, 0]:.3f} ({change:+.3f})"


def _both_classes(tally: NDArray[np.int64]) -> bool:
    positives, rows = int(tally[2].sum()), int(tally[1].sum())
    return min(positives, rows - positives) >= LEAST_OF_A_CLASS
