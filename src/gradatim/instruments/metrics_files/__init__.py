"""Readers of metric histories: Prometheus range queries, OpenMetrics and Prometheus text, CSV, Parquet."""

from gradatim.instruments.metrics_files.history import EventTable, History, Reading, read_histories

__all__ = ["EventTable", "History", "Reading", "read_histories"]
