"""The canary's report: verdict, metrics, shapes, slices, time, Kayenta's answer, and what was not checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

from gradatim.instruments.canary import charts
from gradatim.instruments.canary.compare import Comparison
from gradatim.instruments.canary.compat import Compatible
from gradatim.instruments.canary.judge import Judgement, change_text
from gradatim.instruments.canary.points import TUNED_FOR_POINTS
from gradatim.instruments.report import (
    Html,
    Input,
    Report,
    Section,
    Verdict,
    figures,
    listing,
    paragraph,
    state,
    table,
)

KINDS: dict[str, Literal["good", "bad", "unsure"]] = {
    "promote": "good",
    "roll back": "bad",
    "inconclusive": "unsure",
}
EXIT_CODES = {"promote": 0, "roll back": 1, "inconclusive": 3}


def build(found: Comparison, kayenta: Compatible, mode: str, command: str, inputs: list[Input]) -> Report:
    """The whole report. `mode` is "own" or "kayenta": whose rule made the verdict."""
    rule = found.request.rule
    sections = [Section("Metrics", _metrics(found))]
    if drawn := charts.shapes(found):
        sections.append(Section("Shape", drawn))
    if found.slices or found.thin:
        sections.append(Section("Slices", _slices(found)))
    timed = [j for j in found.whole if j.difference is not None]
    timed.sort(key=lambda j: {"fail": 0, "unknown": 1, "pass": 2}[j.state])
    if timed and (drawn := charts.over_time(timed[0], rule)):
        sections.append(Section("As the points came in", drawn))
    sections.append(Section("What Kayenta's judge says", _kayenta(kayenta, mode)))
    sections.append(Section("How it was decided", listing(_method(found, mode))))
    return Report(
        title="Canary against baseline",
        command=command,
        verdict=Verdict(KINDS[found.action], found.headline, tuple(found.why)),
        sections=sections,
        not_checked=_not_checked(found),
        inputs=inputs,
        json=as_values(found, kayenta, mode),
    )


def as_values(found: Comparison, kayenta: Compatible, mode: str) -> dict[str, Any]:
    """The figures, for `--json`. Relative figures are shares (0.01 is one percent)."""
    rule = found.request.rule
    return {
        "action": found.action,
        "exit_code": EXIT_CODES[found.action],
        "mode": mode,
        "method": "anytime" if rule.always else "fixed",
        "alpha": rule.alpha,
        "least_points": rule.least_points,
        "baseline_rows": found.rows[0],
        "canary_rows": found.rows[1],
        "metrics": [_judgement_values(j, found) for j in found.whole],
        "slices": [_judgement_values(j, found) for j in found.slices],
        "slices_not_judged": {
            name: {"baseline_rows": b, "canary_rows": c} for name, (b, c) in found.thin.items()
        },
        "kayenta": _kayenta_values(kayenta),
    }


def _kayenta_values(kayenta: Compatible) -> dict[str, Any] | None:
    if kayenta.score is None:
        return None
    return {
        "score": kayenta.score.total,
        "classification": kayenta.score.classification,
        "reason": kayenta.score.reason or None,
        "groups": [g._asdict() for g in kayenta.score.groups],
        "no_data": kayenta.no_data,
        "mixed_shifts_it_passes": kayenta.flagged,
        "metrics": [
            {
                "name": r.rule.name,
                "classification": r.label,
                "reason": r.reason or None,
                "critical": r.critical,
                "deviation": r.deviation,
                "effect_size": r.effect_size,
                "shift": None if r.shift is None else r.shift._asdict(),
                "bound": r.bound,
                "baseline_points": r.baseline_points,
                "canary_points": r.canary_points,
            }
            for r in kayenta.results
        ],
    }


def _judgement_values(j: Judgement, found: Comparison) -> dict[str, Any]:
    rule = found.request.rule
    interval = None
    if j.difference is not None:
        half = j.difference.half(rule.alpha, rule.always)
        interval = [j.difference.estimate - half, j.difference.estimate + half]
    old, new = j.means
    return {
        "metric": j.metric.column,
        "slice": j.slice or None,
        "state": j.state,
        "reasons": j.reasons,
        "worse": j.metric.worse,
        "tolerance": j.metric.tolerance.size,
        "tolerance_relative": j.metric.tolerance.relative,
        "baseline_points": len(j.points.baseline),
        "canary_points": len(j.points.canary),
        "baseline_missing": j.points.missing[0],
        "canary_missing": j.points.missing[1],
        "paired": j.points.pairs is not None,
        "baseline_mean": old,
        "canary_mean": new,
        "relative_change": j.relative,
        "difference": None if j.difference is None else j.difference.estimate,
        "interval": interval,
        "p_harm_adjusted": j.p_harm_adjusted,
        "mixed_shift": {
            "p_adjusted": j.p_mixed_adjusted,
            "threshold": j.mixed.threshold,
            "baseline_share": j.mixed.baseline_share,
            "canary_share": j.mixed.canary_share,
        },
    }


def _metrics(found: Comparison) -> str:
    rule = found.request.rule
    numbers = figures(
        [
            ("baseline rows", f"{found.rows[0]:,}", ""),
            ("canary rows", f"{found.rows[1]:,}", f"at least {rule.least_points} points to promote"),
            ("metrics", f"{len(found.whole)}", ""),
        ]
    )
    drawn = charts.forest(
        found.whole,
        rule,
        "Change of the mean with its interval; the strokes are the tolerance on the sides that hurt. Promoted is "
        "only what lies between them whole.",
    )
    return numbers + drawn + _table(found.whole, found)


def _table(judgements: Sequence[Judgement], found: Comparison) -> str:
    rule = found.request.rule
    rows = []
    for j in judgements:
        old, new = j.means
        rows.append(
            (
                f"{j.metric.column}, {j.slice}" if j.slice else j.metric.column,
                _state(j),
                f"{len(j.points.baseline):,} / {len(j.points.canary):,}",
                "" if math.isnan(old) else f"{old:.5g}",
                "" if math.isnan(new) else f"{new:.5g}",
                "no change" if j.constant else change_text(j, rule),
                f"{j.metric.worse} {j.metric.tolerance.text}",
                f"{j.p_harm_adjusted:.2g}",
                f"{j.p_mixed_adjusted:.2g}",
            )
        )
    heads = [
        "metric",
        "result",
        "points",
        "baseline",
        "canary",
        "change with interval",
        "fails on",
        "p of harm",
        "p of a mixed shift",
    ]
    return table(heads, rows, right=(2, 3, 4, 5, 7, 8))


def _state(j: Judgement) -> Html:
    if j.state == "pass":
        return state("good", "within tolerance")
    return state("bad", "worse") if j.state == "fail" else state("quiet", "not known")


def _slices(found: Comparison) -> str:
    order = {"fail": 0, "unknown": 1, "pass": 2}
    worst = sorted(found.slices, key=lambda j: (order[j.state], min(j.p_harm_adjusted, j.p_mixed_adjusted)))
    parts = []
    if worst:
        parts.append(
            charts.forest(
                worst,
                found.request.rule,
                "The same by slice, the most suspicious first. Slices are read for harm only.",
            )
        )
        parts.append(_table(worst[:40], found))
    if found.thin:
        rows = [(name, f"{b:,}", f"{c:,}") for name, (b, c) in list(found.thin.items())[:40]]
        parts.append(paragraph(f"Too few points to be judged: {len(found.thin)} of the slices."))
        parts.append(table(["slice", "baseline rows", "canary rows"], rows, right=(1, 2)))
    return "".join(parts)


def _kayenta(kayenta: Compatible, mode: str) -> str:
    total = kayenta.score
    if total is None:
        return paragraph("Left out: more than 100,000 points on a side. --mode kayenta computes it.")
    tone = {"Pass": "good", "Marginal": "warn"}.get(total.classification, "bad")
    remark = (
        "this is the verdict's rule"
        if mode == "kayenta"
        else "beside it; the verdict above is not made from it"
    )
    parts = [
        figures(
            [
                ("score", f"{total.total:g}", remark),
                ("classification", state(tone, total.classification), total.reason),  # type: ignore[arg-type]
            ]
        )
    ]
    rows = []
    for r in kayenta.results:
        shift = r.shift
        rows.append(
            (
                r.rule.name,
                r.label + (" (critical)" if r.critical else ""),
                "" if shift is None else f"{shift.estimate:.4g}",
                "" if shift is None else f"{shift.low:.4g} to {shift.high:.4g}",
                "" if shift is None else f"±{r.bound:.4g}",
                "" if math.isnan(r.deviation) else f"{r.deviation:.4g}",
                f"{r.baseline_points:,} / {r.canary_points:,}",
            )
        )
    heads = [
        "metric",
        "classification",
        "shift",
        "98 % interval",
        "must lie beyond",
        "ratio of means",
        "points",
    ]
    parts.append(table(heads, rows, right=(2, 3, 4, 5, 6)))
    if kayenta.flagged:
        parts.append(listing(kayenta.flagged))
    if kayenta.no_data:
        parts.append(
            paragraph("No data on one side, which is never promoted here: " + ", ".join(kayenta.no_data))
        )
    return "".join(parts)


def _method(found: Comparison, mode: str) -> list[str]:
    rule = found.request.rule
    confidence = f"{100 * (1 - rule.alpha):g} %"
    interval = (
        f"normal-mixture confidence sequence, tightest at {TUNED_FOR_POINTS} points, valid however often it is "
        "looked at (Robbins 1970; Waudby-Smith et al. 2024)"
        if rule.always
        else "Welch's t interval, valid for one look"
    )
    lines = [
        f"Intervals: {confidence}, {interval}; widened by Student's t, and for neighbours in time that are alike.",
        "Promote: for every metric the interval excludes a change as large as the tolerance, with enough points.",
        (
            "Roll back: the change points the harmful way beyond the tolerance and excludes zero after Holm's "
            "correction over metrics and slices, or a share of the points broke away (exact; p below alpha / 5, less "
            "with every doubling of the points above 20 unless --method fixed)."
        ),
        "Otherwise inconclusive. Missing, constant or unequal data are inconclusive, never a pass.",
    ]
    if mode == "kayenta":
        lines.insert(0, "The verdict follows Kayenta's score; what it would pass without data is held back.")
    lines += [f"{note}." for note in dict.fromkeys([*found.baseline.notes, *found.canary.notes])]
    if any(j.points.pairs is not None for j in found.whole):
        lines.append("Points of the same time were paired, so what moves both sides is no noise.")
    return lines


def _not_checked(found: Comparison) -> list[str]:
    left = [
        "metrics that are not in the files, and harm that comes later than the canary ran",
        "whether baseline and canary had the same traffic, age and hardware: compare with a fresh baseline",
    ]
    if found.request.time is None:
        left.append(
            "whether neighbouring rows are alike: no --time was named, so every row counts as independent"
        )
    if found.request.slice is None:
        left.append("harm in a part of the traffic: no --slice was named")
    elif found.thin:
        left.append(f"slices with too few points: {', '.join(list(found.thin)[:8])}")
    return left
