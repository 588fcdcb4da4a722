"""Expressions over `made_series`, each of which the real server and ours must answer alike."""

from __future__ import annotations

import itertools
import random

SELECTORS = [
    "http_requests_total",
    'http_requests_total{code=~"5..", job!="web"}',
    '{__name__=~"queue_.*|odd", job="api"}',
    'http_requests_total{code!~"2..", instance="a:1"}',
    'queue_length{missing=""}',
    'queue_length{job=~".*", missing!="x"} offset 7m',
    "queue_length offset -3m",
    "lonely",
    "nothing_of_that_name",
]
OF_A_RANGE = [
    f"{function}({series}[{window}])"
    for function, series, window in itertools.chain(
        itertools.product(
            ("rate", "increase", "irate", "delta", "idelta", "resets", "changes"),
            ("http_requests_total", "odd", "queue_length", "zero", "flat"),
            ("1m", "5m", "37m", "2h"),
        ),
        itertools.product(
            ("avg_over_time", "sum_over_time", "min_over_time", "max_over_time", "count_over_time"),
            ("odd", "queue_length", "lonely"),
            ("1m", "10m", "1h30m"),
        ),
        itertools.product(
            ("last_over_time", "present_over_time", "absent_over_time"),
            ("queue_length", 'lonely{x="y"}', 'nothing{a="b", c=~"d"}'),
            ("1m", "9m"),
        ),
    )
] + ["rate(http_requests_total[5m] offset 11m)", "increase(http_requests_total[1h] offset -5m)"]
AGGREGATIONS = [
    f"{op}{grouping} ({inner})"
    for op, grouping, inner in itertools.product(
        ("sum", "avg", "min", "max", "count", "group"),
        ("", " by (job)", " by (job, code, nothing)", " without (instance)", " by (__name__)", " without ()"),
        ("http_requests_total", "rate(http_requests_total[5m])", "odd"),
    )
]
OPERATIONS = [
    f"{left} {op} {right}"
    for op, (left, right) in itertools.product(
        ("+", "-", "*", "/", "%", "^", "==", "!=", ">", "<", ">=", "<=", "> bool", "== bool", "!= bool"),
        (
            ("queue_length", "2"),
            ("3", "odd"),
            ("odd", "odd"),
            ("queue_length", "build_info * 2"),
            ("queue_length", "queue_length offset 4m"),
        ),
    )
]
MATCHING = [
    "queue_length * on (job, instance) build_info",
    "queue_length * on (job, instance) group_left (version) build_info",
    "build_info * on (job, instance) group_right (version) queue_length",
    "rate(http_requests_total[5m]) / on (job, instance) group_left (version) build_info",
    "rate(http_requests_total[5m]) / ignoring (code) group_left sum without (code) (rate(http_requests_total[5m]))",
    'rate(http_requests_total{code="500"}[5m]) / ignoring (code) rate(http_requests_total{code="200"}[5m])',
    "sum by (job) (rate(http_requests_total[5m])) / on (job) count by (job) (queue_length)",
    "queue_length > on (job, instance) build_info",
    "queue_length > bool on (job, instance) build_info",
    "build_info < on (job, instance) group_right (version) queue_length",
    "queue_length > ignoring (version) group_left build_info",
    "odd - ignoring (kind) group_left flat",
    'http_requests_total{code="200"} and on (job, instance) queue_length > 0',
    "http_requests_total and ignoring (code) queue_length",
    'http_requests_total{code="200"} or http_requests_total{code="500"}',
    "queue_length or build_info",
    "queue_length or on (job) odd",
    "odd or ignoring (kind) flat",
    "http_requests_total unless on (instance) queue_length > 1",
    'http_requests_total unless http_requests_total{code=~"5.."}',
    "queue_length unless build_info",
    "queue_length and on () lonely",
    "queue_length unless on () lonely",
    "vector(1) and on () lonely or vector(0)",
    "(queue_length > 2 or odd) unless on (job) lonely",
]
FUNCTIONS = [
    *(f"{name}(odd)" for name in ("abs", "ceil", "floor", "sqrt", "exp", "ln", "log2", "log10", "sgn")),
    *(
        "clamp_min(odd, 0)",
        "clamp_max(odd, 1.5)",
        "clamp(odd, -1, 2)",
        "clamp(odd, 3, 1)",
        "clamp_min(odd, NaN)",
    ),
    *("clamp_max(odd, Inf)", "clamp_min(odd, Inf)", "clamp_max(odd, NaN)", "clamp_max(odd, -Inf)"),
    *("absent(lonely)", 'absent(nothing{a="b"})', 'absent(nothing{a="b", a="c"})', 'absent(nothing{a=~"b"})'),
    *("absent(sum(nothing))", "absent(queue_length)", 'absent(nothing{job="x", code!="500"})'),
    *("scalar(lonely)", "scalar(odd)", "vector(3)", "vector(scalar(lonely))", "time()", "vector(time())"),
    *(
        "-odd",
        "-queue_length ^ 2",
        "2 ^ 3 ^ 2",
        "-2 ^ 2",
        "1 + 2 * 3 - 4 % 3",
        "NaN",
        "1 / 0",
        "-1 / 0",
        "0 / 0",
    ),
    *("1 > bool 2", "NaN == bool NaN", "10 % 3.5", "-7 % 3", "time() % 60 > bool 30", "+odd", "- - odd"),
    *("queue_length > 1 < 3", "2 * queue_length + 1 > 0", "queue_length == queue_length"),
]
QUANTILES = [
    f"histogram_quantile({q}, {inner})"
    for q, inner in itertools.product(
        ("0", "0.5", "0.99", "1", "-0.1", "1.1", "NaN", "scalar(lonely) / 100"),
        (
            "latency_seconds_bucket",
            "rate(latency_seconds_bucket[5m])",
            "sum by (le) (rate(latency_seconds_bucket[10m]))",
            "sum by (job, le) (latency_seconds_bucket)",
            'latency_seconds_bucket{le!="+Inf"}',
            'latency_seconds_bucket{le!="0.1"}',
        ),
    )
]
COMPOSED = [
    'sum(rate(http_requests_total{code=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))',
    '(sum(rate(http_requests_total{code=~"5.."}[5m])) > 0.1) and (sum(rate(http_requests_total[1h])) > 1)',
    'sum(rate(http_requests_total{code="418"}[5m])) / sum(rate(http_requests_total[5m])) > 0.01',
    'sum(rate(http_requests_total{code="418"}[5m])) or 0 * sum(rate(http_requests_total[5m]))',
    'absent(http_requests_total{job="batch"}) or absent(queue_length{job="api"})',
    "avg by (job) (avg_over_time(queue_length[10m])) > bool 0",
    "max(queue_length) - min(queue_length)",
    "(1 - (sum(rate(http_requests_total{code!~'5..'}[30m])) / sum(rate(http_requests_total[30m])))) / (1 - 0.999)",
    "sum by (job) (increase(http_requests_total[30m])) > 100 unless on (job) max by (job) (queue_length) > 10",
    "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[15m]))) > 0.3",
]
ALL = [
    *SELECTORS,
    *OF_A_RANGE,
    *AGGREGATIONS,
    *OPERATIONS,
    *MATCHING,
    *FUNCTIONS,
    *QUANTILES,
    *COMPOSED,
]
_VECTORS = [
    *(
        "http_requests_total",
        'http_requests_total{code=~"5.."}',
        "queue_length",
        "odd",
        "build_info",
        "lonely",
    ),
    *("flat", "zero", "queue_length offset 3m", "latency_seconds_bucket", "nothing"),
]
_OF_A_RANGE = [
    *("rate", "increase", "delta", "irate", "idelta", "resets", "changes", "avg_over_time", "sum_over_time"),
    *("min_over_time", "max_over_time", "count_over_time", "last_over_time", "present_over_time"),
]
_GROUPINGS = ["", "by (job)", "by (job, instance)", "without (code, kind, le)", "by (code)"]
_MATCHINGS = ["", "on (job)", "on ()", "ignoring (code)", "on (job, instance)"]


def random_expressions(seed: int, n: int) -> list[str]:
    """Nested expressions, many of them odd, some of which the server refuses."""
    source = random.Random(seed)
    return [_made(source, source.choice([1, 2, 3])) for _ in range(n)]


def _made(r: random.Random, depth: int) -> str:
    if depth <= 0:
        window, offset = r.choice(["30s", "1m", "2m", "5m", "13m", "1h"]), r.choice(["", " offset 2m"])
        ranged = f"{r.choice(_OF_A_RANGE)}({r.choice(_VECTORS[:8]).split(' ')[0]}[{window}]{offset})"
        return r.choice([r.choice(_VECTORS), ranged])
    inner = [_made(r, depth - 1), _made(r, depth - 1)]
    arithmetic = r.choice(["+", "-", "*", "/", ">", "<", ">=", "==", "!=", "> bool", "<= bool"])
    scalar = r.choice(["2", "0", "-1.5", "0.3", "1e3"])
    match r.randrange(7):
        case 0 | 1:
            op = r.choice(["sum", "avg", "min", "max", "count", "group"])
            return f"{op} {r.choice(_GROUPINGS)} ({inner[0]})"
        case 2:
            return f"({inner[0]} {arithmetic} {scalar})"
        case 3:
            return f"({scalar} {arithmetic} {inner[0]})"
        case 4:
            return f"({inner[0]} {r.choice(['and', 'or', 'unless'])} {r.choice(_MATCHINGS)} {inner[1]})"
        case 5:
            how = r.choice(_MATCHINGS)
            group = (
                r.choice(["", "", "group_left ()", "group_right ()", "group_left (version)"]) if how else ""
            )
            return f"({inner[0]} {arithmetic} {how} {group} {inner[1]})"
    return f"{r.choice(['abs', 'sqrt', 'sgn', 'absent', '-'])}({inner[0]})"
