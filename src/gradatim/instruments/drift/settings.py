"""Where a change begins to matter, and how sure one has to be that it is one."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """The limits of a drift report.

    Attributes:
        effect: Wasserstein distance in standard deviations of the reference from which a shift matters.
        js: Jensen-Shannon distance from which a change of shape or of categories matters.
        share: change of a share of rows (missing, one value, new categories) that matters.
        broken: share of rows that may be unreadable, infinite or beyond the reference's range.
        performance: change of an estimated or realised metric that matters.
        alpha: chance of any alarm when nothing has changed, over all columns together.
        must_see: shift in standard deviations that must have been visible before the answer is "good".
    """

    effect: float = 0.1
    js: float = 0.1
    share: float = 0.01
    broken: float = 0.001
    performance: float = 0.02
    alpha: float = 0.01
    must_see: float = 0.3
