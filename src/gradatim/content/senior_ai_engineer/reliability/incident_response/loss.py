"""What a shift cost, by cause, in whole micro-dollars; from counters and the operators' log only.

A *harmed minute* is one with fewer than 95 good answers in 100 requests. On a shift of days the unit is an hour, a
good answer is one that is what the model says when all is well, and the line is 90. The first harmed unit, or the first
model monitor out of its band, starts the incident for all clocks below; a shift without either costs what its answers
and changes cost, nothing else.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradatim.core.money import micro
from gradatim.lab.outcome import Verdict
from gradatim.sim.platform import modelops
from gradatim.sim.platform.world import World

from . import people
from .prevention import judge as prevention

CREDIT_USD = 25.0
SILENCE_USD_PER_MIN = 20.0
NEVER_TOLD_USD = 100.0
ESCALATION_USD = 100.0
OVER_TOO_EARLY_USD = 500.0
LIMIT_LEFT_USD = 300.0
WRONG_DIAGNOSIS_USD = 1500.0
WRONG_SCOPE_USD = 500.0
UNDONE_IN_VAIN_USD = 500.0
BLIND_USD_PER_MIN = 15.0
WRONG_ANSWER_USD = 150.0
NO_ANSWER_USD = 60.0
WRONG_OK_USD = 300.0
WRONG_DOWN_USD = 100.0
WRONG_COMPONENT_USD = 300.0
SHARE_MISS_USD = 400.0
CAUSES = (
    "answers",
    "slo_credits",
    "capacity",
    "changes",
    "undone",
    "pages",
    "escalation",
    "silence",
    "statements",
    "questions",
    "diagnosis",
    "blind",
    "open_incident",
    "prevention",
    "hints",
)


class Pricing(NamedTuple):
    """What differs between a shift of hours and one of days. `unit_s` is what harm and silence are counted in,
    `promise_s` the longest promise of a next update that counts."""

    unit_s: int
    grace_s: int
    escalate_s: int
    window_s: float
    settled_s: int
    open_usd: float
    promise_s: int


HOURS = Pricing(60, 600, 600, 300.0, 1800, 5.0, 3600)
DAYS = Pricing(3600, 6 * 3600, 24 * 3600, 3 * 3600.0, 6 * 3600, 20.0, 12 * 3600)


def pricing(world: World) -> Pricing:
    """The clocks of this shift."""
    return DAYS if world.scenario.slow else HOURS


class Minutes(NamedTuple):
    """Whole minutes (or hours) of the shift: start times in seconds, requests, good answers, harmed or not."""

    start_s: NDArray[np.int64]
    arrivals: NDArray[np.int64]
    good: NDArray[np.int64]
    harmed: NDArray[np.bool_]


def minutes(world: World) -> Minutes:
    """The minutes from the start of the shift to now."""
    ticks, unit_s = world.sim.ticks, pricing(world).unit_s
    first, per = round(world.start_s / world.tick_s), round(unit_s / world.tick_s)
    n = (len(ticks["arrivals"]) - first) // per
    arrivals = ticks["arrivals"][first : first + per * n].reshape(n, per).sum(axis=1)
    good = ticks["good"][first : first + per * n].reshape(n, per).sum(axis=1)
    start = round(world.start_s) + unit_s * np.arange(n, dtype=np.int64)
    if world.quality is not None:
        turned = modelops.turned(world)[round(world.start_s / unit_s) :][:n]
        good = good - np.minimum(good, good * turned // 1000)
        return Minutes(start, arrivals, good, 100 * good < 90 * arrivals)
    return Minutes(start, arrivals, good, 100 * good < 95 * arrivals)


def bad_per_mille(world: World, t_s: float, window_s: float | None = None) -> int:
    """Requests without a good answer in the window before `t_s`, in thousandths."""
    ticks = world.sim.ticks
    hi = int(t_s / world.tick_s)
    lo = max(0, hi - round((window_s or pricing(world).window_s) / world.tick_s))
    arrivals = int(ticks["arrivals"][lo:hi].sum())
    good = int(ticks["good"][lo:hi].sum())
    late = 0 if arrivals == 0 else max(0, 1000 * (arrivals - good) // arrivals)
    if world.quality is None:
        return late
    hours = modelops.turned(world)[max(0, int((t_s - 3 * 3600.0) // 3600)) : max(1, int(t_s // 3600))]
    return max(late, int(hours.sum()) // max(1, len(hours)))


def per_tick(world: World) -> list[int]:
    """Micro-dollars lost by answers and credits in each tick."""
    lost = _answers(world)
    m = minutes(world)
    first, per = round(world.start_s / world.tick_s), round(pricing(world).unit_s / world.tick_s)
    out = lost.copy()
    for i in np.flatnonzero(m.harmed):
        out[first + per * i : first + per * i + per] += micro(CREDIT_USD) // per
    return [int(x) for x in out]


def _answers(world: World) -> NDArray[np.int64]:
    """int64[ticks]: micro-dollars lost by answers in each tick.

    On a shift of days an hour that gained counts as nothing: what wrong features happen to get right is luck.
    """
    lost = -world.sim.ticks["money_micro"].astype(np.int64)
    if world.scenario.slow:
        per = round(pricing(world).unit_s / world.tick_s)
        for first in range(0, len(lost), per):
            if lost[first : first + per].sum() < 0:
                lost[first : first + per] = 0
    return lost


def judge(world: World) -> Verdict:
    """Dollars by cause, signals and the moment of each cause. The world stands at its horizon."""
    ops, m, clock = world.ops, minutes(world), pricing(world)
    lost = _answers(world)[round(world.start_s / world.tick_s) :]
    cost = dict.fromkeys(CAUSES, 0)
    moment: dict[str, float] = {}
    cost["answers"] = int(lost.sum())
    cost["slo_credits"] = int(m.harmed.sum()) * micro(CREDIT_USD)
    for c in ops.costs:
        cost[c.cause] += c.micro_usd
        moment.setdefault(c.cause, c.t_s)
    harmed = np.flatnonzero(m.harmed)
    onset = int(m.start_s[harmed[0]]) if len(harmed) else None
    blind_from = world.scenario.blind_from_s
    if blind_from is not None:
        # A page that is wrong is an incident too: somebody has to find out.
        onset = int(blind_from) if onset is None else min(onset, int(blind_from))
        until = world.horizon_s if ops.mended_at_s is None else ops.mended_at_s
        cost["blind"] = int(max(0.0, until - blind_from) // 60) * micro(BLIND_USD_PER_MIN)
        moment["blind"] = blind_from
    moment["answers"] = float(
        world.start_s + world.tick_s * int(np.argmax(lost)) if len(lost) else world.start_s
    )
    breached = modelops.breached_s(world)
    if breached is not None:
        # A model monitor out of its band is an incident whether it harms or not: somebody has to find out.
        onset = breached if onset is None else min(onset, breached)
    if onset is not None:
        moment["slo_credits"] = float(onset)
        end = int(world.horizon_s)
        acked = _acknowledged(world, onset)
        if acked is None or acked > onset + clock.escalate_s:
            cost["escalation"] = micro(ESCALATION_USD)
            moment["escalation"] = float(onset + clock.escalate_s)
        over = ops.declared_at_s
        open_units = (int(over if over is not None else end) - onset) // clock.unit_s
        cost["open_incident"] = max(0, open_units) * micro(clock.open_usd)
        moment["open_incident"] = float(onset)
        if over is not None and bool(
            m.harmed[(m.start_s + clock.unit_s > over) & (m.start_s < over + clock.settled_s)].sum() >= 3
        ):
            cost["open_incident"] += micro(OVER_TOO_EARLY_USD)
            moment["open_incident"] = float(over)
        silent = _silent_minutes(world, m, onset)
        cost["silence"] = len(silent) * micro(SILENCE_USD_PER_MIN)
        if silent:
            moment["silence"] = float(silent[0])
        if not _updates(world, onset):
            cost["silence"] += micro(NEVER_TOLD_USD)
            moment.setdefault("silence", float(onset + clock.grace_s))
    if any(ops.shed.values()) or any(ops.fallback.values()):
        # Who takes over finds travellers turned away by nobody any more.
        cost["open_incident"] += micro(LIMIT_LEFT_USD)
        moment.setdefault("open_incident", float(world.horizon_s))
    vain = _undone_in_vain(world)
    if vain:
        cost["undone"] = len(vain) * micro(UNDONE_IN_VAIN_USD)
        moment["undone"] = vain[0]
    wrong = [(t, c) for t, c in _statement_costs(world) if c]
    cost["statements"] = sum(c for _, c in wrong)
    if wrong:
        moment["statements"] = max(wrong, key=lambda w: w[1])[0]
    for h in people.HINTS[: people.hints_taken(world)]:
        cost["hints"] += micro(h.cost_usd)
        moment["hints"] = next(d.t_s for d in ops.done if d.message["kind"] == "take_hint")
    right = _diagnosis(world)
    if onset is not None:
        cost["diagnosis"] = {2: 0, 1: micro(WRONG_SCOPE_USD)}.get(right, micro(WRONG_DIAGNOSIS_USD))
        moment["diagnosis"] = float(ops.declared_at_s or world.horizon_s)
    for q in people.questions(world):
        given = ops.answered.get(q.id)
        if given in (None, "unknown"):
            cost["questions"] += micro(NO_ANSWER_USD)
            moment.setdefault("questions", q.t_s)
        elif given != q.right(world, people.answered_at(world, q.id)):
            cost["questions"] += micro(WRONG_ANSWER_USD)
            moment["questions"] = q.t_s
    prevented = _prevention(world)
    cost["prevention"] = prevented.loss_micro
    if prevented.loss_micro:
        moment["prevention"] = max(
            (d.t_s for d in ops.done if d.message["kind"] == "submit_prevention"),
            default=float(world.horizon_s),
        )
    signals = {
        "harmed_hours" if world.scenario.slow else "harmed_minutes": int(m.harmed.sum()),
        "diagnosis_right": int(right == 2),
        "diagnosed_s": max((int(d.t_s) for d in ops.done if d.message["kind"] == "diagnose"), default=-1),
        "actions": len(ops.done),
        "changes": sum(1 for c in ops.costs if c.cause == "changes"),
        "onset_s": -1 if onset is None else onset,
        "acknowledged_s": int(acked) if onset is not None and acked is not None else -1,
        "last_harm_s": -1 if not len(harmed) else int(m.start_s[harmed[-1]]) + clock.unit_s,
        "declared_s": -1 if ops.declared_at_s is None else int(ops.declared_at_s),
        "healthy": int(world.scenario.healthy),
        "prevention_stops_pct": prevented.stops_pct,
    }
    return Verdict(cost, signals, moment)


def _prevention(world: World) -> prevention.Judged:
    """The last prevention on its hidden quarter; handing in none is judged like an empty one."""
    rails = prevention.last(d.message for d in world.ops.done)
    scenario = world.scenario
    return prevention.judge(rails or (), seed=world.seed, family=scenario.family, variant=scenario.variant)


def _undone_in_vain(world: World) -> list[float]:
    """When changes were rolled back that had nothing to do with it, once for each change."""
    first: dict[str, float] = {}
    for d in world.ops.done:
        if d.message["kind"] == "rollback" and d.message["change"] not in world.scenario.culprits:
            first.setdefault(d.message["change"], d.t_s)
    return sorted(first.values())


def _acknowledged(world: World, onset: int) -> float | None:
    """When an alert was first acknowledged; what was acknowledged before there was an incident does not count."""
    found = (d.t_s for d in world.ops.done if d.message["kind"] == "acknowledge" and d.t_s >= onset)
    return min(found, default=None)


def _updates(world: World, since_s: float = 0.0) -> list[tuple[float, dict[str, object]]]:
    """Status updates from `since_s` on, with their times."""
    return [
        (d.t_s, d.message)
        for d in world.ops.done
        if d.message["kind"] == "status_update" and d.t_s >= since_s
    ]


def _silent_minutes(world: World, m: Minutes, onset: int) -> list[int]:
    """Harmed minutes that no statement covers: none for ten minutes, or the promised update is late."""
    clock = pricing(world)
    spoken, grace_s = _updates(world, onset), clock.grace_s
    silent = []
    for start in m.start_s[m.harmed]:
        at = int(start)
        before = [(t, u) for t, u in spoken if t <= at]
        if not before:
            covered = at < onset + grace_s
        else:
            t, u = before[-1]
            promised_s = min(60 * int(str(u["next_update_min"])), clock.promise_s)
            covered = at <= t + promised_s or at < onset + grace_s
        if not covered:
            silent.append(at)
    return silent


def _statement_costs(world: World) -> list[tuple[float, int]]:
    """What each status update costs for what does not hold in it, at the time it was posted."""
    truth = world.scenario.truth
    costs = []
    for t, u in _updates(world):
        bad = bad_per_mille(world, t)
        usd = 0.0
        if u["impact"] == "ok" and bad >= 100:
            usd += WRONG_OK_USD
        if u["impact"] == "down" and bad < 500:
            usd += WRONG_DOWN_USD
        low, high = round(1000 * float(str(u["share_low"]))), round(1000 * float(str(u["share_high"])))
        miss = max(low - bad - 20, bad - high - 20, 0)
        usd += SHARE_MISS_USD * min(miss, 500) / 1000
        if u["cause"] == "confirmed" and u["component"] != truth.component:
            usd += WRONG_COMPONENT_USD
        costs.append((t, micro(usd)))
    return costs


def _diagnosis(world: World) -> int:
    """2 all right, 1 all but the scope, 0 wrong or none before the incident was declared over."""
    truth, until = world.scenario.truth, world.ops.declared_at_s
    said = [
        d.message
        for d in world.ops.done
        if d.message["kind"] == "diagnose" and (until is None or d.t_s <= until)
    ]
    if not said or (said[-1]["component"], said[-1]["mechanism"]) != (truth.component, truth.mechanism):
        return 0
    return 2 if said[-1]["scope"] == truth.scope else 1
