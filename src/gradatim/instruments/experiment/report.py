"""The experiment's report: verdict, split, effects, time, segments, and what was not checked."""

from __future__ import annotations

from typing import Literal

from gradatim.instruments.experiment import charts
from gradatim.instruments.experiment.analyse import Readout, Result
from gradatim.instruments.experiment.decide import shown
from gradatim.instruments.experiment.effect import Effect
from gradatim.instruments.experiment.findings import Findings, as_values
from gradatim.instruments.experiment.multiple import CORRECTIONS
from gradatim.instruments.experiment.novelty import Novelty
from gradatim.instruments.experiment.segments import Segment
from gradatim.instruments.experiment.srm import ALERT_BELOW
from gradatim.instruments.report import (
    Html,
    Input,
    Report,
    Section,
    Verdict,
    columns,
    figures,
    listing,
    paragraph,
    state,
    table,
)

KINDS: dict[str, Literal["good", "bad", "unsure"]] = {
    "ship": "good",
    "stop": "bad",
    "keep running": "unsure",
    "blocked": "unsure",
}


def build(found: Findings, command: str, inputs: list[Input]) -> Report:
    """The whole report."""
    readout, decision = found.readout, found.decision
    settings = readout.settings
    sections = [Section("Was the split right?", _split(found))]
    effects = charts.forest(readout) + _effects_table(readout) + _warnings(readout)
    sections.append(Section("Effects", effects))
    first = readout.goals[0]
    if drawn := charts.over_time(found.looks, first.metric.name):
        sections.append(Section("As the units came in", drawn))
    if found.novelty is not None:
        sections.append(Section("Does it last?", _novelty(found.novelty, readout)))
    if found.segments:
        sections.append(Section("Segments", _segments(found)))
    sections.append(Section("How it was decided", listing(_method(readout))))
    return Report(
        title=f"Experiment: {settings.treatment} against {settings.control}",
        command=command,
        verdict=Verdict(KINDS[decision.action], decision.headline, tuple(decision.why)),
        sections=sections,
        not_checked=_not_checked(found),
        inputs=inputs,
        json=as_values(found),
    )


def _split(found: Findings) -> str:
    ratio, units = found.readout.ratio, found.readout.units
    word = state("bad", "mismatch") if ratio.mismatch else state("good", "as intended")
    numbers = figures(
        [
            ("split", word, f"{ratio.method}, alarm below p = {ALERT_BELOW}"),
            ("p of the split", f"{ratio.p:.2g}", ""),
            ("units", f"{sum(ratio.counts.values()):,}", f"{units.rows:,} rows"),
            ("units in two arms", f"{units.crossed:,}", "left out" if units.crossed else ""),
        ]
    )
    notes = listing([*units.notes, *found.notes]) if units.notes or found.notes else ""
    return numbers + columns([charts.split(ratio), notes]) if notes else numbers + charts.split(ratio)


def _effects_table(readout: Readout) -> str:
    rows = []
    for r in readout.results:
        reading, percent = (r.effect.relative, True) if r.effect.relative else (r.effect.difference, False)
        rows.append(
            (
                r.metric.name,
                _state(r, readout),
                f"{r.effect.control.mean:.5g}",
                f"{r.effect.treatment.mean:.5g}",
                shown(reading.estimate, percent),
                f"{shown(reading.anytime.low, percent)} to {shown(reading.anytime.high, percent)}",
                f"{shown(reading.fixed.low, percent)} to {shown(reading.fixed.high, percent)}",
                f"{r.p_adjusted:.2g}" if r.metric.margin is None else f"margin {r.metric.margin_text}",
                f"{100 * r.removed:.0f} %" if r.before is not None else "",
            )
        )
    heads = [
        "metric",
        "result",
        "control",
        "treatment",
        "change",
        "anytime-valid interval",
        "fixed interval",
        "adjusted p",
        "variance removed",
    ]
    return table(heads, rows, right=(2, 3, 4, 5, 6, 7, 8))


def _state(r: Result, readout: Readout) -> Html:
    settings = readout.settings
    if r.missing_differs:
        return state("bad", "missing unequally")
    if r.too_little:
        return state("quiet", "too little data")
    if r.metric.margin is not None:
        interval = r.margin_interval(settings.method)
        if interval.low > 0:
            return state("good", "within margin")
        return state("bad", "beyond margin") if interval.high < 0 else state("warn", "not shown yet")
    if r.better(settings):
        return state("good", "better")
    return state("bad", "worse") if r.worse(settings) else state("quiet", "not clear")


def _warnings(readout: Readout) -> str:
    lines = [f"{r.metric.name}: {w}" for r in readout.results for w in [r.too_little, *r.warnings] if w]
    return listing(lines) if lines else ""


def _novelty(novelty: Novelty, readout: Readout) -> str:
    def cell(e: Effect) -> tuple[str, str, str]:
        d = e.difference
        units = e.control.units + e.treatment.units
        return f"{d.estimate:+.4g}", f"{d.fixed.low:+.4g} to {d.fixed.high:+.4g}", f"{units:,}"

    change = novelty.change
    rows = [
        ("first half of the time", *cell(novelty.early)),
        ("second half", *cell(novelty.late)),
        (
            "second minus first",
            f"{change.estimate:+.4g}",
            f"{change.fixed.low:+.4g} to {change.fixed.high:+.4g}",
            f"p = {change.p_fixed:.2g}",
        ),
    ]
    what = (
        "Rows are split at the middle of the time; the same units may be in both halves, and the error knows it."
        if novelty.same_units
        else "Units are split by when they entered. An effect that wears off within a unit cannot be seen this way."
    )
    name = readout.goals[0].metric.name
    return table(
        ["part", f"difference in {name}", "fixed interval", "units"], rows, right=(1, 2, 3)
    ) + paragraph(what)


def _segments(found: Findings) -> str:
    readout, parts = found.readout, []
    method = readout.settings.method
    for s in found.segments:
        rows = []
        for p in s.parts:
            reading, percent = (
                (p.effect.relative, True) if p.effect.relative else (p.effect.difference, False)
            )
            interval = reading.fixed if method == "fixed" else reading.anytime
            rows.append(
                (
                    p.value,
                    f"{p.effect.control.units + p.effect.treatment.units:,}",
                    shown(reading.estimate, percent),
                    f"{shown(interval.low, percent)} to {shown(interval.high, percent)}",
                    f"{p.p_adjusted:.2g}",
                )
            )
        parts.append(paragraph(_interaction(s)))
        parts.append(charts.segments_forest(s, readout.goals[0].effect, s.column))
        if rows:
            heads = [s.column, "units", "change", f"{method} interval", "adjusted p"]
            parts.append(table(heads, rows, right=(1, 2, 3, 4)))
    return "".join(parts)


def _interaction(s: Segment) -> str:
    left = (
        f" {s.units_not_judged:,} units in {s.too_small} small values are not judged."
        if s.units_not_judged
        else ""
    )
    if len(s.parts) < 2:
        return f"{s.column}: too few values with enough units to compare.{left}"
    if s.interaction_p < 0.05:
        return (
            f"{s.column}: the parts differ beyond noise (test of interaction, adjusted p = {s.interaction_p:.2g}). "
            f"Treat this as a hypothesis for a next experiment, not as a result of this one.{left}"
        )
    return (
        f"{s.column}: no evidence that the effect differs between the parts (adjusted p = {s.interaction_p:.2g}); "
        f"a part that stands out is what chance looks like.{left}"
    )


def _method(readout: Readout) -> list[str]:
    s = readout.settings
    confidence = f"{100 * (1 - s.alpha):g} %"
    treatments = len(readout.units.counts) - 1
    lines = [
        f"Goals: {CORRECTIONS[s.correction]}; {len(readout.goals)} goal(s), {treatments} treatment(s).",
        (
            f"Anytime-valid: normal-mixture confidence sequence at {confidence}, tightest at "
            f"{s.tuned_for_units:,.0f} units (Robbins 1970; Johari et al. 2017; Waudby-Smith et al. 2024), "
            "widened by Student's t for small arms."
        ),
        f"Fixed: Welch's t interval at {confidence}; ratios by the delta method (Deng et al. 2018).",
        "Relative changes divide by the control's mean, with Fieller's interval (1954).",
    ]
    if readout.guardrails:
        lines.append(
            f"Guardrails: within the margin when the {confidence} interval excludes a loss as large as the margin; "
            "all must be, so they are not corrected for their number."
        )
    if any(r.before is not None for r in readout.results):
        lines.append("CUPED: one slope per metric, pooled within the arms (Deng et al. 2013).")
    return lines


def _not_checked(found: Findings) -> list[str]:
    readout = found.readout
    left = [
        "whether units influence each other (interference, shared caches, marketplaces)",
        "whether the metric measures what is wanted, and effects later than the data",
        "whether --tuned-for-units, margins, metrics and segments were fixed before the data were seen",
    ]
    if not found.has_unit:
        left.insert(
            0, "whether rows of one user repeat: no --unit was named, so every row is taken as a unit"
        )
    if not found.has_time:
        left.append("change over time and novelty: no --time was named")
    if readout.units.repeated and readout.settings.method == "anytime":
        left.append(
            "units whose rows keep coming: the anytime-valid interval assumes that a unit's value is final when it "
            "enters; where values grow between looks, its level is approximate"
        )
    if not found.segments:
        left.append("segments: no --segment was named")
    return left
