"""One metric judged as Kayenta judges it: Pass, High, Low, Nodata, NodataFailMetric or Error."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING

from gradatim.instruments.canary.kayenta.mannwhitney import Shift, common_language, shift
from gradatim.instruments.canary.kayenta.settings import CONFIDENCE, TOLERANCE, Rule

if TYPE_CHECKING:
    from gradatim.instruments.canary.kayenta.mannwhitney import Values

PASS, HIGH, LOW = "Pass", "High", "Low"
NODATA, NODATA_FAIL, ERROR = "Nodata", "NodataFailMetric", "Error"


@dataclass(frozen=True, slots=True)
class Judged:
    """Kayenta's answer for one metric.

    Args:
        label: its classification.
        reason: why, where there is something to say.
        critical: this result fails the whole canary.
        deviation: canary mean over baseline mean; nan where one of them is zero.
        effect_size: the same, or the common-language effect size.
        shift: the Hodges-Lehmann shift and its interval; None where none was computed.
        bound: the interval must lie beyond plus or minus this to fail: a quarter of |estimate|.
        baseline_points, canary_points: values after missing ones and outliers were handled.
    """

    rule: Rule
    label: str
    reason: str = ""
    critical: bool = False
    deviation: float = 1.0
    effect_size: float = 1.0
    shift: Shift | None = None
    bound: float = 0.0
    baseline_points: int = 0
    canary_points: int = 0


def judge(rule: Rule, baseline: Values, canary: Values) -> Judged:
    """Judge one metric; the values may hold nan, which is a missing point.

    Behaviour: Kayenta's NetflixACAJudge and MannWhitneyClassifier (confidence 0.98, tolerance 0.25).
    """
    baseline, canary = _prepared(baseline, rule), _prepared(canary, rule)
    answer = _answer(rule, baseline, canary)
    return replace(answer, baseline_points=len(baseline), canary_points=len(canary))


def _answer(rule: Rule, baseline: Values, canary: Values) -> Judged:
    import numpy as np

    if len(baseline) == 0 or len(canary) == 0:
        if rule.nan_strategy == "replace":
            return Judged(rule, PASS, "no data, and nanStrategy replace passes that")
        reason = f"Missing data for {rule.name}"
        if rule.must_have_data and not rule.critical:
            return Judged(rule, NODATA_FAIL, reason)
        return Judged(rule, NODATA, reason, rule.critical)
    if len(baseline) == len(canary) and bool((np.sort(baseline) == np.sort(canary)).all()):
        return Judged(rule, PASS, "The Canary and Baseline data are identical")
    if len(np.unique(np.concatenate([baseline, canary]))) == 1:
        return Judged(rule, PASS, "every value is the same")
    if len(np.unique(baseline)) == 1 and len(np.unique(canary)) == 1:
        # Two constants have no rank interval; like Kayenta, spread them by a normal of 1e-5 of their size.
        baseline, canary = _spread(baseline), _spread(canary)
    try:
        found = shift(canary, baseline, CONFIDENCE)
    except ValueError as error:
        return Judged(rule, ERROR, f"Metric Classification Failed: {error}")
    return _compare(rule, baseline, canary, found)


def _compare(rule: Rule, baseline: Values, canary: Values, found: Shift) -> Judged:
    old, new = float(baseline.mean()), float(canary.mean())
    deviation = math.nan if old == 0 or new == 0 else new / old
    size = common_language(canary, baseline) if rule.measure == "cles" else deviation
    bound = TOLERANCE * abs(found.estimate)
    unknown = math.isnan(size)
    label, reason, critical = PASS, "", False
    if (
        rule.direction in ("increase", "either")
        and found.low > bound
        and (unknown or size >= rule.allowed[1])
    ):
        label, critical = HIGH, unknown or size >= rule.critical_at[1]
    elif (
        rule.direction in ("decrease", "either")
        and found.high < -bound
        and (unknown or size <= rule.allowed[0])
    ):
        label, critical = LOW, unknown or size <= rule.critical_at[0]
    critical = critical and rule.critical
    if label != PASS:
        reason = f"{rule.name} was classified as {label}" + (" (Critical)" if critical else "")
    return Judged(rule, label, reason, critical, deviation, size, found, bound)


def _prepared(values: Values, rule: Rule) -> Values:
    import numpy as np

    missing = np.isnan(values)
    values = np.where(missing, 0.0, values) if rule.nan_strategy == "replace" else values[~missing]
    if not rule.remove_outliers or len(values) == 0:
        return values
    p01, p25, p75, p99 = np.percentile(values, [1, 25, 75, 99])
    reach = rule.outlier_factor * (p75 - p25)
    kept: Values = values[(values >= min(p01, p25 - reach)) & (values <= max(p99, p75 + reach))]
    return kept


def _spread(values: Values) -> Values:
    """Normal scores of 1e-5 of the value's size: no chance needed, and the ranks are all that counts."""
    import numpy as np

    n = len(values)
    scores = np.array([NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)])
    return values + scores * abs(float(values[0])) * 1e-5
