"""Rules over a history: incidents, what paged, what did not, and the budget over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradatim.instruments.promql import Alert
from gradatim.instruments.promql.alerting import runs
from gradatim.instruments.promql.series import Floats, Millis
from gradatim.instruments.slo.counts import Counts
from gradatim.instruments.slo.spec import HOUR_MS, Slo

INCIDENT_SHARE = 0.02
"""An incident spends at least this share of the period's budget: what the fastest alert of the workbook is for."""
PROMISED_SHARE = 0.10
"""An incident that spends this share must raise an alert, whatever its speed: what the slowest is for."""
FAST = 2.0
"""Events belong to an incident while they burn the budget more than twice too fast."""
NOISE_SHARE = 0.01
"""A page that comes with less than this share spent in the six hours before it is noise."""


@dataclass(frozen=True)
class Incident:
    """A stretch of failures, found in the counts or told by the person.

    Args:
        spent: share of the period's budget.
        worst: highest error ratio of one step.
    """

    start_ms: int
    end_ms: int
    bad: float
    total: float
    spent: float
    worst: float
    name: str = ""


@dataclass(frozen=True)
class Detection:
    """What an incident raised: seconds from its start to the first page and the first ticket; None is never."""

    incident: Incident
    page_s: float | None
    ticket_s: float | None

    @property
    def first_s(self) -> float | None:
        """Until the first alert of any kind."""
        found = [t for t in (self.page_s, self.ticket_s) if t is not None]
        return min(found) if found else None


@dataclass(frozen=True)
class Page:
    """One time that a page fired.

    Args:
        spent: share of the budget spent in the six hours up to its start.
        real: it belongs to an incident, or enough was spent.
    """

    start_ms: int
    end_ms: int
    spent: float
    real: bool


@dataclass(frozen=True)
class Budget:
    """The error budget over time.

    Args:
        left: share of the period's budget that is left at each step; below 0 the objective is missed.
        covered: share of the period that the history covers, at most 1.
        attained: good share of the last period, or of all there is.
        spent: share of the budget spent in that time.
        lowest: least that was left at any step.
        period_events: events of a whole period, measured or extrapolated.
    """

    at_ms: Millis
    left: Floats
    covered: float
    attained: float
    spent: float
    lowest: float
    period_events: float


def budget(slo: Slo, target: float, counts: Counts) -> Budget:
    """What was left of the budget at each step.

    A period that the history does not fill is completed with the mean traffic of all steps that have data.
    """
    steps = max(1, round(slo.window.ms / counts.step_ms))
    n = len(counts.at_ms)
    usual = float(counts.total.sum()) / max(1, int(counts.seen.sum()))
    bad = np.concatenate([[0.0], np.cumsum(counts.bad)])
    total = np.concatenate([[0.0], np.cumsum(counts.total)])
    known = np.concatenate([[0], np.cumsum(counts.seen)])
    begins = _begins(slo, counts, steps)
    i = np.arange(1, n + 1)
    inside_bad, inside_total = bad[i] - bad[begins], total[i] - total[begins]
    lengths = np.array(_lengths(slo, counts, steps))
    whole = inside_total + usual * np.maximum(0, lengths - (known[i] - known[begins]))
    allowed = (1.0 - target) * whole
    with np.errstate(all="ignore"):
        left = np.where(allowed > 0, 1.0 - inside_bad / allowed, 1.0)
    last_bad, last_total = float(inside_bad[-1]), float(inside_total[-1])
    return Budget(
        counts.at_ms,
        left,
        min(1.0, n / steps),
        1.0 - last_bad / last_total if last_total else float("nan"),
        float(1.0 - left[-1]),
        float(left.min()),
        float(whole[-1]),
    )


def _begins(slo: Slo, counts: Counts, steps: int) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """For each step, the first step of its period."""
    n = len(counts.at_ms)
    if slo.window.start is None:
        return np.maximum(np.arange(1, n + 1) - steps, 0)
    starts = slo.window.starts_ms(int(counts.at_ms[0]), int(counts.at_ms[-1]))
    # A step belongs to the period in which it ends, unless it ends just where the next begins.
    first = np.searchsorted(counts.at_ms, starts, side="right")
    which = np.searchsorted(first, np.arange(n), side="right") - 1
    return np.where(which >= 0, first[np.maximum(which, 0)], 0)


def _lengths(slo: Slo, counts: Counts, steps: int) -> list[int]:
    """How many steps the period of each step has."""
    if slo.window.start is None:
        return [steps] * len(counts.at_ms)
    starts = slo.window.starts_ms(int(counts.at_ms[0]), int(counts.at_ms[-1]) + 2 * slo.window.ms)
    which = np.maximum(np.searchsorted(starts, counts.at_ms, side="left") - 1, 0)
    ends = np.array([*starts[1:], starts[-1] + slo.window.ms])
    return [int(x) for x in np.round((ends[which] - np.array(starts)[which]) / counts.step_ms)]


def find_incidents(counts: Counts, target: float, period_events: float) -> list[Incident]:
    """Stretches in which failures come much too fast; those that spend little of the budget are left out.

    A region is where the last hour burned more than `FAST` times too fast. Inside one the edges are those of
    the maximal scoring stretches (Ruzzo and Tompa, 1999) of `bad - 2 × budget × total`: a lone failure an hour
    before an outage is not its beginning. Many small stretches in one region are one incident.
    """
    allowed = (1.0 - target) * period_events
    if allowed <= 0:
        return []
    score = counts.bad - FAST * (1.0 - target) * counts.total
    found = []
    for a, b in _regions(score, max(1, HOUR_MS // counts.step_ms)):
        parts = [(a + i, a + j) for i, j in _maximal(score[a:b])]
        large = [one for i, j in parts if (one := _incident(counts, i, j, allowed)).spent >= INCIDENT_SHARE]
        if not large and parts:
            whole = _incident(counts, min(i for i, _ in parts), max(j for _, j in parts), allowed)
            large = [whole] if whole.spent >= INCIDENT_SHARE else []
        found += sorted(large, key=lambda one: one.start_ms)
    return found


def _regions(score: Floats, hour: int) -> list[tuple[int, int]]:
    """Steps that lie in some hour whose score is above zero, as (start, end)."""
    so_far = np.concatenate([[0.0], np.cumsum(score)])
    i = np.arange(1, len(score) + 1)
    fast = so_far[i] - so_far[np.maximum(i - hour, 0)] > 1e-9
    inside = np.zeros(len(score) + 1)
    for a, b in runs(fast):
        inside[max(0, a + 1 - hour)] += 1
        inside[b] -= 1
    return runs(np.cumsum(inside)[:-1] > 0)


def told_incidents(
    counts: Counts, target: float, period_events: float, told: list[tuple[int, int, str]]
) -> list[Incident]:
    """Incidents that the person names, with what they spent."""
    allowed = (1.0 - target) * period_events
    found = []
    for start_ms, end_ms, name in told:
        a = int(np.searchsorted(counts.at_ms, start_ms, side="right"))
        b = int(np.searchsorted(counts.at_ms, end_ms, side="left")) + 1
        one = _incident(counts, a, max(a + 1, min(b, len(counts.at_ms))), allowed)
        found.append(Incident(start_ms, end_ms, one.bad, one.total, one.spent, one.worst, name))
    return found


def _incident(counts: Counts, a: int, b: int, allowed: float) -> Incident:
    bad, total = counts.bad[a:b], counts.total[a:b]
    with np.errstate(all="ignore"):
        ratios = np.where(total > 0, bad / total, 0.0)
    start_ms = int(counts.at_ms[min(a, len(counts.at_ms) - 1)]) - counts.step_ms
    end_ms = int(counts.at_ms[min(b, len(counts.at_ms)) - 1])
    spent = float(bad.sum()) / allowed if allowed > 0 else 0.0
    return Incident(
        start_ms, end_ms, float(bad.sum()), float(total.sum()), spent, float(ratios.max(initial=0.0))
    )


def _maximal(score: Floats) -> list[tuple[int, int]]:
    """All maximal scoring subsequences, in linear time (Ruzzo and Tompa, ISMB 1999)."""
    held: list[tuple[int, int, float, float]] = []  # start, end, sum before, sum through
    through = 0.0
    for i in np.flatnonzero(score != 0).tolist():
        before, through = through, through + float(score[i])
        if score[i] <= 0:
            continue
        one = (i, i + 1, before, through)
        while True:
            j = len(held) - 1
            while j >= 0 and held[j][2] >= one[2]:
                j -= 1
            if j < 0 or held[j][3] >= one[3]:
                held.append(one)
                break
            one = (held[j][0], one[1], held[j][2], one[3])
            del held[j:]
    return [(a, b) for a, b, _, _ in held]


def detect(incidents: list[Incident], alerts: list[Alert], linger_ms: int) -> list[Detection]:
    """When each incident raised its first page and its first ticket.

    Args:
        incidents: what happened.
        alerts: what the rules did.
        linger_ms: an alert this long after the end still belongs to the incident.
    """
    fired = {
        severity: sorted(f for a in alerts if is_page(a) == (severity == "page") for f in a.firings())
        for severity in ("page", "ticket")
    }
    found = []
    for incident in incidents:
        times = {
            severity: next(
                (
                    max(0.0, (start - incident.start_ms) / 1000)
                    for start, end in firings
                    if start <= incident.end_ms + linger_ms and end >= incident.start_ms
                ),
                None,
            )
            for severity, firings in fired.items()
        }
        found.append(Detection(incident, times["page"], times["ticket"]))
    return found


def is_page(alert: Alert) -> bool:
    """Whether an alert wakes somebody: severity page or critical."""
    return alert.severity.lower() in ("page", "critical", "sev1", "p1")


def pages(
    alerts: list[Alert],
    incidents: list[Incident],
    counts: Counts,
    target: float,
    period_events: float,
    told: bool,
) -> list[Page]:
    """Every page and whether there was something to page for.

    Args:
        told: incidents were named by the person: a page outside them is false, whatever was spent.
    """
    allowed = (1.0 - target) * period_events
    so_far = np.concatenate([[0.0], np.cumsum(counts.bad)])
    found = []
    for start, end in joined([f for a in alerts if is_page(a) for f in a.firings()], counts.step_ms):
        i = int(np.searchsorted(counts.at_ms, start, side="right"))
        j = int(np.searchsorted(counts.at_ms, start - 6 * HOUR_MS, side="right"))
        spent = float(so_far[i] - so_far[j]) / allowed if allowed > 0 else 0.0
        inside = any(start <= x.end_ms + HOUR_MS and end >= x.start_ms for x in incidents)
        found.append(Page(start, end, spent, inside or (not told and spent >= NOISE_SHARE)))
    return found


def joined(stretches: list[tuple[int, int]], gap_ms: int) -> list[tuple[int, int]]:
    """Stretches that overlap or nearly touch, as one."""
    found: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if found and start <= found[-1][1] + gap_ms:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def enough_to_page(counts: Counts, target: float, burn: float, window_ms: int) -> Floats:
    """For each whole window of the history: how many failures are more than the threshold allows."""
    per = max(1, window_ms // counts.step_ms)
    whole = len(counts.total) // per * per
    totals = counts.total[:whole].reshape(-1, per).sum(axis=1)
    result: Floats = (1.0 - target) * burn * totals[totals > 0]
    return result
