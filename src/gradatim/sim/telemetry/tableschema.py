"""Every column of the SQL box with its type, unit and meaning."""

from __future__ import annotations

from typing import NamedTuple

from gradatim.sim.telemetry.series_model import METRICS

CLIENT_TABLE = ("arrivals", "attempts", "ok", "good", "timeouts", "failed")


class Column(NamedTuple):
    """A column as the help shows it; `type` is DuckDB's word."""

    name: str
    type: str
    unit: str
    meaning: str


_T = Column("t", "VARCHAR", "clock", "end of the tick: '09:14:30', on a shift of days 'day 2 09:15:00'")
_T_S = Column("t_s", "DOUBLE", "s", "the same as simulated seconds")

_MODEL = {
    "offer_pct": ("%", "answers that offer"),
    "score_pct": ("%", "mean predicted probability"),
    "fresh_n": ("answers", "given in the last 12 h, asked at most 12 h ahead, joined; one in eight"),
    "fresh_gap_pp": ("points", "predicted less late, over those joined so far"),
    "mature_n": ("answers", "given 22 to 34 h ago, asked at most 12 h ahead, joined; one in eight"),
    "mature_gap_pp": ("points", "predicted less late, over those"),
    "mature_auc": ("", "ranking, over those"),
    "joined_pct": ("%", "answers of the last 12 h whose arrival is joined"),
    "overdue_pct": ("%", "answers of the last 12 h due three hours ago, and not joined"),
    "zero_delay_pct": ("%", "joined arrivals exactly on the minute"),
    "out": ("monitors", "monitors out of their band"),
}
_FEATURE = {
    "null_pct": ("%", "missing beyond the usual"),
    "out_of_range_pct": ("%", "values out of their documented range"),
    "age_h": ("h", "age of the newest row"),
    "psi": ("", "population stability index, all airports together"),
}


def _model_columns() -> tuple[Column, ...]:
    found = [Column(n, "DOUBLE", unit, meaning) for n, (unit, meaning) in _MODEL.items()]
    for metric in METRICS[len(_MODEL) :]:
        group, name = metric.split("_", 1)
        unit, meaning = _FEATURE[name]
        found.append(Column(metric, "DOUBLE", unit, f"{group} features: {meaning}"))
    return tuple(found)


SCHEMA: dict[str, tuple[Column, ...]] = {
    "model_quality": (
        Column("t", "VARCHAR", "clock", "end of the hour; no rows on a shift of hours"),
        _T_S,
        Column("area", "VARCHAR", "", "all, EWR, JFK, LGA"),
        *_model_columns(),
    ),
    "metrics": (
        _T,
        _T_S,
        Column("component", "VARCHAR", "", "who reports it"),
        Column("name", "VARCHAR", "", "series id, see table series"),
        Column("value", "DOUBLE", "see series.unit", "missing values have no row"),
    ),
    "series": (
        Column("name", "VARCHAR", "", "series id"),
        Column("component", "VARCHAR", "", "who reports it"),
        Column("label", "VARCHAR", "", "what it is"),
        Column("unit", "VARCHAR", "", "unit of its values"),
        Column("lag_s", "DOUBLE", "s", "from the end of a tick until it can be seen"),
        Column("resolution_s", "DOUBLE", "s", "between two values"),
    ),
    "request_sample": (
        Column("t", "VARCHAR", "clock", "when the request ended"),
        _T_S,
        Column("arrived_s", "DOUBLE", "s", "first attempt"),
        Column("request", "VARCHAR", "", "number, as in the log; one request in a hundred"),
        Column("client", "VARCHAR", "", "web, ios, android, partner"),
        Column("version", "VARCHAR", "", "model version routed to"),
        Column("replica", "INTEGER", "", "replica that answered, -1 if none did"),
        Column("attempts", "INTEGER", "attempts", "first one included"),
        Column("outcome", "VARCHAR", "", "ok, failed, fallback, default, shed"),
        Column("ok", "INTEGER", "0 or 1", "answered by the model before the client left"),
        Column("good", "INTEGER", "0 or 1", "ok, and soon enough for the objective"),
        Column("latency_ms", "DOUBLE", "ms", "first attempt to end"),
    ),
    "log": (
        Column("t", "VARCHAR", "clock", "when it was written"),
        _T_S,
        Column("level", "VARCHAR", "", "I, W or E"),
        Column("component", "VARCHAR", "", "who wrote it"),
        Column("message", "VARCHAR", "", "text; loggers sample, so lines are not counts"),
    ),
    "changes": (
        Column("t", "VARCHAR", "date and time", "when it was made"),
        Column("t_s", "DOUBLE", "s", "simulated seconds; negative before the record"),
        Column("id", "VARCHAR", "", "change number; empty for what the shift did"),
        Column("component", "VARCHAR", "", "what it touched"),
        Column("kind", "VARCHAR", "", "deploy, config, restart, own"),
        Column("who", "VARCHAR", "", "who made it"),
        Column("text", "VARCHAR", "", "what it was"),
    ),
    "alerts": (
        Column("t", "VARCHAR", "clock", "since when"),
        _T_S,
        Column("until_s", "DOUBLE", "s", "when it resolved; NaN while open"),
        Column("id", "VARCHAR", "", "alert id"),
        Column("name", "VARCHAR", "", "rule"),
        Column("severity", "VARCHAR", "", "page or ticket"),
        Column("component", "VARCHAR", "", "what it watches"),
        Column("state", "VARCHAR", "", "firing, acknowledged, silenced, resolved, no data"),
        Column("value", "DOUBLE", "see unit", "value now, or at the end"),
        Column("unit", "VARCHAR", "", "unit of the value"),
        Column("expression", "VARCHAR", "", "the rule's condition"),
    ),
    "replicas": (
        _T,
        _T_S,
        Column("replica", "INTEGER", "", "replica number"),
        Column("completed", "BIGINT", "items per tick", "answered before the client left"),
        Column("timeouts", "BIGINT", "attempts per tick", "client left while it was here"),
        Column("queue_depth", "BIGINT", "attempts", "waiting at the end of the tick"),
        Column("memory_mb", "BIGINT", "MB", "at the end of the tick"),
        Column("state", "VARCHAR", "", "starting, ready, restarting, draining"),
    ),
    "clients": (
        _T,
        _T_S,
        Column("client", "VARCHAR", "", "web, ios, android, partner"),
        Column("arrivals", "BIGINT", "requests per tick", "first attempts"),
        Column("attempts", "BIGINT", "attempts per tick", "first attempts and retries"),
        Column("ok", "BIGINT", "requests per tick", "answered by the model before the client left"),
        Column("good", "BIGINT", "requests per tick", "ok, and soon enough for the objective"),
        Column("timeouts", "BIGINT", "attempts per tick", "client stopped waiting"),
        Column("failed", "BIGINT", "requests per tick", "no try left"),
    ),
}
