"""The drawings of the capacity report: traffic and forecast, and what replicas buy."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np

from gradatim.instruments.capacity.study import Study
from gradatim.instruments.capacity.traffic import HOUR_S
from gradatim.instruments.report import figure, plot


def traffic(study: Study) -> str:
    """History and forecast with its interval, as the peak of each day."""
    f = study.forecast
    caption = (
        "Requests per second, the busiest hour of each day: history, forecast, and the 90 % interval from the "
        "backtest's errors."
    )
    days = _daily(study)
    rows = [(d, f"{a:,.1f}", f"{b:,.1f}", f"{c:,.1f}") for d, a, b, c in days]
    assert len(f.rate)
    return figure(
        _traffic(study, 10.0),
        caption,
        (("day ahead", "low", "forecast", "high"), rows),
        narrow=_traffic(study, 3.7),
    )


def _daily(study: Study) -> list[tuple[str, float, float, float]]:
    f = study.forecast
    start = study.traffic.start_s + len(study.traffic.rate) * HOUR_S
    found = []
    for i in range(0, len(f.rate), 24):
        day = datetime.datetime.fromtimestamp(start + i * HOUR_S, datetime.UTC)
        found.append((f"{day:%Y-%m-%d}", *(float(x[i : i + 24].max()) for x in (f.low, f.rate, f.high))))
    return found  # type: ignore[return-value]


def _traffic(study: Study, width: float) -> Any:
    fig, ax = plot.new(width, 2.9 if width > 5 else 2.6)
    rate, f = study.traffic.rate, study.forecast
    n = len(rate)

    def peaks(x: Any) -> Any:
        return np.array([x[i : i + 24].max() for i in range(0, len(x), 24)])

    past = np.arange(0, n, 24) / 24 - n / 24
    ahead = np.arange(0, len(f.rate), 24) / 24
    ax.plot(past, peaks(rate), color=plot.INK_2, linewidth=1.4)
    ax.fill_between(ahead, peaks(f.low), peaks(f.high), color=plot.ACCENT_WASH, linewidth=0)
    ax.plot(ahead, peaks(f.rate), color=plot.ACCENT, linewidth=1.8, linestyle="--")
    ax.axvline(0, color=plot.LINE_2, linewidth=1)
    ax.set_ylim(bottom=0)
    ax.set_xlabel("days from the end of the history")
    return fig


def curve(study: Study) -> str:
    """Share of good answers over the number of replicas, whole and with a zone lost."""
    q = study.question
    rows = []
    for p in study.plan.curve:
        after = "" if p.zone_lost is None else f"{p.zone_lost.good:.3%}"
        rows.append(
            (
                f"{p.replicas}",
                cost(study, p.replicas),
                f"{p.whole.good:.3%}",
                after,
                f"{p.whole.utilisation:.0%}",
            )
        )
    caption = (
        f"Answers within {q.service.target_s * 1000:g} ms at the design rate, by the number of replicas: solid whole, "
        "dashed with a zone lost. The line across is the goal."
    )
    heads = ("replicas", "per month", "good", "good, a zone lost", "slots busy")
    return figure(_curve(study, 10.0), caption, (heads, rows), narrow=_curve(study, 3.7))


def _curve(study: Study, width: float) -> Any:
    fig, ax = plot.new(width, 2.7)
    points = study.plan.curve
    x = [p.replicas for p in points]
    ax.plot(x, [100 * p.whole.good for p in points], "-o", markersize=3.5, color=plot.ACCENT)
    if study.plan.zones > 1:
        known = [p for p in points if p.zone_lost is not None]
        lost = [100 * p.zone_lost.good for p in known if p.zone_lost is not None]
        ax.plot([p.replicas for p in known], lost, "--o", markersize=3.5, color=plot.WARN)
    ax.axhline(100 * study.question.goal, color=plot.INK_3, linewidth=1)
    if study.plan.replicas:
        ax.axvline(study.plan.replicas, color=plot.LINE_2, linewidth=1)
    ax.set_xlabel("replicas")
    ax.set_ylabel("% within target")
    ax.locator_params(axis="x", integer=True)
    ax.set_ylim(top=min(ax.get_ylim()[1], 101))
    return fig


def cost(study: Study, replicas: int) -> str:
    """Dollars of a month of 730 hours; empty without a price."""
    price = study.question.usd_per_hour
    return "" if price is None else f"${replicas * price * 730:,.0f}"
