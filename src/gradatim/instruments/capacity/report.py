"""The capacity report: the plan first, then the forecast, the simulation, what breaks first, other answers."""

from __future__ import annotations

import math
from typing import Any

from gradatim.instruments.capacity import picture
from gradatim.instruments.capacity.forecast import LEVEL
from gradatim.instruments.capacity.serving import Outcome
from gradatim.instruments.capacity.sizing import Point, symptoms
from gradatim.instruments.capacity.study import Study
from gradatim.instruments.report import Input, Report, Section, Verdict, figures, listing, paragraph, table

LOOKS = 4  # windows of the backtest that share no hour, for a forecast to be called tested


def build(study: Study, command: str, inputs: list[Input], *, drawn: bool) -> Report:
    """The report of one study; without `drawn` only verdict and figures."""
    return Report(
        title="Capacity",
        command=command,
        verdict=_verdict(study),
        sections=_sections(study) if drawn else [],
        not_checked=_not_checked(study),
        inputs=inputs,
        json=as_values(study),
    )


def _keeps(point: Point | None, goal: float, zones: int) -> bool:
    """The promise holds, with a zone lost too where there are zones; a lone replica does not survive its zone."""
    if point is not None and zones > 1 and point.zone_lost is None:
        return False
    return point is not None and min(o.good for o in (point.whole, point.zone_lost) if o is not None) >= goal


def _verdict(study: Study) -> Verdict:
    q, plan = study.question, study.plan
    why = [
        (
            f"The rate to plan for is {study.design:,.0f} requests/s, the upper end of the {LEVEL:.0%} interval; "
            f"{study.expected:,.0f} are expected."
        ),
        _forecast_words(study),
    ]
    if plan.replicas is None:
        return Verdict("bad", f"No number of replicas keeps the promise: {plan.why_not}.", tuple(why))
    zone = f" and the loss of one of {plan.zones} zones" if plan.zones > 1 else ""
    money = f", {picture.cost(study, plan.replicas)} a month" if q.usd_per_hour is not None else ""
    need = f"{plan.replicas} replicas{money} carry the peak{zone}"
    if q.replicas is not None:
        return _today(study, need, why)
    kind = "good" if _tested(study) else "unsure"
    return Verdict(kind, f"{need}.", tuple(why))  # type: ignore[arg-type]


def _today(study: Study, need: str, why: list[str]) -> Verdict:
    q = study.question
    lost = " with a zone lost" if q.zones > 1 else ""
    if _keeps(study.today, q.goal, q.zones):
        spare = q.replicas - (study.plan.replicas or 0) if q.replicas else 0
        more = f" {spare} fewer would do." if spare > 0 else ""
        return Verdict(
            "good" if _tested(study) else "unsure",
            f"{q.replicas} replicas suffice.{more}",
            (need + ".", *why),
        )
    if _keeps(study.today_expected, q.goal, q.zones):
        return Verdict(
            "unsure",
            f"{q.replicas} replicas carry the expected peak{lost}, not the upper end of its interval.",
            (need + ".", *why),
        )
    return Verdict("bad", f"{q.replicas} replicas do not carry the expected peak{lost}.", (need + ".", *why))


def _tested(study: Study) -> bool:
    return study.forecast.tested_hours >= study.question.horizon_h and study.forecast.looks >= LOOKS


def _forecast_words(study: Study) -> str:
    f = study.forecast
    season = "a week" if f.season == 168 else "a day"
    against = f"mean absolute error {f.error_model:,.2f} against {f.error_naive:,.2f} requests/s at {f.origins} origins"
    if f.beats_naive:
        return f"The model beats the value of {season} ago on the backtest ({against}, better at {f.wins}) and is used."
    return f"The model does not beat the value of {season} ago on the backtest ({against}): that value is the forecast."


def _sections(study: Study) -> list[Section]:
    q, f, plan, t = study.question, study.forecast, study.plan, study.traffic
    sections = [
        Section(
            "Traffic to come",
            figures(
                [
                    ("design rate", f"{study.design:,.0f}/s", "upper end of the interval, with bursts"),
                    ("expected peak", f"{study.expected:,.0f}/s", f"within {q.horizon_h // 24} days"),
                    (
                        "interval held",
                        "not known" if math.isnan(f.held.share) else f"{f.held.low:.0%} to {f.held.high:.0%}",
                        (
                            "too few windows of the backtest share no hour with another"
                            if math.isnan(f.held.share)
                            else f"of hours; in the backtest {f.held.share:.0%}, in {f.held.windows:.2g} windows that "
                            f"share no hour; {LEVEL:.0%} were meant"
                        ),
                    ),
                ]
            )
            + picture.traffic(study)
            + listing(
                [
                    _forecast_words(study),
                    f"Busiest step of an hour: {t.burst:.2f} times its mean (99th percentile).",
                ]
            ),
        )
    ]
    if plan.curve:
        sections.append(Section("What replicas buy", picture.curve(study) + _outcomes(study)))
        sections.append(Section("What breaks first", _breaks(study)))
    sections.append(Section("Other answers", _others(study)))
    if t.notes:
        sections.append(Section("How the history was read", listing(t.notes)))
    return sections


def _outcomes(study: Study) -> str:
    rows = []
    for p in study.plan.curve:
        for name, o in (("whole", p.whole), ("a zone lost", p.zone_lost)):
            if o is not None and p.replicas in {
                study.plan.least,
                study.plan.replicas,
                study.question.replicas,
            }:
                rows.append((f"{p.replicas}, {name}", picture.cost(study, p.replicas), *_cells(o)))
    heads = [
        "replicas",
        "per month",
        "good",
        "failed",
        "refused attempts",
        "timeouts",
        "p99, ms",
        "slots busy",
    ]
    return table(heads, rows, right=range(1, 8))


def _cells(o: Outcome) -> tuple[str, ...]:
    p99 = "" if o.p99_s != o.p99_s else f"{o.p99_s * 1000:,.0f}"
    return (
        f"{o.good:.3%}",
        f"{o.failed:.3%}",
        f"{o.rejected:.3%}",
        f"{o.timeouts:.3%}",
        p99,
        f"{o.utilisation:.0%}",
    )


def _breaks(study: Study) -> str:
    q, plan = study.question, study.plan
    found = symptoms(plan, q.service, q.goal)
    rows = [(name, "not seen" if at is None else f"{at:g} × the design rate") for name, at in found]
    loads = [(f"{load:g} ×", *_cells(o)) for load, o in plan.loads]
    heads = ["load", "good", "failed", "refused attempts", "timeouts", "p99, ms", "slots busy"]
    return (
        paragraph(f"{plan.replicas} replicas, none lost, under more and more load:")
        + table(["what shows", "first at"], rows, right=(1,))
        + table(heads, loads, right=range(1, 7))
    )


def _others(study: Study) -> str:
    rows = [
        (
            "Simulated, nothing lost",
            _n(study.plan.least),
            "least number that keeps the promise at the design rate",
        ),
        (
            "Simulated, a zone lost",
            _n(study.plan.replicas) if study.plan.zones > 1 else "",
            f"{study.plan.zones} zones",
        ),
        ("Erlang C", _n(study.erlang), "one queue, exponential service, nobody gives up, nothing lost"),
        (
            "VPA-style",
            _n(study.vpa),
            "90th percentile of usage by the hour plus 15 %: no peak, no queue, nothing lost",
        ),
    ]
    text = table(["answer", "replicas", "what it is"], rows, right=(1,))
    if study.target_utilisation is not None:
        text += paragraph(
            f"Autoscaled instead: aim at {study.target_utilisation:.0%} busy slots at most. Traffic grows by up to "
            f"{study.ramp:.1%} while a replica starts ({study.question.cold_start_s:g} s), and a zone may go."
        )
    return text


def _n(value: int | None) -> str:
    return "none" if value is None else f"{value:,}"


def _not_checked(study: Study) -> list[str]:
    q, t = study.question, study.traffic
    left = [
        "events that the history does not know: launches, campaigns, failures elsewhere",
        "dependencies of the service (databases, caches, quotas): only its own replicas were simulated",
    ]
    if study.forecast.tested_hours < q.horizon_h:
        left.append(
            f"the forecast beyond {study.forecast.tested_hours / 24:.3g} days: the history is too short to test more"
        )
    left.append(
        "a shift that has not come yet: in simulations with one shift of level by 30 %, at any time of ten weeks, the "
        f"{LEVEL:.0%} interval held about 85 % of the hours"
    )
    if study.forecast.looks < LOOKS:
        left.append(
            f"the forecast often enough: the backtest has {math.floor(study.forecast.looks)} windows of "
            f"{study.forecast.tested_hours / 24:.3g} days that share no hour, {LOOKS} would do"
        )
    if t.burst == 1.0 and t.step_s >= 900:
        left.append(f"bursts within {t.step_s / 60:g} minutes: the history has no finer rows")
    if t.step_s > q.cold_start_s:
        left.append(
            "growth faster than the history's rows while a replica starts: it was taken as even within a row"
        )
    if q.service.cv > 1:
        left.append(f"service times more variable than exponential: cv {q.service.cv:.2f} was simulated as 1")
    return left


def as_values(study: Study) -> dict[str, Any]:
    """The figures for `--json`."""
    q, f, t, plan = study.question, study.forecast, study.traffic, study.plan
    return {
        "history": {
            "hours": len(t.rate),
            "missing_hours": t.missing,
            "step_s": t.step_s,
            "peak_hour_per_s": float(t.rate.max()),
            "burst": t.burst,
            "notes": t.notes,
        },
        "forecast": {
            "model": f.model,
            "beats_seasonal_naive": f.beats_naive,
            "season_h": f.season,
            "horizon_h": q.horizon_h,
            "tested_h": f.tested_hours,
            "origins": f.origins,
            "disjoint_looks": f.looks,
            "model_error_per_s": f.error_model,
            "naive_error_per_s": f.error_naive,
            "model_wins": f.wins,
            "interval_level": LEVEL,
            "interval_coverage": f.held.share,
            "interval_coverage_windows": f.held.windows,
            "interval_coverage_90": [f.held.low, f.held.high],
            "peak_hour_per_s": [float(x.max()) for x in (f.low, f.rate, f.high)],
            "median_log_peak_error": f.peak_bias[0],
            "largest_log_peak_error": f.peak_bias[1],
        },
        "expected_peak_per_s": study.expected,
        "design_per_s": study.design,
        "goal": q.goal,
        "target_ms": q.service.target_s * 1000,
        "replicas": plan.replicas,
        "replicas_nothing_lost": plan.least,
        "zones": plan.zones,
        "usd_per_month": plan.replicas * q.usd_per_hour * 730 if q.usd_per_hour and plan.replicas else None,
        "why_not": plan.why_not or None,
        "erlang_c_replicas": study.erlang,
        "vpa_replicas": study.vpa,
        "autoscaler_target_utilisation": study.target_utilisation,
        "ramp_in_cold_start": study.ramp,
        "curve": [_point_values(p) for p in plan.curve],
        "loads": [{"load": load, **_values(o)} for load, o in plan.loads],
        "breaks_first": [{"what": n, "at_load": at} for n, at in symptoms(plan, q.service, q.goal)],
        "today": None if study.today is None else _point_values(study.today),
        "today_at_expected_peak": None
        if study.today_expected is None
        else _point_values(study.today_expected),
    }


def _point_values(p: Point) -> dict[str, Any]:
    return {
        "replicas": p.replicas,
        "whole": _values(p.whole),
        "zone_lost": None if p.zone_lost is None else _values(p.zone_lost),
    }


def _values(o: Outcome) -> dict[str, float]:
    return {
        "good": o.good,
        "failed": o.failed,
        "rejected_per_request": o.rejected,
        "timeouts_per_request": o.timeouts,
        "retries_per_request": o.retries,
        "p99_ms": o.p99_s * 1000,
        "utilisation": o.utilisation,
    }
