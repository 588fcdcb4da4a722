"""OpenSLO documents that tests start from."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import yaml

from gradatim.instruments.slo.openslo import read_slos
from gradatim.instruments.slo.spec import Slo


def source(query: str, kind: str = "Prometheus") -> dict[str, Any]:
    return {"metricSource": {"type": kind, "spec": {"query": query}}}


def ratio(**parts: str) -> dict[str, Any]:
    """A ratio of counters: good or bad, and total, as queries."""
    return {"ratioMetric": {"counter": True, **{role: source(query) for role, query in parts.items()}}}


ERRORS = ratio(
    bad='sum(rate(http_requests_total{code=~"5.."}[{{.window}}]))', total="sum(rate(http_requests_total[5m]))"
)
GOOD = ratio(good='http_requests_total{code!~"5.."}', total="http_requests_total")
RAW = {"ratioMetric": {"rawType": "success", "raw": source('job:good:ratio{job="api"}')}}
LATENCY = {"thresholdMetric": source('latency_p99_seconds{job="api"}')}


def document(sli: dict[str, Any] = ERRORS, *objectives: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """An SLO of 30 days; `spec` replaces or adds fields."""
    return {
        "apiVersion": "openslo/v1",
        "kind": "SLO",
        "metadata": {"name": "checkout", "displayName": "Checkout"},
        "spec": {
            "service": "shop",
            "indicator": {"metadata": {"name": "errors"}, "spec": copy.deepcopy(sli)},
            "timeWindow": [{"duration": "30d", "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": list(objectives) or [{"target": 0.999}],
            **spec,
        },
    }


def write(path: Path, *documents: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump_all(documents, sort_keys=False))
    return path


def slo(folder: Path, *documents: dict[str, Any]) -> Slo:
    """The first SLO of the documents, read as a file is."""
    return read_slos(write(folder / "spec.yaml", *(documents or (document(),))))[0]
