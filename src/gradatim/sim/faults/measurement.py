"""The measurement is broken, the service is not: a page that is true of the counters only.

- `lost-counts`: the collector loses part of the good answers' counts;
- `doubled-errors`: an exporter counts failures that did not happen;
- `frozen-after-blip`: the fleet is slow for a minute, and the counters freeze while it is;
- `lost-slowly`: as the first, beginning small and coming in two steps.

What was not counted wrong tells: callers' own figures, the sampled requests, the work of the replicas.
"""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults import draws
from gradatim.sim.faults.scenario import CounterFault, Scenario, Shock, SlowFleet, Span, Truth


class BrokenMeasurement:
    """Family 15."""

    id = "broken-measurement"
    title = "Counters that are wrong"
    healthy = True
    variants: tuple[str, ...] = ("lost-counts", "doubled-errors", "frozen-after-blip", "lost-slowly")

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "broken-measurement")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at = draws.onset(seed, start_s, horizon_s)
        shocks: tuple[Shock, ...]
        if name == "lost-counts":
            shocks = (CounterFault(at, "lost", s.between(0.35, 0.75, 3)),)
            text = "the collector counts only part of the good answers"
        elif name == "doubled-errors":
            shocks = (CounterFault(at, "doubled", s.between(0.2, 0.5, 3)),)
            text = "an exporter counts failures that did not happen"
        elif name == "frozen-after-blip":
            until = at + s.integer(80, 110, 2)
            shocks = (SlowFleet(at, until, s.between(3.4, 4.2, 3)), CounterFault(until - 10.0, "frozen"))
            text = "the gateway's counters froze during a blip that is over"
        else:
            later = at + s.integer(120, 240, 2)
            shocks = (
                CounterFault(at, "lost", s.between(0.82, 0.88, 3)),
                CounterFault(later, "lost", s.between(0.4, 0.6, 4)),
            )
            text = "the collector counts fewer and fewer of the good answers"
        weak = draws.weakness(seed, at) if name != "frozen-after-blip" else draws.Weakness(draws.config(seed))
        scenario = Scenario(
            family=self.id,
            variant=name,
            healthy=True,
            config=weak.config,
            shocks=(*shocks, *weak.shocks),
            changes=(draws.coincidence(seed, at - s.integer(120, 900, 4)), *weak.changes),
            onset_s=at,
            truth=Truth(
                "metrics",
                "telemetry_fault",
                "all",
                "The counters were wrong, the service was well",
                (Span(at, horizon_s, text, False),),
                "The gateway's counters said one thing, and everything that does not come from them said another: "
                "the callers' own good answers, the sampled requests, batches and waits of the replicas. Touching "
                "the service could only cost. Restarting the exporter mends it; until then nobody would have seen "
                "a real incident.",
            ),
        )
        return draws.with_herring(seed, scenario)
