"""Healthy: labels come late, and the newest answers look worse than they are.

Flights that are late land late; when the joiner is slow as well, those answers that are joined already are those
that went well. Compared at equal age of the labels, nothing has changed.

- `labels-after-deploy`: shortly after an innocent release of a model;
- `labels-backlog`: the joiner has a backlog of late flights;
- `labels-long-backlog`: it is nearly a day long;
- `labels-two-waves`: it comes, goes and comes again.
"""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults import slow
from gradatim.sim.faults.scenario import SLOW, Change, LabelFault, ModelRelease, Scenario, Shock, Span, Truth


class LateLabels:
    """Family 7."""

    id = "late-labels"
    title = "Labels that come late"
    healthy = True
    variants: tuple[str, ...] = (
        "labels-after-deploy",
        "labels-backlog",
        "labels-long-backlog",
        "labels-two-waves",
    )

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "late-labels")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at, end = slow.onset(seed), SLOW.horizon_s
        slow_h = s.between(13.0, 18.0, 2)
        airports, scope = (0, 1, 2), "all"
        shocks: tuple[Shock, ...]
        changes: tuple[Change, ...] = ()
        lasts_h = s.integer(20, 30, 6)
        if name == "labels-long-backlog":
            slow_h, lasts_h = s.between(20.0, 26.0, 3), s.integer(24, 32, 8)
        if name == "labels-two-waves":
            middle = at + slow.HOUR_S * s.integer(17, 21, 4)
            later = middle + slow.HOUR_S * s.integer(8, 12, 5)
            shocks = (
                LabelFault(at, middle, "slow", airports, slow_h),
                LabelFault(later, end, "slow", airports, slow_h),
            )
        else:
            shocks = (LabelFault(at, at + slow.HOUR_S * lasts_h, "slow", airports, slow_h),)
        if name == "labels-after-deploy":
            changes = (slow.change(seed, at - s.integer(600, 5000, 7), "deploy", "predict", slow.MODEL),)
            shocks = (
                *shocks,
                ModelRelease(changes[0].at_s, slow.CANDIDATE, 1.0, changes[0].id, innocent=True),
            )
        return slow.scenario(
            seed, self.id, name, healthy=True, at_s=at, shocks=shocks, changes=changes,
            truth=Truth(
                "labels", "label_delay", scope, "Late flights were joined late, and the newest answers looked worse",
                (Span(at, end, f"late arrivals of {scope} joined {slow_h:.0f} hours later", False),),
                "Fewer of the newest answers were joined than at this hour of other days, and those that were had"
                " fewer late flights among them, as they must. Answers of a day before, whose labels were "
                "complete, were as good as ever; features had not moved. Compare at equal age of the labels "
                "before a release is blamed.",
            ),
        )  # fmt: skip
