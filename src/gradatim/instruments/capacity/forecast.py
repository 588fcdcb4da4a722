"""A forecast of hourly traffic that has to beat seasonal naive on a rolling-origin backtest.

Candidate: STL on the logarithm (Cleveland et al. 1990) and a damped trend (Holt; Gardner and McKenzie 1985) on what is
left, by statsmodels. Baseline: the value of one season ago. The interval comes from the backtest's own relative errors
(see `interval`), and its coverage is measured with origins that share no hour with the one that is judged.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradatim.core.errors import InputError
from gradatim.core.groups import load
from gradatim.instruments.capacity.interval import Held, Misses, coverage, interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAY, WEEK = 24, 168
ORIGINS = 13  # odd, so that one starts midway: where three windows find room, three share no hour
JUMP = 12  # hours between the points at which STL fits trend and low pass: 16 times faster, equal to 0.1 %
MARGIN = 0.02  # the model must be better by this share of the baseline's error
LEVEL = 0.9


@dataclass(frozen=True, slots=True)
class Forecast:
    """Traffic to come, by the hour.

    Args:
        rate, low, high: requests per second of each hour to come.
        model: "stl-holt" or "seasonal-naive", whichever is used.
        season: hours.
        origins: origins of the backtest; their windows overlap.
        looks: how many of its windows of `tested_hours` share no hour; under seasonal naive, in whole seasons.
        tested_hours: how far ahead the backtest went; beyond it nothing was tested.
        error_model, error_naive: mean absolute errors on the backtest, requests per second.
        wins: origins at which the model was better.
        held: how often the intervals from origins that share no hour with the judged one held (meant: `LEVEL`).
        peak_bias: median of log(true peak / forecast peak) over the origins, and its largest value.
    """

    rate: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    model: str
    season: int
    origins: int
    looks: float
    tested_hours: int
    error_model: float
    error_naive: float
    wins: int
    held: Held
    peak_bias: tuple[float, float]

    @property
    def beats_naive(self) -> bool:
        return self.model != "seasonal-naive"


def forecast(rate: NDArray[np.float64], hours: int) -> Forecast:
    """Forecast `hours` ahead.

    Args:
        rate: hourly mean rates, at least three days.
        hours: how far.

    Raises:
        InputError: too short for a season and a backtest.
        MissingGroup: statsmodels is not installed.
    """
    n = len(rate)
    season = WEEK if n >= 3 * WEEK else DAY
    if n < 3 * season:
        raise InputError(
            f"{n} hours are too short for a forecast", ["three days at least, three weeks for weekly peaks"]
        )
    # At most half of what two seasons leave, so that two origins at least share no hour.
    ahead = min(hours, (n - 2 * season) // 2)
    room = n - 2 * season - ahead
    origins = sorted({2 * season + round(room * i / max(ORIGINS - 1, 1)) for i in range(ORIGINS)})
    truth = [rate[o : o + ahead] for o in origins]
    naive = [seasonal_naive(rate[:o], ahead, season) for o in origins]
    model = [stl_holt(rate[:o], ahead, season) for o in origins]
    wrong_naive = [float(np.abs(t - p).mean()) for t, p in zip(truth, naive, strict=True)]
    wrong_model = [float(np.abs(t - p).mean()) for t, p in zip(truth, model, strict=True)]
    wins = sum(a < b for a, b in zip(wrong_model, wrong_naive, strict=True))
    error_model, error_naive = float(np.mean(wrong_model)), float(np.mean(wrong_naive))
    better = error_model < (1 - MARGIN) * error_naive and wins * 2 > len(origins)
    predicted = model if better else naive
    floor = max(float(rate.mean()) * 1e-3, 1e-9)
    if better:
        misses = Misses([_miss(t, p, floor) for t, p in zip(truth, model, strict=True)], origins)
    else:
        misses = _naive_misses(rate, ahead, season, floor)
    central = (stl_holt if better else seasonal_naive)(rate, hours, season)
    low, high = interval(misses, hours, LEVEL)
    whole = [i for i, miss in enumerate(misses.errors) if len(miss) == ahead]
    peaks = [math.log((t.max() + floor) / (p.max() + floor)) for t, p in zip(truth, predicted, strict=True)]
    return Forecast(
        central,
        np.maximum((central + floor) * np.exp(low) - floor, 0.0),
        (central + floor) * np.exp(high) - floor,
        "stl-holt" if better else "seasonal-naive",
        season,
        len(origins),
        misses.looks(ahead),
        ahead,
        error_model,
        error_naive,
        wins,
        coverage(misses, LEVEL, whole[:: max(len(whole) // ORIGINS, 1)]),
        (float(np.median(peaks)), max(peaks)),
    )


def seasonal_naive(rate: NDArray[np.float64], hours: int, season: int) -> NDArray[np.float64]:
    """The last season again and again."""
    return np.resize(rate[-season:], hours)


def stl_holt(rate: NDArray[np.float64], hours: int, season: int) -> NDArray[np.float64]:
    """STL on the logarithm, a damped trend on the deseasonalised rest."""
    stl = load("statsmodels.tsa.seasonal", "work", "The forecast").STL
    holt = load("statsmodels.tsa.holtwinters", "work", "The forecast").Holt
    floor = max(float(rate.mean()) * 1e-3, 1e-9)
    logs = np.log(rate + floor)
    with warnings.catch_warnings():
        # A fit that has not converged is judged by the backtest like any other.
        warnings.simplefilter("ignore")
        parts = stl(logs, period=season, trend_jump=JUMP, low_pass_jump=JUMP).fit()
        rest = holt(logs - parts.seasonal, damped_trend=True, initialization_method="estimated").fit()
        trend = np.asarray(rest.forecast(hours))
    made = np.exp(trend + np.resize(parts.seasonal[-season:], hours)) - floor
    # A trend that runs away is no forecast: ten times the history's peak is the end.
    clipped: NDArray[np.float64] = np.clip(made, 0.0, 10 * rate.max())
    return clipped


def _miss(truth: NDArray[np.float64], made: NDArray[np.float64], floor: float) -> NDArray[np.float64]:
    """Relative errors as logarithms."""
    found: NDArray[np.float64] = np.log((truth + floor) / (made + floor))
    return found


def _naive_misses(rate: NDArray[np.float64], ahead: int, season: int, floor: float) -> Misses:
    """Of seasonal naive, which costs nothing: an origin each day, as far as the history goes on after it."""
    n = len(rate)
    starts = list(range(season, n - min(DAY, ahead) + 1, DAY))
    errors = []
    for o in starts:
        truth = rate[o : o + ahead]
        errors.append(_miss(truth, seasonal_naive(rate[:o], len(truth), season), floor))
    return Misses(errors, starts, season)
