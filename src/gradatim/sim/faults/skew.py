"""A feature is computed differently when serving than when training.

- `skew-clock-utc`: a release of the feature code gives departure times in UTC; roll the release back;
- `skew-one-airport`: as before by a configuration change, for one airport only;
- `skew-metric-provider`: the weather provider switched to Celsius and metres per second; nothing of ours changed:
  serve the last good hours, have the source mended, read it again;
- `skew-model-side`: a new model was trained on times in UTC; roll the model back, the features are as ever.

Source: Zinkevich, "Rules of Machine Learning", rules 29 to 37; Breck et al., "The ML test score", IEEE Big Data 2017.
"""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults import slow
from gradatim.sim.faults.code import FOREVER_S
from gradatim.sim.faults.scenario import SLOW, Change, DataFault, ModelRelease, Scenario, Shock, Span, Truth
from gradatim.sim.flights.state import Alteration


class FeatureSkew:
    """Family 3."""

    id = "feature-skew"
    title = "Computed differently when serving"
    healthy = False
    variants: tuple[str, ...] = (
        "skew-clock-utc",
        "skew-one-airport",
        "skew-metric-provider",
        "skew-model-side",
    )

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "feature-skew")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at, end = slow.onset(seed), SLOW.horizon_s
        shocks: tuple[Shock, ...]
        changes: tuple[Change, ...] = ()
        where = slow.airport(seed)
        component, scope = "features", "all"
        since = at - s.integer(60, 240, 2)
        if name == "skew-clock-utc":
            changes = (slow.feature_release(seed, since),)
            shocks = (DataFault(at, "skew", (Alteration("utc", "clock"),), change=changes[0].id),)
            text = "departure times in UTC since a release of the feature code"
        elif name == "skew-one-airport":
            scope = slow.AIRPORT_NAMES[where]
            changes = (slow.change(seed, since, "config", "features", slow.TIME_ZONES),)
            shocks = (DataFault(at, "skew", (Alteration("utc", "clock", (where,)),), change=changes[0].id),)
            text = f"departure times from {scope} in UTC since the time zone table was renewed"
        elif name == "skew-metric-provider":
            component = "weather"
            shocks = (DataFault(at, "skew", (Alteration("metric", "weather"),), "weather", FOREVER_S),)
            text = "the weather provider sends Celsius and metres per second"
        else:
            component, scope = "predict", "one_version"
            changes = (slow.change(seed, since, "deploy", "predict", slow.MODEL),)
            shocks = (
                ModelRelease(changes[0].at_s, slow.CANDIDATE, 1.0, changes[0].id),
                DataFault(
                    at, "skew", (Alteration("local", "clock"),), change=changes[0].id, version=slow.CANDIDATE
                ),
            )
            text = "model v6 was trained on departure times in UTC and is fed local ones"
        return slow.scenario(
            seed, self.id, name, healthy=False, at_s=at, shocks=shocks, changes=changes,
            truth=Truth(
                component, "feature_skew", scope, "What the model was fed was not what it had been trained on",
                (Span(at, end, text, True),),
                "No value was out of range and none was missing: the distribution moved within the hour, the "
                "differential test found other values than training had, and answers turned over that should "
                "not. A better model cannot help, nor can a retrain on such rows. Undo what changed the "
                "computation, or serve good values until its source is mended; a skew gate before the release "
                "would have stopped it.",
            ),
        )  # fmt: skip
