"""Harmless look-alikes of an overload: the same first page, and nothing to mend.

- `campaign`: a burst, then more demand than usual for some minutes, below what the fleet can serve;
- `blip`: the fleet is slow for a minute and recovers by itself, because retries are bounded;
- `partner-batch`: one short, steep burst;
- `double-peak`: two bursts, the second when the first seems over.
"""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults import draws
from gradatim.sim.faults.scenario import DemandSurge, Scenario, Shock, SlowFleet, Span, Truth


class Surge:
    """The healthy look-alike of family 10."""

    id = "traffic-surge"
    title = "A surge that passes"
    healthy = True
    variants: tuple[str, ...] = ("campaign", "blip", "partner-batch", "double-peak")

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "surge")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at = draws.onset(seed, start_s, horizon_s)
        cfg = draws.config(seed)
        shocks: tuple[Shock, ...]
        # A burst above capacity, too short to act on, makes the page; what follows is below capacity.
        burst_s = s.integer(40, 60, 2)
        burst = DemandSurge(at, at + burst_s, s.between(2.7, 3.1, 3), rise_s=10.0, fall_s=10.0)
        if name == "campaign":
            until = at + s.integer(480, 840, 4)
            shocks = (burst, DemandSurge(at + burst_s, until, s.between(1.35, 1.55, 5)))
            text = "a campaign: one burst, then half as much demand again for some minutes"
        elif name == "blip":
            until = at + s.integer(60, 90, 2)
            shocks = (SlowFleet(at, until, s.between(3.2, 4.2, 3)),)
            text = "hosts were busy for a minute; bounded retries let the queues drain at once"
        elif name == "partner-batch":
            until = at + burst_s
            shocks = (burst,)
            text = "a partner sent a burst of requests"
        else:
            second = at + s.integer(240, 420, 4)
            until = second + burst_s
            shocks = (burst, DemandSurge(second, until, s.between(2.5, 2.8, 6), rise_s=10.0, fall_s=10.0))
            text = "two bursts of demand, the second when the first was over"
        scenario = Scenario(
            family=self.id,
            variant=name,
            healthy=True,
            config=cfg,
            shocks=shocks,
            changes=(draws.coincidence(seed, at - s.integer(120, 900, 4)),),
            onset_s=at,
            truth=Truth(
                "none",
                "nothing_wrong",
                "none",
                "Nothing was broken: it passed by itself",
                (Span(at, until, text, False),),
                "Retries stayed within their budget, queues emptied as soon as the cause was gone, and good answers "
                "came back without help. Each action here could only cost: shed users, cold replicas, a rollback of "
                "an innocent change. Watching two minutes longer was the work.",
            ),
        )
        return draws.with_herring(seed, scenario)


class Quiet:
    """No fault, no surge: the instance of proof 3, never drawn in an exam."""

    id = "quiet"
    title = "A quiet shift"
    healthy = True
    variants: tuple[str, ...] = ("quiet",)

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        return Scenario(
            family=self.id,
            variant="quiet",
            healthy=True,
            config=draws.config(seed),
            shocks=(),
            changes=(draws.coincidence(seed, start_s - 900.0),),
            onset_s=horizon_s,
            truth=Truth(
                "none", "nothing_wrong", "none", "Nothing happened", (), "A quiet shift needs nothing."
            ),
        )
