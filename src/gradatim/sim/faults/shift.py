"""Healthy: an input moved, many monitors say so, and answers are as good as before.

- `shift-visibility-km`, `shift-visibility-one`: visibility in kilometres, everywhere or at one airport;
- `shift-register-empty`: the register of aircraft lost its years of construction;
- `shift-register-new`: the register was corrected.

A test holds that none of them moves the value of answers by more than noise.
"""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults import slow
from gradatim.sim.faults.scenario import SLOW, Change, DataFault, Scenario, Span, Truth
from gradatim.sim.flights.state import Alteration


class HarmlessShift:
    """Family 8."""

    id = "harmless-shift"
    title = "A shift that does no harm"
    healthy = True
    variants: tuple[str, ...] = (
        "shift-visibility-km",
        "shift-visibility-one",
        "shift-register-empty",
        "shift-register-new",
    )

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "harmless-shift")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at, end = slow.onset(seed), SLOW.horizon_s
        where = slow.airport(seed)
        scope, component = "all", "features"
        changes: tuple[Change, ...] = ()
        since = at - s.integer(60, 240, 2)
        if name == "shift-visibility-km":
            component, alteration, text = (
                "weather",
                Alteration("km", "weather"),
                "visibility comes in kilometres",
            )
        elif name == "shift-visibility-one":
            scope, component = slow.AIRPORT_NAMES[where], "weather"
            alteration, text = (
                Alteration("km", "weather", (where,)),
                f"visibility of {scope} comes in kilometres",
            )
        elif name == "shift-register-empty":
            changes = (slow.feature_release(seed, since),)
            alteration, text = (
                Alteration("register_empty", "aircraft"),
                "the register of aircraft has no years",
            )
        else:
            changes = (slow.change(seed, since, "config", "features", slow.REGISTER),)
            alteration, text = (
                Alteration("register_new", "aircraft"),
                "the register of aircraft was corrected",
            )
        fault = DataFault(
            at, "shift", (alteration,), change=changes[0].id if changes else "", harmless=True,
        )  # fmt: skip
        return slow.scenario(
            seed, self.id, name, healthy=True, at_s=at, shocks=(fault,), changes=changes,
            truth=Truth(
                component, "harmless_shift", scope, "An input moved, and the answers did not",
                (Span(at, end, text, False),),
                "One input left its range or its usual distribution from one hour to the next. Hardly an answer "
                "turned over: the differential test counts them. What the model does not lean on may be mended in"
                " the week, with a ticket; rolling back, retraining or switching the group off costs more than it"
                " brings.",
            ),
        )  # fmt: skip
