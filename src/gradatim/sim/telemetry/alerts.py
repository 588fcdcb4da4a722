"""Alert evaluation: only visible values, tick by tick, the same in portions as at once."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradatim.sim.telemetry.record import Event, FloatArray
from gradatim.sim.telemetry.rules import Rule, rules
from gradatim.sim.telemetry.telemetry import Telemetry


@dataclass(slots=True)
class Firing:
    """One time that a rule fired."""

    id: str
    rule: Rule
    since_s: float
    until_s: float | None = None
    value_at_start: float = math.nan
    value_at_end: float = math.nan


@dataclass(frozen=True, slots=True)
class Transition:
    """A change of a rule's state as the pager tells it."""

    t_s: float
    alert_id: str
    name: str
    severity: str
    component: str
    state: str
    value: float


@dataclass(slots=True)
class _RuleState:
    held: int = 0
    clear: int = 0
    missing: int = 0
    gaps: list[list[float]] = field(default_factory=list)
    firings: list[Firing] = field(default_factory=list)

    @property
    def open(self) -> Firing | None:
        return self.firings[-1] if self.firings and self.firings[-1].until_s is None else None


class AlertBook:
    """The alerts of one telemetry. Evaluated once per tick at the tick's end; nothing is forgotten
    except when the telemetry is rewound.
    """

    def __init__(self, telemetry: Telemetry) -> None:
        self.telemetry = telemetry
        self.rules = rules(telemetry.record)
        self._states = [_RuleState() for _ in self.rules]
        self._done = 0
        self._seen = 0

    def _follow(self) -> None:
        """After a rewind the evaluation starts anew from t = 0; it takes milliseconds."""
        self._seen, to_s = self.telemetry.rewound(self._seen)
        if to_s is not None and to_s < self._done * self.telemetry.record.tick_s:
            self._states = [_RuleState() for _ in self.rules]
            self._done = 0

    def evaluate(
        self, upto_s: float | None = None, journal: tuple[Event, ...] | None = None
    ) -> list[dict[str, Any]]:
        """Every alert that fired until `upto_s` (default: now), newest first, open ones before resolved.

        Acknowledgements (`kind="ack"`, `data["alert"]` an alert id, rule name or "all") and silences
        (`kind="silence"`, `data["alert"]` a rule name, `data["until_s"]`) are read from the journal.
        A rule without data for its `no_data_s` is listed with the state "no data".
        """
        r = self.telemetry.record
        upto = r.now_s if upto_s is None else min(upto_s, r.now_s)
        self._advance()
        events = [e for e in (r.journal if journal is None else journal) if e.t_s <= upto]
        latest = self.telemetry.latest((rule.clauses[0].series for rule in self.rules), upto)
        listed: list[dict[str, Any]] = []
        for rule, state in zip(self.rules, self._states, strict=True):
            now = latest[rule.clauses[0].series]
            changed = [
                e.data["times"] for e in events if e.kind == "alert" and e.data.get("alert") == rule.name
            ]
            said = rule.times(float(changed[-1])) if changed else rule
            listed += [
                {**_row(self.telemetry, f, now, upto, events), "expression": said.expression()}
                for f in state.firings
                if f.since_s <= upto
            ]
            listed += [_no_data_row(self.telemetry, rule, a) for a, b in state.gaps if a <= upto < b]
        order = {"firing": 0, "no data": 1, "acknowledged": 2, "silenced": 3, "resolved": 4}
        listed.sort(key=lambda a: (order[a["state"]], a["severity"] != "page", -a["since_s"], a["name"]))
        return listed

    def transitions(self, after_s: float = -1.0, upto_s: float | None = None) -> list[Transition]:
        """Fired and resolved, in order of time, after `after_s` and not later than `upto_s`."""
        r = self.telemetry.record
        upto = r.now_s if upto_s is None else min(upto_s, r.now_s)
        self._advance()
        found = []
        for rule, state in zip(self.rules, self._states, strict=True):
            for f in state.firings:
                found.append(_transition(rule, f.id, f.since_s, "firing", f.value_at_start))
                if f.until_s is not None:
                    found.append(_transition(rule, f.id, f.until_s, "resolved", f.value_at_end))
        found = [x for x in found if after_s < x.t_s <= upto]
        return sorted(found, key=lambda x: (x.t_s, x.severity != "page", x.name, x.state))

    def first_new_alert_after(self, t_s: float) -> Transition | None:
        """The first alert that began to fire after `t_s`, as far as the record goes; silenced ones too."""
        return next((x for x in self.transitions(t_s) if x.state == "firing"), None)

    def _advance(self) -> None:
        """Evaluate the ticks that are complete and not yet evaluated."""
        r = self.telemetry.record
        self._follow()
        lo, hi = self._done, r.n_ticks
        if hi <= lo:
            return
        watched = {c.series for rule in self.rules for c in rule.clauses}
        values = self.telemetry.values(watched)
        shifted = {s: self._shifted(values[s], s, lo, hi) for s in watched}
        for rule, state in zip(self.rules, self._states, strict=True):
            columns = [shifted[c.series] for c in rule.clauses]
            missing = np.logical_or.reduce([np.isnan(v) for v in columns])
            holds = np.ones(hi - lo, dtype=bool)
            times = self._times(rule, lo, hi)
            for c, v in zip(rule.clauses, columns, strict=True):
                with np.errstate(invalid="ignore"):
                    holds &= (v > c.threshold * times) if c.op == ">" else (v < c.threshold * times)
            if state.open is None and not (state.held or state.missing or holds.any() or missing.any()):
                continue
            for k in range(hi - lo):
                self._step(
                    rule,
                    state,
                    (lo + k + 1) * r.tick_s,
                    bool(holds[k]),
                    bool(missing[k]),
                    float(columns[0][k]),
                )
        self._done = hi

    def _times(self, rule: Rule, lo: int, hi: int) -> FloatArray | float:
        """What operators have multiplied the rule's thresholds with, at the end of each tick lo .. hi."""
        changes = [
            e for e in self.telemetry.record.journal if e.kind == "alert" and e.data.get("alert") == rule.name
        ]
        if not changes:
            return 1.0
        end_s = (np.arange(lo, hi) + 1) * self.telemetry.record.tick_s
        out = np.ones(hi - lo)
        for e in changes:
            out[end_s >= e.t_s] = float(e.data["times"])
        return out

    def _shifted(self, v: FloatArray, series_id: str, lo: int, hi: int) -> FloatArray:
        """The value visible at the end of each tick lo .. hi: the one `lag_s` earlier, or NaN."""
        lag = math.ceil(self.telemetry.by_id[series_id].lag_s / self.telemetry.record.tick_s - 1e-9)
        out = np.full(hi - lo, np.nan)
        first = max(lo - lag, 0)
        part = v[first : max(hi - lag, 0)]
        if len(part):
            out[first + lag - lo : first + lag - lo + len(part)] = part
        return out

    def _step(
        self, rule: Rule, state: _RuleState, t_s: float, holds: bool, missing: bool, value: float
    ) -> None:
        tick_s = self.telemetry.record.tick_s
        if missing:
            # Neither firing nor healthy: what was pending stays pending, what fires goes on firing.
            state.missing += 1
            if (state.missing - 1) * tick_s < rule.no_data_s <= state.missing * tick_s:
                state.gaps.append([t_s, math.inf])
            return
        if state.missing and state.gaps and state.gaps[-1][1] == math.inf:
            state.gaps[-1][1] = t_s
        state.missing = 0
        if holds:
            state.held, state.clear = state.held + 1, 0
            if state.open is None and (state.held - 1) * tick_s >= rule.for_s:
                firing = Firing(f"{rule.name}#{len(state.firings) + 1}", rule, t_s, value_at_start=value)
                state.firings.append(firing)
            return
        state.held, state.clear = 0, state.clear + 1
        current = state.open
        if current is not None and state.clear * tick_s >= rule.keep_s:
            current.until_s, current.value_at_end = t_s, value


def _row(t: Telemetry, f: Firing, now: float | None, upto: float, events: list[Event]) -> dict[str, Any]:
    resolved = f.until_s is not None and f.until_s <= upto
    mine = (f.id, f.rule.name)
    acked = any(
        e.kind == "ack" and e.t_s >= f.since_s and e.data.get("alert") in (*mine, "all") for e in events
    )
    silenced = any(
        e.kind == "silence"
        and e.data.get("alert") in (f.id, f.rule.name, "all")
        and e.t_s <= upto < float(e.data.get("until_s", math.inf))
        for e in events
    )
    state = "resolved" if resolved else "silenced" if silenced else "acknowledged" if acked else "firing"
    value = f.value_at_end if resolved else now if now is not None else f.value_at_start
    return {
        "id": f.id,
        "name": f.rule.name,
        "severity": f.rule.severity,
        "component": f.rule.component,
        "since_s": f.since_s,
        "until_s": f.until_s if resolved else None,
        "value": value,
        "unit": t.by_id[f.rule.clauses[0].series].unit,
        "state": state,
        "acknowledged": acked,
        "summary": f.rule.summary.format(value=value),
        "expression": f.rule.expression(),
        "series": f.rule.clauses[0].series,
    }


def _no_data_row(t: Telemetry, rule: Rule, since_s: float) -> dict[str, Any]:
    return {
        "id": f"{rule.name}#no-data",
        "name": rule.name,
        "severity": rule.severity,
        "component": rule.component,
        "since_s": since_s,
        "until_s": None,
        "value": None,
        "unit": t.by_id[rule.clauses[0].series].unit,
        "state": "no data",
        "acknowledged": False,
        "summary": "no value has arrived; this says nothing about health",
        "expression": rule.expression(),
        "series": rule.clauses[0].series,
    }


def _transition(rule: Rule, alert_id: str, t_s: float, state: str, value: float) -> Transition:
    return Transition(t_s, alert_id, rule.name, rule.severity, rule.component, state, value)
