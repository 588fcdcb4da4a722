"""Prometheus rules for an SLO: recordings of the error ratio, burn-rate alerts, an alert on silence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gradatim.instruments.promql import Expr, text
from gradatim.instruments.promql.syntax import Binary, Call, Number, duration
from gradatim.instruments.slo.burn import BurnAlert, burn_alerts
from gradatim.instruments.slo.sli import (
    RATIO,
    SIGNS,
    Recording,
    bad_events,
    base_recordings,
    needs_base,
    recorded,
    window_ratio,
)
from gradatim.instruments.slo.spec import Condition, Objective, Slo

ALERTS = {"page": "ErrorBudgetBurnPage", "ticket": "ErrorBudgetBurnTicket"}
MISSING = "SLIMissing"
FAILED = "slo:sli_bad:increase"
MISSING_AFTER_MS = 600_000


@dataclass(frozen=True)
class RuleSet:
    """The rules of one objective.

    Args:
        slo, objective: whose.
        alerts: pairs of windows that a total outage can reach.
        unreachable: pairs left out because even a total outage stays below their threshold.
        guard_events: alert only when at least this many events failed in the long window; 0 is no guard.
        notes: what differs from the workbook's table.
    """

    slo: Slo
    objective: Objective
    alerts: tuple[BurnAlert, ...]
    unreachable: tuple[BurnAlert, ...]
    guard_events: int
    notes: tuple[str, ...]

    @property
    def can_guard(self) -> bool:
        """Whether failed events are counted at all."""
        return not needs_base(self.slo)

    @property
    def labels(self) -> dict[str, str]:
        """What every alert of the objective carries."""
        return {"slo": self.slo.name, "service": self.slo.service, "objective": self.objective.name}


def rule_set(slo: Slo, objective: Objective, guard_events: int = 0) -> RuleSet:
    """Choose the windows for an objective.

    Args:
        slo: the SLO.
        objective: one of its objectives.
        guard_events: how many events must have failed before an alert; 0 for none.
    """
    found, notes = burn_alerts(slo.window.ms)
    reach = tuple(a for a in found if a.reachable(objective.target))
    rest = tuple(a for a in found if not a.reachable(objective.target))
    guard = guard_events if not needs_base(slo) else 0
    return RuleSet(slo, objective, reach, rest, guard, tuple(notes))


def groups(sets: list[RuleSet], interval_ms: int | None = None) -> dict[str, Any]:
    """The rule file as plain values, for `yaml` and for `read_rules`."""
    return {"groups": [_group(one, interval_ms) for one in sets]}


def _group(rules: RuleSet, interval_ms: int | None) -> dict[str, Any]:
    slo, objective = rules.slo, rules.objective
    name = f"slo-{slo.name}" + (f"-{objective.name}" if len(slo.objectives) > 1 else "")
    listed = [_record(rules, one) for one in _recordings(rules)]
    listed += [_burn(rules, severity) for severity in ("page", "ticket") if _of(rules, severity)]
    listed += [_condition(rules, condition) for condition in slo.conditions]
    listed.append(_missing(rules))
    every = {"interval": duration(interval_ms)} if interval_ms else {}
    return {"name": name, **every, "rules": listed}


def _recordings(rules: RuleSet) -> list[Recording]:
    slo, objective = rules.slo, rules.objective
    windows = {ms for alert in rules.alerts for ms in (alert.long_ms, alert.short_ms)}
    windows |= {condition.lookback_ms for condition in slo.conditions} | {_missing_window(rules)}
    found = base_recordings(slo, objective)
    found += [Recording(f"{RATIO}{duration(ms)}", window_ratio(slo, objective, ms)) for ms in sorted(windows)]
    if rules.guard_events:
        longs = sorted({alert.long_ms for alert in rules.alerts})
        found += [Recording(f"{FAILED}{duration(ms)}", bad_events(slo.indicator, ms)) for ms in longs]
    return found


def _record(rules: RuleSet, one: Recording) -> dict[str, Any]:
    return {"record": one.name, "expr": text(one.expr), "labels": rules.labels}


def _of(rules: RuleSet, severity: str) -> list[BurnAlert]:
    return [alert for alert in rules.alerts if alert.severity == severity]


def alert_expr(rules: RuleSet, alert: BurnAlert) -> Expr:
    """Both windows above the threshold and, with a guard, enough failed events in the long one."""
    parts = _parts(rules, alert)
    expr = parts[0]
    for part in parts[1:]:
        expr = Binary("and", expr, part)
    return expr


def _parts(rules: RuleSet, alert: BurnAlert) -> list[Expr]:
    limit = round(alert.threshold(rules.objective.target), 12)
    parts: list[Expr] = [
        Binary(">", _ratio(rules, ms), Number(limit)) for ms in (alert.long_ms, alert.short_ms)
    ]
    if rules.guard_events:
        failed = _series(rules, f"{FAILED}{duration(alert.long_ms)}")
        parts.append(Binary(">=", failed, Number(float(rules.guard_events))))
    return parts


def _burn(rules: RuleSet, severity: str) -> dict[str, Any]:
    pairs = _of(rules, severity)
    # One condition a line: whoever is woken reads this.
    blocks = ["(\n  " + "\n  and\n  ".join(text(p) for p in _parts(rules, a)) + "\n)" for a in pairs]
    spent = " or ".join(f"{a.spent * 100:.3g} % in {duration(a.long_ms)}" for a in pairs)
    return {
        "alert": ALERTS[severity],
        "expr": "\nor\n".join(blocks) + "\n",
        "labels": {**rules.labels, "severity": severity},
        "annotations": {
            "summary": f"{rules.slo.title}: the error budget burns too fast",
            "description": f"Objective {rules.objective.name} over {rules.slo.window.shorthand}: the error budget "
            f"loses more than {spent}.",
        },
    }


def _condition(rules: RuleSet, condition: Condition) -> dict[str, Any]:
    limit = round(condition.threshold * rules.objective.budget, 12)
    ratio = _ratio(rules, condition.lookback_ms)
    rule: dict[str, Any] = {
        "alert": "Slo" + "".join(w.capitalize() for w in condition.name.replace("_", "-").split("-")),
        "expr": text(Binary(SIGNS[condition.op], ratio, Number(limit))),
        "labels": {**rules.labels, "severity": condition.severity},
        "annotations": {"summary": f"{rules.slo.title}: condition {condition.name} of its alert policy"},
    }
    return {**rule, "for": duration(condition.after_ms)} if condition.after_ms else rule


def _missing_window(rules: RuleSet) -> int:
    shorts = [alert.short_ms for alert in rules.alerts] or [300_000]
    return min(shorts)


def _missing(rules: RuleSet) -> dict[str, Any]:
    """Silence is an alert: without the indicator nothing else here can fire."""
    ratio = _ratio(rules, _missing_window(rules))
    return {
        "alert": MISSING,
        "expr": text(Call("absent", (ratio,))),
        "for": duration(MISSING_AFTER_MS),
        "labels": {**rules.labels, "severity": "page" if rules.slo.page_without_data else "ticket"},
        "annotations": {
            "summary": f"{rules.slo.title}: the indicator is missing",
            "description": "No data is not good news: the other alerts of this SLO cannot fire now.",
        },
    }


def _ratio(rules: RuleSet, ms: int) -> Expr:
    return _series(rules, f"{RATIO}{duration(ms)}")


def _series(rules: RuleSet, name: str) -> Expr:
    return recorded(name, rules.slo, rules.objective)
