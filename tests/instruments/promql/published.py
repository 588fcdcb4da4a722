"""Cases that the Prometheus project publishes for its own engine, as far as they lie in our subset.

Source: github.com/prometheus/prometheus (Apache-2.0), `promql/promqltest/testdata/{operators,aggregators,functions,
histograms,staleness}.test` of version 3 and `promql/testdata/{functions,staleness}.test` of version 2. Series,
expressions and expected numbers are theirs; the form is ours: a series' samples in the notation of promtool, and what
is expected as "label values number", the values in the order of the labels' names (`__name__` first).
"""

from __future__ import annotations

from typing import NamedTuple

BOTH, TWO, THREE = (2, 3), (2,), (3,)


class Case(NamedTuple):
    """An expression at a time in seconds, what comes out, and in which versions; None is an error."""

    at_s: int
    expression: str
    expected: str | None
    versions: tuple[int, ...] = BOTH


class Group(NamedTuple):
    """Series with a sample every `step_s`, and the cases on them."""

    step_s: int
    series: tuple[str, ...]
    cases: tuple[Case, ...]


def c(at_s: int, expression: str, expected: str | None, versions: tuple[int, ...] = BOTH) -> Case:
    return Case(at_s, expression, expected, versions)


REQUESTS = tuple(
    f'r{{job="{job}",instance="{instance}",group="{group}"}} 0+{10 * n}x10'
    for n, (job, group, instance) in enumerate(
        (
            (job, group, instance)
            for job in ("api", "app")
            for group in ("production", "canary")
            for instance in (0, 1)
        ),
        1,
    )
)
OPERATORS = Group(
    300,
    (*REQUESTS, 'va{l="x"} 0+1x100', 'va{l="y"} 0+2x50', 'vb{l="x"} 0+4x25'),
    (
        c(3000, "SUM(r) BY (job) - COUNT(r) BY (job)", "api 996, app 2596"),
        c(3000, "2 - SUM(r) BY (job)", "api -998, app -2598"),
        c(3000, '-r{job="api",instance="0",group="production"}', "production 0 api -100"),
        c(3000, "- - - SUM(r) BY (job)", "api -1000, app -2600"),
        c(3000, "-2^---1*3", "-1.5"),
        c(3000, "2/-2^---1*3+2", "-10"),
        c(3000, "-10^3 * - SUM(r) BY (job) ^ -1", "api 1, app 0.38461538461538464"),
        c(3000, "1000 / SUM(r) BY (job)", "api 1, app 0.38461538461538464"),
        c(3000, "SUM(r) BY (job) % 3", "api 1, app 2"),
        c(3000, "SUM(r) BY (job) % 0.3", "api 0.1, app 0.2"),
        c(3000, "SUM(r) BY (job) % 3 ^ 2", "api 1, app 8"),
        c(3000, "SUM(r) BY (job) % 2 ^ (3 ^ 2)", "api 488, app 40"),
        c(3000, "SUM(r) BY (job) % 2 ^ 3 ^ 2 ^ 2", "api 1000, app 2600"),
        c(3000, "COUNT(r) BY (job) ^ COUNT(r) BY (job)", "api 256, app 256"),
        c(3000, "SUM(r) BY (job) / 0", "api inf, app inf"),
        c(3000, '-1 * r{group="canary",instance="0",job="api"} / 0', "canary 0 api -inf"),
        c(3000, '0 * r{group="canary",instance="0",job="api"} % 0', "canary 0 api nan"),
        c(3000, '(r{group="canary"} + 1) and r{instance="0"}', "canary 0 api 301, canary 0 app 701"),
        c(
            3000,
            '(r{group="canary"} + 1) and ignoring(group, job) r{instance="0",group="production"}',
            "canary 0 api 301, canary 0 app 701",
        ),
        c(
            3000,
            '(r{group="canary"} + 1) or r{instance="1"}',
            "canary 0 api 301, canary 0 app 701, canary 1 api 401, canary 1 app 801, "
            "r production 1 api 200, r production 1 app 600",
        ),
        c(
            3000,
            '(r{group="canary"} + 1) or on(instance) (r or cpu or va)',
            "canary 0 api 301, canary 0 app 701, canary 1 api 401, canary 1 app 801, va x 10, va y 20",
        ),
        c(3000, 'r{group="canary"} unless r{instance="0"}', "r canary 1 api 400, r canary 1 app 800"),
        c(3000, 'r{group="canary"} unless on(job) r{instance="0"}', ""),
        c(
            3000,
            'r{group="canary"} / ignoring(group) r{group="production"}',
            "0 api 3, 0 app 1.4, 1 api 2, 1 app 1.3333333333333333",
        ),
        c(
            3000,
            'r{job="api",group="canary"} + rate(r{job="api"}[10m]) * 5 * 60',
            "canary 0 api 330, canary 1 api 440",
        ),
        c(3000, 'rate(r{job="app",group="canary"}[25m]) * 25 * 60', "canary 0 app 350, canary 1 app 400"),
        c(3000, "count(r AND ON (dummy) vector(1))", "8"),
        c(3000, "SUM(r) BY (job) > 1000", "app 2600"),
        c(3000, "1000 < SUM(r) BY (job)", "app 2600"),
        c(3000, "SUM(r) BY (job) == bool 1000", "api 1, app 0"),
        c(3000, "SUM(r) BY (job) != bool SUM(r) BY (job)", "api 0, app 0"),
        c(3000, "0 == bool 1", "0"),
        c(3000, 'r{job="api",instance="0",group="production"} == bool 100', "production 0 api 1"),
    ),
)
MATCHING = Group(
    300,
    (
        'node_var{instance="abc",job="node"} 2',
        'node_role{instance="abc",job="node",role="prometheus"} 1',
        'node_cpu{instance="abc",job="node",mode="idle"} 3',
        'node_cpu{instance="abc",job="node",mode="user"} 1',
        'node_cpu{instance="def",job="node",mode="idle"} 8',
        'node_cpu{instance="def",job="node",mode="user"} 2',
        'random{foo="bar"} 1',
        'threshold{instance="abc",job="node",target="a@b.com"} 0',
    ),
    (
        c(60, "node_role * on (instance) group_right (role) node_var", "abc node prometheus 2"),
        c(60, "node_var * ignoring (role) group_left (role) node_role", "abc node prometheus 2"),
        c(
            60,
            "node_cpu * on (instance) group_left (role) node_role",
            "abc node idle prometheus 3, abc node user prometheus 1",
        ),
        c(
            60,
            "node_cpu / on (instance) group_left sum by (instance,job)(node_cpu)",
            "abc node idle 0.75, abc node user 0.25, def node idle 0.8, def node user 0.2",
        ),
        c(
            60,
            "sum by (mode, job)(node_cpu) / on (job) group_left sum by (job)(node_cpu)",
            "node idle 0.7857142857142857, node user 0.21428571428571427",
        ),
        c(
            60,
            "node_cpu + on(dummy) group_left(foo) random*0",
            "bar abc node idle 3, bar abc node user 1, bar def node idle 8, bar def node user 2",
        ),
        c(
            60,
            "node_cpu > on(job, instance) group_left(target) threshold",
            "node_cpu abc node idle a@b.com 3, node_cpu abc node user a@b.com 1",
        ),
        c(
            60,
            "node_cpu > on(job, instance) group_left(target) "
            "(threshold or on (job, instance) (sum by (job, instance)(node_cpu) * 0 + 1))",
            "node_cpu abc node idle a@b.com 3, node_cpu abc node user a@b.com 1, "
            "node_cpu def node idle 8, node_cpu def node user 2",
        ),
        c(60, "node_var == on (instance) node_var", "abc 2"),
        c(
            60,
            '-{__name__=~"node_var|node_cpu",instance="abc",mode!="idle"} + 0',
            "abc node -2, abc node user -1",
        ),
    ),
)
COLLIDING = Group(
    300,
    (
        'm1{src="a",dst="b"} 0',
        'm2{src="a",dst="b"} 1',
        'a{baz="meh"} 3',
        'b{baz="meh"} 4',
        'random{foo="bar"} 2',
    ),
    (
        c(0, "-{__name__=~'m1|m2'}", None),
        c(60, "random + on() a", "5"),
        c(60, "a + ignoring() b", "meh 7"),
        c(60, "a + b", "meh 7"),
    ),
)
AGGREGATION = Group(
    300,
    (*REQUESTS, 'foo{job="api",instance="0",region="europe"} 0+90x10', 'foo{job="api"} 0+100x10'),
    (
        c(3000, 'avg by (group) (r{job="api"})', "canary 350, production 150"),
        c(
            3000,
            'sum without (instance) (r{job="api"} or foo)',
            "canary api 700, production api 300, api europe 900, api 1000",
        ),
        c(
            3000,
            'sum without () (r{job="api",group="production"})',
            "production 0 api 100, production 1 api 200",
        ),
        c(
            3000,
            "sum(r) by (job) + min(r) by (job) + max(r) by (job) + avg(r) by (job)",
            "app 4550, api 1750",
        ),
        c(3000, 'sum(sum by (group) (r{job="api"})) by (job)', "1000"),
        c(3000, "SUM(r) BY (job, nonexistent)", "api 1000, app 2600"),
        c(3000, 'ceil(0.004 * r{group="production",job="api"})', "production 0 api 1, production 1 api 1"),
    ),
)
EXTREMES = Group(
    300,
    ('m{g="p",i="0"} 1', 'm{g="p",i="1"} 2', 'm{g="c",i="0"} NaN', 'm{g="c",i="1"} 3', 'm{g="c",i="2"} 4'),
    (
        c(0, "max(m)", "4"),
        c(0, "min(m)", "1"),
        c(0, "max by (g) (m)", "p 2, c 4"),
        c(0, "min by (g) (m)", "p 1, c 3"),
    ),
)
CHANGES = Group(
    300,
    ('m{p="foo"} 1 2 3 0 1 0 0 1 2 0', 'm{p="bar"} 1 2 3 4 5 1 2 3 4 5', 'm{p="biz"} 0 0 0 0 0 1 1 1 1 1'),
    (
        c(3000, "resets(m[5m])", "foo 0, bar 0, biz 0", TWO),
        c(3000, "resets(m[5m])", "", THREE),
        c(3000, "resets(m[20m])", "foo 1, bar 0, biz 0"),
        c(3000, "resets(m[30m])", "foo 2, bar 1, biz 0", TWO),
        c(3000, "resets(m[30m])", "foo 1, bar 0, biz 0", THREE),
        c(3000, "resets(m[32m])", "foo 2, bar 1, biz 0"),
        c(3000, "resets(m[50m])", "foo 3, bar 1, biz 0"),
        c(3000, "changes(m[20m])", "foo 3, bar 3, biz 0", TWO),
        c(3000, "changes(m[20m])", "foo 2, bar 2, biz 0", THREE),
        c(3000, "changes(m[30m])", "foo 4, bar 5, biz 1", TWO),
        c(3000, "changes(m[30m])", "foo 3, bar 4, biz 0", THREE),
        c(3000, "changes(m[50m])", "foo 8, bar 9, biz 1", TWO),
        c(3000, "changes(m[50m])", "foo 7, bar 8, biz 1", THREE),
        c(3000, "changes(nonexistent[50m])", ""),
    ),
)
NOT_NUMBERS = Group(
    300, ('x{a="b"} NaN NaN NaN', 'x{a="c"} 0 NaN 0'), (c(900, "changes(x[20m])", "b 0, c 2"),)
)
INCREASE_2 = Group(
    300,
    ('m{p="foo"} 0+10x10', 'm{p="bar"} 0+10x5 0+10x5'),
    (
        c(3000, "increase(m[50m])", "foo 100, bar 90", TWO),
        c(3000, "irate(m[50m])", "foo 0.03333333333333333, bar 0.03333333333333333"),
        c(1800, "irate(m[50m])", "foo 0.03333333333333333, bar 0"),
        c(3000, "rate(m{p='foo'}[10m] offset 5m)", "foo 0.03333333333333333"),
    ),
)
INCREASE_3 = Group(
    300,
    ('m{p="foo"} 0+10x10', 'm{p="bar"} 0+18x5 0+18x5', 'm{p="dings"} 10+10x10', 'm{p="bumms"} 1+10x10'),
    (
        c(3000, "increase(m[50m])", "foo 100, bar 160, dings 100, bumms 100", THREE),
        c(3000, "increase(m[100m])", "foo 100, bar 162, dings 105, bumms 101", THREE),
    ),
)
RESETS = Group(
    300,
    ("a_total 0 1 2 3 2 3 4", "middle_total 0+27x4 0+27x5", "end_total 0+10x9 0 10", "steady_total 0+80x10"),
    (
        c(1800, "increase(a_total[30m])", "7", THREE),
        c(3000, "rate(middle_total[50m])", "0.08", THREE),
        c(3000, "rate(end_total[5m])", "", THREE),
        c(3000, "rate(end_total[6m])", "0", THREE),
        c(3000, "rate(steady_total[50m])", "0.26666666666666666"),
    ),
)
CUTOFF = Group(
    240,
    tuple(f'm{{s="{n}"}} {60 * n}+240x10' for n in range(6)),
    (
        c(600, "rate(m[20m])", "0 0.5, 1 0.55, 2 0.6, 3 0.6, 4 0.6, 5 0.6", THREE),
        c(3000, "rate(m[20m])", "0 0.6, 1 0.6, 2 0.6, 3 0.6, 4 0.6, 5 0.6"),
    ),
)
DELTAS = Group(
    300,
    (
        'm{p="foo"} 0 50 100 150 200',
        'm{p="bar"} 200 150 100 50 0',
        'n{p="foo"} 0 50 100 150',
        'n{p="bar"} 0 50 100 50',
    ),
    (
        c(1200, "delta(m[20m])", "foo 200, bar -200"),
        c(1200, "idelta(n[20m])", "foo 50, bar -50"),
    ),
)
STALENESS = Group(
    10,
    ("metric 0 1 stale 2",),
    (
        c(10, "metric", "metric 1"),
        c(20, "metric", ""),
        c(30, "metric", "metric 2"),
        c(330, "metric", "metric 2", TWO),
        c(331, "metric", ""),
        c(30, "count_over_time(metric[1m])", "3"),
        c(10, "count_over_time(metric[1s])", "1"),
        c(20, "count_over_time(metric[1s])", ""),
        c(20, "count_over_time(metric[10s])", "1", TWO),
        c(20, "count_over_time(metric[10s])", "", THREE),
        c(20, "count_over_time(metric[20s])", "1", THREE),
    ),
)
HISTOGRAMS = Group(
    300,
    (
        *(
            f'h_bucket{{le="{le}",start="{start}"}} 0+{n}x10'
            for start, buckets in (
                ("positive", (("0.1", 5), (".2", 7), ("1e0", 11), ("+Inf", 12))),
                ("negative", (("-.2", 1), ("-0.1", 2), ("0.3", 2), ("+Inf", 3))),
            )
            for le, n in buckets
        ),
        *(
            f'h2_bucket{{le="{le}"}} 0+{n}x10'
            for le, n in (("0", 0), ("2", 1), ("4", 2), ("6", 3), ("+Inf", 3))
        ),
        *(
            f'h3_bucket{{le="{le}",start="{start}"}} 0+{n}x10'
            for start, buckets in (
                ("positive", (("0", 0), ("0.1", 5), (".2", 7), ("1e0", 11), ("+Inf", 11))),
                ("negative", (("-.25", 0), ("-.2", 1), ("-0.1", 2), ("0.3", 2), ("+Inf", 2))),
            )
            for le, n in buckets
        ),
        *(
            f'd_bucket{{job="{job}",instance="{instance}",le="{le}"}} 0+{n}x10'
            for job, instance, counts in (
                ("job1", "ins1", (1, 3, 4)),
                ("job1", "ins2", (2, 5, 6)),
                ("job2", "ins1", (3, 4, 6)),
                ("job2", "ins2", (4, 7, 9)),
            )
            for le, n in zip(("0.1", "0.2", "+Inf"), counts, strict=True)
        ),
    ),
    (
        c(3000, "histogram_quantile(0, h3_bucket)", "positive 0, negative -0.25"),
        c(3000, "histogram_quantile(0.25, h3_bucket)", "positive 0.055, negative -0.225"),
        c(3000, "histogram_quantile(0.75, h3_bucket)", "positive 0.45, negative -0.15"),
        c(3000, "histogram_quantile(1, h3_bucket)", "positive 1, negative -0.1"),
        c(3000, "histogram_quantile(-0.1, h_bucket)", "positive -inf, negative -inf"),
        c(3000, "histogram_quantile(1.01, h_bucket)", "positive inf, negative inf"),
        c(3000, "histogram_quantile(NaN, h_bucket)", "positive nan, negative nan"),
        c(3000, "histogram_quantile(0, h_bucket)", "positive 0, negative -0.2"),
        c(3000, "histogram_quantile(1, h_bucket)", "positive 1, negative 0.3"),
        c(3000, "histogram_quantile(0.2, h_bucket)", "positive 0.048, negative -0.2"),
        c(3000, "histogram_quantile(0.8, rate(h_bucket[10m]))", "positive 0.72, negative 0.3"),
        c(420, "histogram_quantile(1./6., h2_bucket)", "1"),
        c(2820, "histogram_quantile(5./6., rate(h2_bucket[15m]))", "5"),
        c(3000, "histogram_quantile(0.3, sum(rate(d_bucket[10m])) by (le))", "0.075"),
        c(3000, "histogram_quantile(0.5, avg(rate(d_bucket[10m])) by (le))", "0.1277777777777778"),
        c(
            3000,
            "histogram_quantile(0.5, sum(rate(d_bucket[10m])) by (le, instance))",
            "ins1 0.13333333333333333, ins2 0.125",
        ),
        c(
            3000,
            "histogram_quantile(0.3, sum(rate(d_bucket[10m])) by (le, job))",
            "job1 0.1, job2 0.0642857142857143",
        ),
        c(
            3000,
            "histogram_quantile(0.5, rate(d_bucket[10m]))",
            "ins1 job1 0.15, ins2 job1 0.13333333333333333, ins1 job2 0.1, ins2 job2 0.11666666666666667",
        ),
        c(
            3000,
            'h3_bucket{le=".2",start="positive"} / ignoring(le) h3_bucket{le="+Inf",start="positive"}',
            "positive 0.6363636363636364",
        ),
    ),
)
TIME = Group(300, ("m 1",), (c(0, "vector(1)", "1"), c(3600, "vector(time())", "3600")))

ALL = (
    *(OPERATORS, MATCHING, COLLIDING, AGGREGATION, EXTREMES, CHANGES, NOT_NUMBERS),
    *(INCREASE_2, INCREASE_3, RESETS, CUTOFF, DELTAS, STALENESS, HISTOGRAMS, TIME),
)
