"""The report of `gradatim work slo`."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any

import numpy as np

from gradatim.instruments.metrics_files.times import stamp
from gradatim.instruments.promql.syntax import duration
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
from gradatim.instruments.slo.analysis import Contender, Judged
from gradatim.instruments.slo.burn import detection_s
from gradatim.instruments.slo.picture import budget_figure
from gradatim.instruments.slo.rules import RuleSet
from gradatim.instruments.slo.verdict import name_of, plan_verdict, seconds, unreachable, verdict

_WORST_FIRST = {"bad": 0, "unsure": 1, "good": 2}
NOT_CHECKED = (
    "Whether users agree with the objective: a number that nobody misses is not a good one.",
    "Routing: that a page reaches somebody is not tried here.",
)


def plan_report(sets: Sequence[RuleSet], command: str, inputs: list[Input], extra: Sequence[str]) -> Report:
    """Without a history: the rules and what they can find.

    Args:
        sets: the rules of each objective.
        command: the command line.
        inputs: the files read.
        extra: further things that were not checked.
    """
    found = plan_verdict(list(sets))
    sections = [_alerts_section(rules, len(sets) > 1) for rules in sets]
    result = {"objectives": [_facts(rules) for rules in sets]}
    checked = ["The rules on a history: no metrics were given.", *NOT_CHECKED, *extra]
    return Report("SLO and its alerts", command, found, sections, checked, inputs, result)


def backtest_report(
    judged: Sequence[Judged], command: str, inputs: list[Input], notes: Sequence[str], extra: Sequence[str]
) -> Report:
    """The verdict over all objectives, then each with its pictures and tables."""
    verdicts = [verdict(one) for one in judged]
    order = sorted(range(len(judged)), key=lambda i: _WORST_FIRST[verdicts[i].kind])
    worst = verdicts[order[0]]
    headline, why = worst.headline, list(worst.why)
    if len(judged) > 1:
        why += [verdicts[i].headline for i in order[1:]]
    assumed = [*notes, *(n for one in judged for n in (*one.rules.slo.notes, *one.rules.notes))]
    assumed += [n for one in judged for n in unreachable(one.rules)]
    sections = [
        section for i in order for section in _judged_sections(judged[i], verdicts[i], len(judged) > 1)
    ]
    if assumed:
        sections.append(Section("What was assumed", listing(dict.fromkeys(assumed))))
    result = {"objectives": [_judged_facts(one, v) for one, v in zip(judged, verdicts, strict=True)]}
    checked = [*_not_checked(judged), *NOT_CHECKED, *extra]
    return Report(
        "SLO over its history",
        command,
        Verdict(worst.kind, headline, tuple(why)),
        sections,
        checked,
        inputs,
        result,
    )


def _not_checked(judged: Sequence[Judged]) -> list[str]:
    found = []
    if any(not one.told for one in judged):
        found.append(
            "Incidents that failed no event: they are found in the failures alone; --incidents names others."
        )
    if any(one.budget.covered < 1 for one in judged):
        found.append("A whole period: the rest of it is completed with the mean traffic of the history.")
    return found


# ------------------------------------------------------------------------------------------ sections
def _judged_sections(one: Judged, its: Verdict, several: bool) -> list[Section]:
    prefix = f"{name_of(one.rules)}: " if several else ""
    b, rules = one.budget, one.contenders[0]
    head = figures(
        [
            ("budget left", f"{(1 - b.spent) * 100:.0f} %", f"lowest {b.lowest * 100:.0f} %"),
            ("good", f"{b.attained * 100:.5g} %", f"objective {one.rules.objective.target * 100:.6g} %"),
            (
                "incidents",
                len(rules.detections),
                f"{sum(d.page_s is not None for d in rules.detections)} paged",
            ),
            ("pages", len(rules.pages), f"{rules.noise} of them noise"),
            ("tickets", len(rules.tickets), ""),
            ("without data", f"{(1 - one.seen_share) * 100:.1f} %", "of the time"),
        ]
    )
    lead = paragraph(its.headline) if several else ""
    sections = [Section(_title(prefix, "Budget over time"), lead + head + budget_figure(one))]
    sections.append(Section(_title(prefix, "Incidents and their detection"), _incidents(one)))
    if len(one.contenders) > 1:
        sections.append(Section(_title(prefix, "Your rules beside the generated ones"), _contenders(one)))
    if rules.pages:
        sections.append(Section(_title(prefix, "Every page"), _pages(rules)))
    sections.append(_alerts_section(one.rules, several))
    return sections


def _title(prefix: str, title: str) -> str:
    return prefix + title[0].lower() + title[1:] if prefix else title


def _whole(words: str, more: str = "") -> Html:
    """A short text that is not broken into lines, and a longer one after it that may be."""
    after = f" {html.escape(more)}" if more else ""
    return Html(f'<span class="st">{html.escape(words)}</span>{after}')


def _incidents(one: Judged) -> str:
    rules = one.contenders[0]
    how = (
        "As named by you."
        if one.told
        else "Found in the failures: stretches that burn the budget more than twice too fast and spend at least "
        "2 % of it. The rules promise an alert from 10 % on."
    )
    if not rules.detections:
        return paragraph(f"{how} There was none.")
    rows = []
    for d in rules.detections:
        i = d.incident
        if d.first_s is None:
            word = (
                state("bad", "no alert")
                if one.told or i.spent >= 0.1
                else state("quiet", "below the promise")
            )
        else:
            word = state("good", "paged") if d.page_s is not None else state("warn", "ticket")
        rows.append(
            (
                _whole(stamp(i.start_ms), i.name),
                seconds((i.end_ms - i.start_ms) / 1000),
                f"{i.spent * 100:.1f} %",
                f"{i.worst * 100:.3g} %",
                word,
                seconds(d.page_s) if d.page_s is not None else "–",
                seconds(d.ticket_s) if d.ticket_s is not None else "–",
            )
        )
    columns = (
        "start (UTC)",
        "lasted",
        "budget spent",
        "worst error ratio",
        "alert",
        "page after",
        "ticket after",
    )
    return paragraph(how) + table(columns, rows, right=(1, 2, 3, 5, 6))


def _pages(rules: Contender) -> str:
    rows = [
        (
            _whole(stamp(p.start_ms)),
            seconds((p.end_ms - p.start_ms) / 1000),
            f"{p.spent * 100:.2f} %",
            state("good", "with reason") if p.real else state("warn", "noise"),
        )
        for p in rules.pages[:200]
    ]
    more = f" The first 200 of {len(rules.pages)}." if len(rules.pages) > 200 else ""
    text = f"What was spent in the six hours before each page tells whether there was a reason.{more}"
    return paragraph(text) + table(("page (UTC)", "fired for", "budget spent before", ""), rows, right=(1, 2))


def _contenders(one: Judged) -> str:
    rows = []
    for c in one.contenders:
        found = [d.first_s for d in c.detections if d.first_s is not None]
        rows.append(
            (
                _whole(c.name),
                f"{len(found)} of {len(c.detections)}",
                seconds(float(np.median(found))) if found else "–",
                seconds(max(found)) if found else "–",
                len(c.pages),
                c.noise,
                len(c.tickets),
            )
        )
    columns = ("rules", "incidents alerted", "median time", "slowest", "pages", "noise", "tickets")
    return table(columns, rows, right=(1, 2, 3, 4, 5, 6))


def _alerts_section(rules: RuleSet, several: bool) -> Section:
    target = rules.objective.target
    rows = [
        (
            _whole(a.name),
            state("bad" if a.severity == "page" else "warn", a.severity),
            f"{a.burn:.4g}",
            f"{a.threshold(target) * 100:.4g} %",
            f"{a.spent * 100:.3g} %",
            seconds(detection_s(target, 1.0, a.long_ms, a.burn)),
            seconds(detection_s(target, 0.1, a.long_ms, a.burn)),
        )
        for a in rules.alerts
    ]
    columns = (
        *("long and short window", "severity", "burn rate", "error ratio above", "budget spent"),
        *("total outage found in", "10 % failing found in"),
    )
    guard = (
        f" They wait for {rules.guard_events} failed events in the long window." if rules.guard_events else ""
    )
    text = (
        "An alert comes when both windows are above the threshold and ends soon after the burn does "
        f"(SRE workbook, chapter 5). Times hold for even traffic.{guard}"
    )
    prefix = f"{name_of(rules)}: " if several else ""
    body = paragraph(text) + table(columns, rows, right=(2, 3, 4, 5, 6))
    return Section(_title(prefix, "What the alerts can find"), body)


# ------------------------------------------------------------------------------------------ JSON
def _facts(rules: RuleSet) -> dict[str, Any]:
    target = rules.objective.target
    return {
        "slo": rules.slo.name,
        "service": rules.slo.service,
        "objective": rules.objective.name,
        "target": target,
        "window": rules.slo.window.shorthand,
        "method": rules.slo.method,
        "guard_events": rules.guard_events,
        "alerts": [
            {
                "severity": a.severity,
                "long_window": duration(a.long_ms),
                "short_window": duration(a.short_ms),
                "burn_rate": a.burn,
                "error_ratio_above": a.threshold(target),
                "budget_spent_share": a.spent,
                "detect_total_outage_s": _finite(detection_s(target, 1.0, a.long_ms, a.burn)),
            }
            for a in rules.alerts
        ],
        "unreachable": [a.name for a in rules.unreachable],
    }


def _judged_facts(one: Judged, its: Verdict) -> dict[str, Any]:
    b = one.budget
    return {
        **_facts(one.rules),
        "verdict": its.kind,
        "attained": b.attained,
        "period_covered_share": b.covered,
        "budget_spent_share": b.spent,
        "budget_lowest_left_share": b.lowest,
        "counted": one.counts.unit,
        "bad": float(one.counts.bad.sum()),
        "total": float(one.counts.total.sum()),
        "seen_share": one.seen_share,
        "sample_spacing_s": one.spacing_ms / 1000,
        "not_replayable": [a.name for a in one.blind],
        "incidents_told": one.told,
        "low_traffic": None
        if one.low is None
        else {
            "failures_that_page": one.low.typical,
            "windows_below_guard_share": one.low.share,
            "pages_without_guard": one.low.unguarded_pages,
            "noise_without_guard": one.low.unguarded_noise,
        },
        "rules": [_contender_facts(c) for c in one.contenders],
        "budget_left": _thinned(one),
    }


def _contender_facts(c: Contender) -> dict[str, Any]:
    return {
        "name": c.name,
        "incidents": [
            {
                "start": stamp(d.incident.start_ms),
                "end": stamp(d.incident.end_ms),
                "name": d.incident.name,
                "bad": d.incident.bad,
                "budget_spent_share": d.incident.spent,
                "worst_error_ratio": d.incident.worst,
                "page_after_s": d.page_s,
                "ticket_after_s": d.ticket_s,
            }
            for d in c.detections
        ],
        "pages": [
            {
                "start": stamp(p.start_ms),
                "end": stamp(p.end_ms),
                "budget_spent_before_share": p.spent,
                "with_reason": p.real,
            }
            for p in c.pages
        ],
        "tickets": [{"start": stamp(a), "end": stamp(b)} for a, b in c.tickets],
        "indicator_missing_s": c.silent_ms / 1000,
    }


def _thinned(one: Judged) -> list[dict[str, Any]]:
    """At most 200 points of the budget, the last one among them."""
    n = len(one.budget.at_ms)
    at = np.unique(np.linspace(0, n - 1, min(n, 200)).astype(int))
    return [{"at": stamp(one.budget.at_ms[i]), "left_share": float(one.budget.left[i])} for i in at]


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
