"""When a person is ready: a Monte Carlo forecast in months, and its dates.

    ready = max(study, time of the k-th qualifying opportunity) + impact lag
    study = study months * (1 - scope credit) * overrun,   overrun ~ Uniform(1.0, 1.2)
    k-th opportunity ~ Gamma(k, rate),                     impact lag ~ LogNormal(log(median), 0.48)

`docs/design/forecast.md` says where the two spreads come from: they reproduce the path's three reference points.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gradatim.core.errors import InputError
from gradatim.path.pack import ForecastFacts

DAYS_PER_MONTH = 365.25 / 12
WEEKS_PER_MONTH = DAYS_PER_MONTH / 7
DRAWS = 40_000
QUANTILES = (15, 50, 85)
# Beyond this the answer is "never" for planning: a date in the next century would be false precision.
HORIZON_MONTHS = 600.0

Months = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What a forecast starts from.

    Attributes:
        study_months: Study that is left, in months at the person's own hours, before scope credit and overrun.
            Infinite when the person has no hours.
        scope_credit: Share of the study that present scope saves, 0 to 1.
        opportunities: How many qualifying opportunities are still needed (k).
        opportunities_per_month: Their rate.
        secured_months: Opportunities that are already agreed, in months from now.
        lag_months: Median of the impact lag.
        lag_sigma: Standard deviation of its logarithm.
        overrun: Least and greatest factor by which study takes longer than planned.
        not_before_months: Time at the present level that is still missing; runs beside study and opportunities.
    """

    study_months: float
    scope_credit: float = 0.0
    opportunities: int = 6
    opportunities_per_month: float = 0.6
    secured_months: tuple[float, ...] = ()
    lag_months: float = 2.0
    lag_sigma: float = ForecastFacts().lag_sigma
    overrun: tuple[float, float] = ForecastFacts().overrun
    not_before_months: float = 0.0

    def problems(self) -> list[str]:
        """Everything that makes this no situation to forecast from."""
        low, high = self.overrun
        rules = [
            ("study_months", self.study_months, self.study_months >= 0, "0 or more"),
            ("scope_credit", self.scope_credit, 0 <= self.scope_credit <= 1, "from 0 to 1"),
            ("opportunities", self.opportunities, 0 <= self.opportunities <= 50, "from 0 to 50"),
            (
                "opportunities_per_month",
                self.opportunities_per_month,
                0 <= self.opportunities_per_month <= 30,
                "from 0 to 30",
            ),
            ("lag_months", self.lag_months, 0 <= self.lag_months <= 120, "from 0 to 120"),
            ("lag_sigma", self.lag_sigma, 0 <= self.lag_sigma <= 3, "from 0 to 3"),
            ("overrun", low, 0 < low <= high <= 10, "a range of factors above 0"),
            (
                "not_before_months",
                self.not_before_months,
                0 <= self.not_before_months <= HORIZON_MONTHS,
                "from 0 to 600",
            ),
            (
                "secured_months",
                min(self.secured_months, default=0.0),
                all(0 <= m <= HORIZON_MONTHS for m in self.secured_months),
                "from 0 to 600",
            ),
        ]
        return [f"{name}: {value:g} is not {allowed}" for name, value, good, allowed in rules if not good]


def simulate(situation: Situation, seed: int, draws: int = DRAWS) -> Months:
    """Months until ready, one per draw; infinite where it never comes.

    The same seed draws the same chances whatever the situation, so two situations differ only by what was
    changed in them.

    Raises:
        InputError: the situation holds a value that cannot be; every one is named.
    """
    if problems := situation.problems():
        raise InputError("a forecast cannot start from this", problems, next="gradatim plan forecast --help")
    uniform, arrivals, normal = _chances(seed, situation.opportunities, draws)
    low, high = situation.overrun
    overrun = low + (high - low) * uniform
    lag = situation.lag_months * np.exp(situation.lag_sigma * normal)
    study = situation.study_months * (1.0 - situation.scope_credit) * overrun
    if math.isinf(situation.study_months):
        study = np.full(draws, math.inf if situation.scope_credit < 1 else 0.0)
    kth = _kth_opportunity(situation, arrivals)
    ready: Months = np.maximum(np.maximum(study, kth), situation.not_before_months) + lag
    ready[ready > HORIZON_MONTHS] = math.inf
    return ready


@lru_cache(maxsize=4)
def _chances(seed: int, opportunities: int, draws: int) -> tuple[Months, Months, Months]:
    """What a seed draws: for the overrun, the arrivals of opportunities at rate one, and the lag. Not to be changed.

    A page asks for one situation and for seven that differ a little, all on the same draws.
    """
    overrun_rng, gaps_rng, lag_rng = (np.random.default_rng([seed, i]) for i in range(3))
    # Row by row, so that fewer needed opportunities are a prefix of the same arrivals.
    arrivals = np.cumsum(gaps_rng.standard_exponential((opportunities, draws)), axis=0)
    made = overrun_rng.random(draws), arrivals, lag_rng.standard_normal(draws)
    for one in made:
        one.flags.writeable = False
    return made


def _kth_opportunity(situation: Situation, arrivals: Months) -> Months:
    """When the k-th opportunity comes: agreed ones at their dates, others by chance."""
    k, draws = situation.opportunities, arrivals.shape[1]
    if k == 0:
        return np.zeros(draws)
    rate = situation.opportunities_per_month
    if not situation.secured_months:
        # They come in order already.
        kth: Months = arrivals[k - 1] / rate if rate > 0 else np.full(draws, math.inf)
        return kth
    by_chance = arrivals / rate if rate > 0 else np.full_like(arrivals, math.inf)
    agreed = np.repeat(np.array(situation.secured_months, float)[:, None], draws, axis=1)
    both = np.sort(np.concatenate([by_chance, agreed]), axis=0)
    first: Months = both[k - 1]
    return first


class Quantiles(NamedTuple):
    """P15, P50 and P85 of the months until ready."""

    p15: float
    p50: float
    p85: float


def quantiles(months: Months) -> Quantiles:
    """P15, P50 and P85 of simulated months; infinite where they never come."""
    # "inverted_cdf" takes a value that was drawn: between a number and infinity there is no middle.
    found = np.percentile(months, QUANTILES, method="inverted_cdf")
    return Quantiles(*(float(x) for x in found))


def forecast(situation: Situation, seed: int, draws: int = DRAWS) -> Quantiles:
    """P15, P50 and P85 of the months until ready."""
    return quantiles(simulate(situation, seed, draws))


def on_date(start: date, months: float) -> date | None:
    """The day that many months after `start`; None for never."""
    return None if math.isinf(months) else start + timedelta(days=round(months * DAYS_PER_MONTH))


def next_window(day: date, windows: Sequence[str]) -> date | None:
    """The first committee on or after `day`.

    Args:
        day: When the person is ready.
        windows: Each "MM-DD", every year, or "YYYY-MM-DD", once. The 29th of February is the 28th in other years.

    Returns:
        The date, or None if no window comes any more.
    """
    dates: list[date] = []
    for window in windows:
        parts = [int(part) for part in window.split("-")]
        if len(parts) == 3:
            dates.append(date(*parts))
        else:
            dates += [_in_year(year, parts[0], parts[1]) for year in (day.year, day.year + 1)]
    return min((one for one in dates if one >= day), default=None)


def _in_year(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, month, 28)


class Lever(NamedTuple):
    """One change and what it does to P85, in weeks; negative is earlier. None: from never, or to never."""

    id: str
    text: str
    p85_weeks: float | None
    p85_months: float


def levers(
    situation: Situation, changes: Sequence[tuple[str, str, Situation]], seed: int, draws: int = DRAWS
) -> list[Lever]:
    """The effect of each change on P85, on the same draws, the most helpful first.

    Args:
        situation: As it is.
        changes: Each an id, a sentence, and the situation after it.
        seed: Of the draws.
        draws: How many.
    """
    now = forecast(situation, seed, draws).p85
    found = []
    for name, text, changed in changes:
        then = forecast(changed, seed, draws).p85
        weeks = None if math.isinf(now) or math.isinf(then) else (then - now) * WEEKS_PER_MONTH
        found.append(Lever(name, text, weeks, then))
    return sorted(found, key=lambda lever: lever.p85_months)


def usual_changes(
    situation: Situation, weekly_hours: float, more_scope: float
) -> list[tuple[str, str, Situation]]:
    """The levers that every person has.

    Args:
        situation: As it is.
        weekly_hours: The person's hours a week; 0 when there are none.
        more_scope: The scope credit after the lowest dimension has risen by one level.
    """
    s = situation
    made: list[tuple[str, str, Situation]] = []
    if weekly_hours > 0:
        for hours in (2.0, -2.0):
            if weekly_hours + hours > 0:
                study = s.study_months * weekly_hours / (weekly_hours + hours)
                text = f"{weekly_hours + hours:.3g} hours a week instead of {weekly_hours:.3g}"
                made.append(
                    ("more-hours" if hours > 0 else "fewer-hours", text, replace(s, study_months=study))
                )
    if s.opportunities > 0:
        text = "One cross-team design review, or another qualifying opportunity, in the first quarter"
        made.append(("one-agreed", text, replace(s, secured_months=(*s.secured_months, 3.0))))
        rate = s.opportunities_per_month + 0.25
        made.append(
            (
                "more-opportunities",
                f"Three more opportunities a year: {rate:.3g} a month instead of {s.opportunities_per_month:.3g}",
                replace(s, opportunities_per_month=rate),
            )
        )
    if s.lag_months > 0.5:
        text = "Metric and baseline agreed before the work starts: effect shown half a month sooner"
        made.append(("shorter-lag", text, replace(s, lag_months=s.lag_months - 0.5)))
    if more_scope > s.scope_credit:
        text = "One level more scope in the dimension where yours is smallest"
        made.append(("more-scope", text, replace(s, scope_credit=more_scope)))
    return made
