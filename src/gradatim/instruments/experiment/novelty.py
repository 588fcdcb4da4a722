"""Does the effect last? The first half of the time against the second."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.experiment.analyse import Readout
from gradatim.instruments.experiment.effect import Effect, Reading, contrast, effect
from gradatim.instruments.experiment.rows import TIME
from gradatim.instruments.experiment.sample import Moments, linearise, moments
from gradatim.instruments.experiment.units import ARM, UNIT, Layout, Units, collect

if TYPE_CHECKING:
    import polars as pl


class Novelty(NamedTuple):
    """The effect in each half.

    Args:
        middle_s: where the halves meet, seconds since 1970 UTC.
        early, late: the first goal's effect in each half, without CUPED.
        change: late minus early; its error knows that the same units may be in both halves.
        same_units: rows were split (units may be in both halves), not units.
    """

    middle_s: float
    early: Effect
    late: Effect
    change: Reading
    same_units: bool

    def fades(self, better: int, alpha: float) -> bool:
        """The benefit shrank, beyond noise."""
        return self.change.p_fixed < alpha and better * self.change.estimate < 0


def novelty(readout: Readout, rows: pl.DataFrame, layout: Layout) -> Novelty | None:
    """Split at the middle of the time; None where a half has too few units or there is no goal."""
    if not readout.goals or readout.goals[0].too_little:
        return None
    polars = load("polars", "work", "The check for novelty")
    settings, metric = readout.settings, readout.goals[0].metric
    first, last = rows.select(polars.col(TIME).min(), polars.col(TIME).max().alias("last")).row(0)
    middle = (first + last) / 2
    bare = layout._replace(segments=())
    arm = polars.col("t:" + layout.arm).str.strip_chars()
    rows = rows.filter(arm.is_in([settings.control, settings.treatment]))
    if layout.unit is not None:
        kept = readout.units.frame
        rows = rows.join(
            kept.select(polars.col(UNIT).alias("t:" + layout.unit)), on="t:" + layout.unit, how="semi"
        )
    split = [rows.filter(polars.col(TIME) < middle), rows.filter(polars.col(TIME) >= middle)]
    if any(s["t:" + layout.arm].str.strip_chars().n_unique() < 2 for s in split):
        return None
    if any(s["n:" + metric.numerator].null_count() == s.height for s in split):
        return None
    below = metric.denominator
    if below is not None and any(not (s["n:" + below].sum() or 0) > 0 for s in split):
        return None
    halves = [collect(s, bare, [metric]) for s in split]
    effects = [_half(h, settings.control, settings.treatment, readout) for h in halves]
    early, late = effects
    if early is None or late is None:
        return None
    parts = [_change(halves[0], halves[1], arm_name) for arm_name in (settings.control, settings.treatment)]
    change = contrast(parts[0], parts[1], settings.level)
    return Novelty(middle, early, late, change, readout.units.repeated)


def _half(units: Units, control: str, treatment: str, readout: Readout) -> Effect | None:
    samples = [units.sample(0, arm) for arm in (control, treatment)]
    if min(s.units for s in samples) < readout.settings.least_units:
        return None
    if any(s.denominator is not None and s.denominator.sum() <= 0 for s in samples):
        return None
    return effect(moments(linearise(samples[0])), moments(linearise(samples[1])), readout.settings.level)


def _change(early: Units, late: Units, arm: str) -> Moments:
    """Late minus early in one arm. A unit's influence on both halves is added up before the variance is taken."""
    polars = load("polars", "work", "The check for novelty")
    parts = []
    total = 0.0
    for sign, half in ((-1.0, early), (1.0, late)):
        frame = half.frame.filter((polars.col(ARM) == arm) & polars.col("num:0").is_not_null())
        num = polars.col("num:0")
        den = polars.col("den:0") if "den:0" in frame.columns else polars.lit(1.0)
        sums = frame.select(num.sum().alias("n"), (den + 0 * num).sum().alias("d")).row(0)
        ratio = sums[0] / sums[1]
        total += sign * ratio
        influence = (sign * (num - ratio * den) / sums[1]).alias("influence")
        key = [polars.col(UNIT)] if UNIT in frame.columns else []
        parts.append(frame.select(*key, influence))
    joined = polars.concat(parts)
    if UNIT in joined.columns:
        joined = joined.group_by(UNIT).agg(polars.col("influence").sum())
    units = joined.height
    # The estimate is a sum over units of independent influences with mean zero.
    variance = float(joined["influence"].pow(2).sum()) * units / max(units - 1, 1)
    return Moments(units, total, variance * units if math.isfinite(variance) else math.inf)
