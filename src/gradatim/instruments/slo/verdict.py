"""From what was judged to a verdict: good, bad or not sure, and why."""

from __future__ import annotations

import math

from gradatim.instruments.metrics_files.times import stamp
from gradatim.instruments.promql.syntax import duration
from gradatim.instruments.report import Verdict
from gradatim.instruments.slo.analysis import Judged
from gradatim.instruments.slo.backtest import PROMISED_SHARE, Detection
from gradatim.instruments.slo.rules import RuleSet

ENOUGH_SEEN = 0.95
"""Below this share of steps with data nothing is called good."""
ENOUGH_COVERED = 0.2
"""Nor is it when the history covers less than this share of a period: a week of thirty days is enough."""


def plan_verdict(sets: list[RuleSet]) -> Verdict:
    """Without a history: whether the rules can find an outage at all."""
    count = f"{len(sets)} objective{'s' if len(sets) != 1 else ''}"
    dead = [one for one in sets if not any(a.severity == "page" for a in one.alerts)]
    why = [note for one in sets for note in (*unreachable(one), *one.notes, *one.slo.notes)]
    if dead:
        return Verdict(
            "bad",
            f"{', '.join(name_of(one) for one in dead)}: no page can ever come, even a total outage burns too slowly.",
            tuple(dict.fromkeys(why)),
        )
    return Verdict(
        "good",
        f"{count}: the specification is valid and every total outage would page.",
        tuple(dict.fromkeys(["No metrics were given: the rules are not tried on a history.", *why])),
    )


def name_of(rules: RuleSet) -> str:
    """The SLO, and the objective where there are several."""
    many = len(rules.slo.objectives) > 1
    return f"{rules.slo.title} ({rules.objective.name})" if many else rules.slo.title


def unreachable(rules: RuleSet) -> list[str]:
    """Pairs of windows that no outage can cross."""
    return [
        f"{name_of(rules)}: the {a.name} pair is left out: its threshold of {a.burn:g} times the budget is an error "
        f"ratio of {a.threshold(rules.objective.target):.3g}, more than a total outage."
        for a in rules.unreachable
    ]


def missed(judged: Judged) -> list[Detection]:
    """Incidents without any alert: all that the person names, else those that spent what the rules promise."""
    return [
        d
        for d in judged.contenders[0].detections
        if d.first_s is None and (judged.told or d.incident.spent >= PROMISED_SHARE)
    ]


def verdict(judged: Judged) -> Verdict:
    """The verdict on one objective, with the number that decides."""
    b, objective = judged.budget, judged.rules.objective
    rules = judged.contenders[0]
    if not judged.counts.total.sum():
        return Verdict(
            "unsure",
            f"{name_of(judged.rules)}: not one {judged.counts.unit[:-1]} in the history.",
            ("No data is not a pass.", *_doubts(judged)),
        )
    good = f"{b.attained * 100:.{_digits(objective.target)}f} % good against {objective.target * 100:.6g} %"
    far = "" if b.covered >= 1 else f" in {b.covered * 100:.2g} % of a period"
    so_far = "" if b.covered >= 1 else " so far"
    left = f"{(1 - b.spent) * 100:.0f} % of the error budget left"
    lost = missed(judged)
    noisy = rules.noise > len(rules.pages) / 2
    doubts = _doubts(judged)
    why = [*_alerting(judged), *_lost(lost), *_noise(judged), *doubts]
    if b.spent > 1:
        over = f"{b.spent * 100:.0f} % of the error budget spent"
        return Verdict("bad", f"{name_of(judged.rules)}: objective missed, {good}{far}: {over}.", tuple(why))
    if lost:
        text = f"{len(lost)} of {len(rules.detections)} incidents raised no alert"
        return Verdict("bad", f"{name_of(judged.rules)}: {text}; {good}{far}.", tuple(why))
    fast = b.covered < 1 and b.spent > b.covered
    if doubts or noisy or fast:
        if fast:
            why.insert(
                0,
                f"{b.spent * 100:.0f} % of the budget went in {b.covered * 100:.2g} % of the period: too fast to last.",
            )
        return Verdict("unsure", f"{name_of(judged.rules)}: {good}{far}, {left}.", tuple(why))
    return Verdict(
        "good", f"{name_of(judged.rules)}: objective kept{so_far}, {good}{far}, {left}.", tuple(why)
    )


def _digits(target: float) -> int:
    """Enough decimals to see a tenth of the budget."""
    return min(8, max(2, math.ceil(-math.log10(max(1 - target, 1e-9)) - 1e-9)))


def _alerting(judged: Judged) -> list[str]:
    rules = judged.contenders[0]
    real = len(rules.pages) - rules.noise
    paged = [d.page_s for d in rules.detections if d.page_s is not None]
    ticket = sum(d.page_s is None and d.ticket_s is not None for d in rules.detections)
    found = [
        f"{len(rules.detections)} incident{'s' if len(rules.detections) != 1 else ''}: {len(paged)} paged"
        + (f" (the slowest after {seconds(max(paged))})" if paged else "")
        + f", {ticket} raised a ticket only"
        + f"; {len(rules.pages)} page{'s' if len(rules.pages) != 1 else ''} in all, {real} with reason."
    ]
    if judged.budget.lowest < min(0.0, judged.budget.left[-1]):
        at = stamp(judged.budget.at_ms[int(judged.budget.left.argmin())])
        found.append(f"The budget was overdrawn in between: {judged.budget.lowest * 100:.0f} % at {at}.")
    return found


def _lost(lost: list[Detection]) -> list[str]:
    return [
        f"No alert for {d.incident.name or 'the incident'} of {stamp(d.incident.start_ms)}, which spent "
        f"{d.incident.spent * 100:.0f} % of the budget."
        for d in lost[:5]
    ]


def _noise(judged: Judged) -> list[str]:
    rules, low = judged.contenders[0], judged.low
    found = []
    if rules.noise:
        why = "outside the incidents that were named" if judged.told else "with next to nothing spent"
        found.append(f"{rules.noise} of {len(rules.pages)} pages came {why}.")
    if low is not None and low.share > 0.05:
        text = (
            f"Traffic is low: in {low.share * 100:.0f} % of the fastest windows fewer than 5 failures would page "
            f"({low.typical:.0f} in the typical one)."
        )
        if low.unguarded_pages is not None:
            text += (
                f" The rules wait for {judged.rules.guard_events} failed events; without that guard "
                f"there would have been {low.unguarded_pages} page{'s' if low.unguarded_pages != 1 else ''}, "
                f"{low.unguarded_noise} of them noise."
            )
        found.append(text)
    return found


def _doubts(judged: Judged) -> list[str]:
    """What keeps a verdict from being good."""
    found = []
    if judged.seen_share < ENOUGH_SEEN:
        silent = judged.contenders[0].silent_ms
        found.append(
            f"{(1 - judged.seen_share) * 100:.2g} % of the time has no data; missing data is not a pass"
            f" (SLIMissing would have fired for {duration(silent) if silent else '0s'})."
        )
    if judged.budget.covered < ENOUGH_COVERED:
        part = f"{judged.budget.covered * 100:.2g} %"
        found.append(f"The history covers {part} of a period: too little to call the objective kept.")
    shortest = min((a.short_ms for a in judged.rules.alerts), default=0)
    if judged.rules.slo.method == "Occurrences" and judged.counts.step_ms > shortest > 0:
        found.append(
            f"Rules evaluated every {duration(judged.counts.step_ms)} can miss what a window of "
            f"{duration(shortest)} sees."
        )
    if judged.blind:
        names = ", ".join(a.name for a in judged.blind)
        found.append(
            f"The samples are {duration(judged.spacing_ms)} apart: too coarse to replay the windows {names}."
        )
    if judged.no_failures:
        found.append(
            "The query of failed events finds no series: nothing ever failed, or the query is wrong; the metrics "
            "cannot tell which."
        )
    return found


def seconds(s: float | None) -> str:
    """A time span for people: 51.8 s, 12 min, 3.5 h, 2.1 d."""
    if s is None:
        return "never"
    if not math.isfinite(s):
        return "never"
    for unit, size, limit in (("s", 1, 120), ("min", 60, 7200), ("h", 3600, 172_800)):
        if s < limit:
            return f"{s / size:.3g} {unit}"
    return f"{s / 86_400:.3g} d"
