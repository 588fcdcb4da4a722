"""An error code is stored as if it were a value, served, and trained on.

- `code-served`: the weather source writes -1 for what it does not know, until its owners are told; serve the last good
  hours, have the source mended, read it again;
- `code-one-airport`: as before for one airport, and the source is well again after some hours: a re-run is enough;
- `code-trained`: the joiner writes a delay of 0 for flights that have not landed, and the nightly retrain learns it;
  roll the model back, keep those rows from the next night;
- `code-before-training`: as before, noticed before the night: keep the rows out in time and no answer is ever wrong.

Source: Sculley et al., "Hidden technical debt in machine learning systems", NeurIPS 2015; Polyzotis et al., "Data
management challenges in production machine learning", SIGMOD 2017.
"""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults import slow
from gradatim.sim.faults.scenario import SLOW, DataFault, LabelFault, NightlyRetrain, Scenario, Span, Truth
from gradatim.sim.flights.state import Alteration

FOREVER_S = 1e9
DAY_S = 24 * slow.HOUR_S


class BadCode:
    """Family 1."""

    id = "bad-code"
    title = "A value that is no value"
    healthy = False
    variants: tuple[str, ...] = ("code-served", "code-one-airport", "code-trained", "code-before-training")

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "bad-code")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at, end = slow.onset(seed), SLOW.horizon_s
        if name in ("code-served", "code-one-airport"):
            return self._weather(seed, s, name, at, end)
        trained = name == "code-trained"
        first = at + slow.HOUR_S * (s.integer(1, 2, 2) if trained else s.integer(15, 20, 3))
        nights = [
            slow.change(seed, t, "deploy", "predict", "nightly retrain at 100 %", 45 + i)
            for i, t in enumerate((first, first + DAY_S))
            if t < end - 6 * slow.HOUR_S
        ]
        return slow.scenario(
            seed, self.id, name, healthy=False, at_s=at,
            shocks=(
                LabelFault(at, at + slow.HOUR_S * s.integer(9, 12, 4), "zero"),
                *(NightlyRetrain(c.at_s, c.id) for c in nights),
            ),
            changes=tuple(nights),
            truth=Truth(
                "labels", "error_code", "all", "The label joiner wrote a delay of 0 for flights that had not landed",
                (
                    Span(at, end, "arrivals joined as exactly on time", False),
                    Span(first, end, "a model that was trained on them serves", True),
                ),
                "Far more joined arrivals than the usual one in fifty were exactly on the minute. Predictions and "
                "features were as ever; only what they were measured by was wrong, until the nightly retrain "
                "learned that no flight is late. Rolling that model back helps for one night: the rows have to be"
                " quarantined, or the next retrain learns them again. Retraining on the latest data is the one "
                "thing that cannot help.",
            ),
        )  # fmt: skip

    def _weather(self, seed: int, s: Stream, name: str, at: float, end: float) -> Scenario:
        where = slow.airport(seed)
        airports = (where,) if name == "code-one-airport" else (0, 1, 2)
        scope = slow.AIRPORT_NAMES[where] if name == "code-one-airport" else "all"
        until = at + slow.HOUR_S * s.integer(3, 5, 5) if name == "code-one-airport" else FOREVER_S
        return slow.scenario(
            seed, self.id, name, healthy=False, at_s=at,
            shocks=(DataFault(at, "code", (Alteration("code", "weather", airports),), "weather", until),),
            changes=(),
            truth=Truth(
                "weather", "error_code", scope, "The weather source wrote -1 where it knew nothing",
                (Span(at, end, f"weather of {scope}: -1 in every column", True),),
                "Most weather values were out of their range within the hour, all of them the same number. The "
                "model takes -1 for a very bad day. Missing values would have been better than wrong ones, and "
                "the hours of the day before better still; the table itself is mended by reading the source again"
                " once the source is well. An ingest rule that rejects values out of range would have made it a "
                "freshness alert.",
            ),
        )  # fmt: skip
