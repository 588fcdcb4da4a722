"""The table of weather and delays is old: its job stopped, or succeeds without new data.

- `stale-job-stopped`: the job stopped and said nothing; run it again;
- `stale-upstream-old`: the job runs, the source is old; a re-run brings the same: serve yesterday's hours meanwhile,
  have the source mended, read it again;
- `stale-quota`: a smaller quota refuses the job's writes; roll the quota back first, then run the job;
- `stale-one-airport`: one airport's part of the table is old.

Source: Beyer et al. (eds.), "The Site Reliability Workbook", O'Reilly 2018, chapter 13, on data freshness as an SLO.
"""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults import slow
from gradatim.sim.faults.code import FOREVER_S
from gradatim.sim.faults.scenario import SLOW, Change, DataFault, Scenario, Span, Truth
from gradatim.sim.flights.state import Alteration


class StaleFeatures:
    """Family 4."""

    id = "stale-features"
    title = "Features that grow old"
    healthy = False
    variants: tuple[str, ...] = (
        "stale-job-stopped",
        "stale-upstream-old",
        "stale-quota",
        "stale-one-airport",
    )

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "stale-features")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at, end = slow.onset(seed), SLOW.horizon_s
        where = slow.airport(seed)
        airports = (where,) if name == "stale-one-airport" else (0, 1, 2)
        scope = slow.AIRPORT_NAMES[where] if name == "stale-one-airport" else "all"
        hour = int(at // slow.HOUR_S)
        state = (
            Alteration("frozen", "weather", airports, hour),
            Alteration("frozen", "congestion", airports, hour),
        )
        changes: tuple[Change, ...] = ()
        component, text = "features", "the weather job stopped without a word"
        fault = DataFault(at, "stale", state, "weather")
        if name == "stale-upstream-old":
            component, text = "weather", "the source delivers the same old file"
            fault = DataFault(at, "stale", state, "weather", FOREVER_S)
        elif name == "stale-quota":
            changes = (
                slow.change(
                    seed,
                    at - s.integer(60, 900, 2),
                    "config",
                    "features",
                    slow.QUOTA,
                ),
            )
            text = "the store refuses the job's writes: its quota was halved"
            fault = DataFault(at, "stale", state, "weather", change=changes[0].id, blocks=True)
        return slow.scenario(
            seed, self.id, name, healthy=False, at_s=at, shocks=(fault,), changes=changes,
            truth=Truth(
                component, "stale_data", scope, f"The weather of {scope} grew older by the hour",
                (Span(at, end, text, True),),
                "Every value was plausible, none was missing; only the age of the newest row grew, an hour every "
                "hour, and answers decayed with it. The first re-run says which kind it is: it replaces the "
                "table, it ends with the source unchanged, or the store refuses it. Retraining on old features "
                "teaches a model to ignore the weather. A freshness objective would have told within two hours.",
            ),
        )  # fmt: skip
