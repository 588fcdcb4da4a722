"""The documented subset of PromQL, evaluated with Prometheus' semantics at many times at once."""

from gradatim.instruments.promql.alerting import Alert, Played, play
from gradatim.instruments.promql.engine import Engine, grid_ms, selectors
from gradatim.instruments.promql.frame import Frame
from gradatim.instruments.promql.parse import AGGREGATIONS, FUNCTIONS, OPERATORS, parse
from gradatim.instruments.promql.rule_file import Group, Rule, parse_duration_ms, read_rules
from gradatim.instruments.promql.series import Series, SeriesSet, labels_of, show, stale_marker
from gradatim.instruments.promql.syntax import Expr, text
from gradatim.instruments.promql.windows import PROMETHEUS_2, PROMETHEUS_3, Dialect

__all__ = [
    "AGGREGATIONS",
    "FUNCTIONS",
    "OPERATORS",
    "PROMETHEUS_2",
    "PROMETHEUS_3",
    "Alert",
    "Dialect",
    "Engine",
    "Expr",
    "Frame",
    "Group",
    "Played",
    "Rule",
    "Series",
    "SeriesSet",
    "grid_ms",
    "labels_of",
    "parse",
    "parse_duration_ms",
    "play",
    "read_rules",
    "selectors",
    "show",
    "stale_marker",
    "text",
]
