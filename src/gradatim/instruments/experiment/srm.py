"""Sample-ratio mismatch: were the units split as intended? If not, no effect in these data can be believed.

Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments", KDD 2019.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gradatim.core.groups import load

ALERT_BELOW = 0.001


class SampleRatio(NamedTuple):
    """The split of the units and how surprising it is."""

    counts: dict[str, int]
    expected: dict[str, float]
    p: float
    method: str

    @property
    def mismatch(self) -> bool:
        return self.p < ALERT_BELOW


def sample_ratio(counts: Mapping[str, int], shares: Mapping[str, float]) -> SampleRatio:
    """Chi-square test of the units per arm against the intended shares.

    With two arms and fewer than ten units expected in one, the exact binomial test replaces it.

    Args:
        counts: units per arm.
        shares: the intended weights, any positive numbers, of the same arms.
    """
    stats = load("scipy.stats", "work", "The sample-ratio check")
    total, weight = sum(counts.values()), sum(shares[arm] for arm in counts)
    expected = {arm: total * shares[arm] / weight for arm in counts}
    if len(counts) == 2 and min(expected.values()) < 10:
        first = next(iter(counts))
        p = stats.binomtest(counts[first], total, shares[first] / weight).pvalue
        return SampleRatio(dict(counts), expected, float(p), "exact binomial")
    statistic = sum((counts[arm] - expected[arm]) ** 2 / expected[arm] for arm in counts)
    return SampleRatio(dict(counts), expected, float(stats.chi2.sf(statistic, len(counts) - 1)), "chi-square")
