"""Readers of metric histories: Prometheus range queries, OpenMetrics and Prometheus text, CSV, Parquet."""

from gradatim.instruments.metrics_files.history import (
    EventTable,
    History,
    Reading,
    is_export,
    read_histories,
    read_history,
)
from gradatim.instruments.metrics_files.rates import is_counter, per_second

__all__ = [
    "EventTable",
    "History",
    "Reading",
    "is_counter",
    "is_export",
    "per_second",
    "read_histories",
    "read_history",
]
