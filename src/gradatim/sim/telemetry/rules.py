"""Alert rules as data: what is watched, from which value, for how long, and who is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from gradatim.sim.telemetry.record import Record

Severity = Literal["page", "ticket"]


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison: `series` `op` `threshold`."""

    series: str
    op: Literal[">", "<"]
    threshold: float


@dataclass(frozen=True, slots=True)
class Rule:
    """Fires when every clause holds for `for_s`; resolves when one has not held for `keep_s`.

    The first clause's series is the value shown. With no value for `no_data_s` the rule says "no data".
    """

    name: str
    severity: Severity
    component: str
    clauses: tuple[Clause, ...]
    for_s: float
    summary: str
    keep_s: float = 120.0
    no_data_s: float = 300.0

    def times(self, factor: float) -> Rule:
        """The rule with every threshold so many times what it is."""
        clauses = tuple(replace(c, threshold=c.threshold * factor) for c in self.clauses)
        return self if factor == 1.0 else replace(self, clauses=clauses)

    def expression(self) -> str:
        """The rule as an operator reads it."""
        text = " and ".join(f"{c.series} {c.op} {c.threshold:g}" for c in self.clauses)
        return f"{text} for {self.for_s:g} s" if self.for_s else text


def rules(record: Record) -> tuple[Rule, ...]:
    """The shipped rules. Burn rates: Google SRE Workbook, chapter 5, "Alerting on SLOs", with the
    windows of the fastest rule shortened to 5 min and 1 min because an incident here lasts an hour.

    The latency page waits five minutes so that the burn-rate page comes first whatever is slow. Rules tell of symptoms;
    none watches what only one fault moves (the cache, restarts, memory): Ewaschuk, "My philosophy on alerting", 2013.
    """
    good_ms = 1000 * record.fact("good_s")
    per_replica = 0.75 * record.fact("queue_limit")
    model = (
        ()
        if record.monitors is None
        else (
            Rule(
                "ModelMonitorBreached",
                "page",
                "predict",
                (Clause("model.monitors_out", ">", 0.0),),
                3600.0,
                "a model monitor is out of its band",
                keep_s=7200.0,
                no_data_s=4 * 3600.0,
            ),
        )
    )
    return (
        *model,
        Rule(
            "GoodputFastBurn", "page", "gateway",
            (Clause("slo.burn_5m", ">", 14.4), Clause("slo.burn_1m", ">", 14.4)), 0.0,
            "error budget burns {value:.0f} times too fast over 5 min",
        ),
        Rule(
            "GoodputSlowBurn", "ticket", "gateway",
            (Clause("slo.burn_1h", ">", 3.0), Clause("slo.burn_5m", ">", 3.0)), 600.0,
            "error budget burns {value:.1f} times too fast over an hour",
        ),
        Rule(
            "LatencyP99High", "page", "gateway",
            (Clause("gateway.latency_p99_ms", ">", 0.95 * good_ms),), 300.0,
            f"p99 is {{value:.0f}} ms, good is within {good_ms:.0f} ms",
        ),
        Rule(
            "GatewayErrors", "page", "gateway",
            (Clause("gateway.error_pct", ">", 10.0),), 300.0,
            "{value:.1f} % of requests fail or are refused",
        ),
        Rule(
            "QueueDepth", "ticket", "predict",
            (Clause("predict.queue_depth", ">", per_replica),), 180.0,
            "{value:.0f} requests wait per replica",
        ),
        Rule(
            "TrafficAnomaly", "ticket", "gateway",
            (Clause("gateway.traffic_vs_usual_pct", ">", 25.0),), 60.0,
            "requests {value:+.0f} % against the last half hour",
        ),
        Rule(
            "WeatherFreshness", "ticket", "weather",
            (Clause("weather.file_age_min", ">", 80.0),), 60.0,
            "newest weather is {value:.0f} min old",
        ),
        Rule(
            "HostCPUSteal", "ticket", "hosts",
            (Clause("hosts.cpu_steal_pct", ">", 6.0),), 30.0,
            "{value:.1f} % of a host's CPU goes to its neighbours",
        ),
        Rule(
            "DiskFilling", "ticket", "hosts",
            (Clause("hosts.disk_used_pct", ">", 85.0),), 0.0,
            "fullest disk at {value:.0f} %",
        ),
        Rule(
            "DNSSlow", "ticket", "hosts",
            (Clause("hosts.dns_ms", ">", 25.0),), 20.0,
            "p99 of DNS look-ups is {value:.0f} ms",
        ),
        Rule(
            "CertExpiry", "ticket", "gateway",
            (Clause("gateway.certificate_days", "<", 14.0),), 0.0,
            "a certificate ends in {value:.0f} days",
        ),
        Rule(
            "BookingsErrors", "ticket", "bookings",
            (Clause("bookings.error_pct", ">", 2.0),), 30.0,
            "{value:.1f} % of calls to bookings fail",
        ),
        Rule(
            "LabelLag", "ticket", "labels",
            (Clause("labels.lag_h", ">", 9.0),), 0.0,
            "newest joined arrival is {value:.1f} h old",
        ),
        Rule(
            "NotifyBacklog", "ticket", "notify",
            (Clause("notify.lag_msgs", ">", 2500.0),), 30.0,
            "{value:,.0f} messages wait to be sent",
        ),
    )  # fmt: skip
