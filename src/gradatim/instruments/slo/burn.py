"""Burn rates: which windows, which thresholds, and how soon they find an outage.

The SRE workbook (Beyer and others, 2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts". Its table is for
30 days; the shares of the budget are what it means, so another period gets other thresholds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from gradatim.instruments.promql.syntax import duration
from gradatim.instruments.slo.spec import DAY_MS, HOUR_MS

Severity = Literal["page", "ticket"]
SHARES: tuple[tuple[Severity, int, float], ...] = (
    ("page", HOUR_MS, 0.02),
    ("page", 6 * HOUR_MS, 0.05),
    ("ticket", DAY_MS, 0.10),
    ("ticket", 3 * DAY_MS, 0.10),
)
"""Severity, long window, share of the budget that is spent when the alert should come."""
SHORT_SHARE = 12
"""The short window is a twelfth of the long one: the alert ends soon after the burn does."""


@dataclass(frozen=True)
class BurnAlert:
    """One pair of windows.

    Args:
        burn: the alert comes when both windows burn the budget more than this many times too fast.
        spent: share of the period's budget that a burn just at the threshold spends in the long window.
    """

    severity: Severity
    long_ms: int
    short_ms: int
    burn: float
    spent: float

    @property
    def name(self) -> str:
        """The windows as Prometheus writes them."""
        return f"{duration(self.long_ms)}/{duration(self.short_ms)}"

    def threshold(self, target: float) -> float:
        """The error ratio above which the windows are."""
        return self.burn * (1.0 - target)

    def reachable(self, target: float) -> bool:
        """Whether a total outage crosses the threshold at all."""
        return self.threshold(target) < 1.0


def detection_s(target: float, error_ratio: float, window_ms: int, burn: float) -> float:
    """Seconds from the start of an outage until a window crosses its threshold, at even traffic.

    (1 - SLO) / error ratio × window × burn; infinite where the ratio never gets there.

    Args:
        target: the objective, below 1.
        error_ratio: share of events that fail during the outage.
        window_ms: the long window.
        burn: threshold as a multiple of the sustainable burn.
    """
    if error_ratio <= 0 or (1.0 - target) * burn >= error_ratio:
        return math.inf
    return (1.0 - target) / error_ratio * (window_ms / 1000.0) * burn


def burn_alerts(period_ms: int) -> tuple[list[BurnAlert], list[str]]:
    """The windows for a period, and what had to differ from the workbook's table.

    A burn below 1 would alert on a service that keeps its objective: such thresholds are raised to 1.
    A window longer than the period is left out.
    """
    found, notes = [], []
    for severity, long_ms, share in SHARES:
        if long_ms > period_ms:
            notes.append(f"The {duration(long_ms)} window is longer than the period and is left out.")
            continue
        burn = share * period_ms / long_ms
        if burn < 1.0:
            notes.append(
                f"The {duration(long_ms)} window: {share:.0%} of the budget in it is a burn rate of {burn:.3g}, "
                "below 1, which a service within its objective may have; the threshold is 1."
            )
            burn = 1.0
        found.append(
            BurnAlert(severity, long_ms, long_ms // SHORT_SHARE, round(burn, 9), burn * long_ms / period_ms)
        )
    return found, notes
