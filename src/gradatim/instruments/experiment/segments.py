"""The effect in parts of the population, and whether the parts really differ.

A single segment that stands out is expected by chance; so the test of interaction is read first, and each
segment's p value is corrected for how many were looked at.
Source of the heterogeneity test: Cochran, "The combination of estimates from different experiments", 1954.
"""

from __future__ import annotations

from typing import NamedTuple

from gradatim.core.groups import load
from gradatim.instruments.experiment.analyse import Readout
from gradatim.instruments.experiment.effect import Effect, effect
from gradatim.instruments.experiment.multiple import adjust
from gradatim.instruments.experiment.rows import TEXT
from gradatim.instruments.experiment.sample import linearise, moments

MOST_VALUES = 20


class Part(NamedTuple):
    """One value of a segment column. `p_adjusted` is Holm's across every segment that was judged."""

    value: str
    effect: Effect
    p: float
    p_adjusted: float


class Segment(NamedTuple):
    """One column.

    Args:
        column: its name.
        parts: values with enough units in both arms, largest first.
        interaction_p: of the same effect everywhere (fixed horizon, Holm across the columns).
        too_small: values that were not judged.
        units_not_judged: in those, and without a value.
    """

    column: str
    parts: list[Part]
    interaction_p: float
    too_small: int
    units_not_judged: int


def by_segment(readout: Readout, columns: list[str]) -> list[Segment]:
    """The first goal by every column. CUPED is not applied within segments."""
    if not readout.goals:
        return []
    found = [_column(readout, column) for column in columns]
    every = adjust([p.p for s in found for p in s.parts], "holm")
    between = adjust([s.interaction_p for s in found], "holm")
    segments, at = [], 0
    for segment, interaction in zip(found, between, strict=True):
        parts = [p._replace(p_adjusted=q) for p, q in zip(segment.parts, every[at:], strict=False)]
        at += len(parts)
        segments.append(segment._replace(parts=parts, interaction_p=interaction))
    return segments


def _column(readout: Readout, column: str) -> Segment:
    polars = load("polars", "work", "The segments")
    stats = load("scipy.stats", "work", "The test of interaction")
    settings, units = readout.settings, readout.units
    i = units.metrics.index(readout.goals[0].metric)
    name = TEXT + column
    sizes = units.frame.drop_nulls(name).group_by(name).len().sort(["len", name], descending=[True, False])
    parts: list[Part] = []
    left = int(units.frame[name].null_count())
    small = 0
    for value, size in sizes.iter_rows():
        inside = units.frame.filter(polars.col(name) == value)
        samples = [units.sample(i, arm, inside) for arm in (settings.control, settings.treatment)]
        judged = len(parts) < MOST_VALUES and min(s.units for s in samples) >= settings.least_units
        if judged and all(s.denominator is None or s.denominator.sum() > 0 for s in samples):
            found = effect(moments(linearise(samples[0])), moments(linearise(samples[1])), settings.level)
            p = found.difference.p_fixed if settings.method == "fixed" else found.difference.p_anytime
            parts.append(Part(str(value), found, p, p))
        else:
            small, left = small + 1, left + size
    interaction = 1.0
    seen = [p.effect.difference for p in parts if p.effect.difference.se > 0]
    if len(seen) > 1:
        weights = [1 / r.se**2 for r in seen]
        mean = sum(w * r.estimate for w, r in zip(weights, seen, strict=True)) / sum(weights)
        q = sum(w * (r.estimate - mean) ** 2 for w, r in zip(weights, seen, strict=True))
        interaction = float(stats.chi2.sf(q, len(seen) - 1))
    return Segment(column, parts, interaction, small, left)
