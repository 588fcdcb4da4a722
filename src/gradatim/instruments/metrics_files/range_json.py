"""Answers of Prometheus' HTTP API: `/api/v1/query_range`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError
from gradatim.instruments.metrics_files.history import Reading, make_series
from gradatim.instruments.promql import labels_of, show
from gradatim.instruments.promql.series import Labels

_HOW = "curl -G SERVER/api/v1/query_range -d query=... -d start=... -d end=... -d step=60"


def read_range_json(path: Path, text: str, *, empty: bool = False) -> Reading:
    """A matrix, whole as the server sends it or only its `data` or `result`; with `empty`, one without samples too.

    Raises:
        InputError: not JSON, cut off, an error of the server, an instant vector, or samples that are no samples.
    """
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(text.rstrip()) - 1 or "Unterminated" in error.msg
        what = "ends in the middle: was the download cut off?" if cut else error.msg
        raise InputError(
            f"{path} is not JSON", [f"line {error.lineno}, column {error.colno}: {what}"]
        ) from None
    except RecursionError:
        raise InputError(f"{path} is not a range query", ["nested far too deeply"]) from None
    result = _result(path, document)
    problems: list[str] = []
    samples: dict[Labels, tuple[list[int], list[float]]] = {}
    for i, entry in enumerate(result):
        if len(problems) >= 10:
            problems.append("and perhaps more")
            break
        _take(i, entry, samples, problems)
    if problems:
        raise InputError(f"{path} is not a range query that can be used", problems)
    series = make_series(path, samples)
    rows = sum(len(s.times_ms) for s in series)
    if not rows and not empty:
        raise InputError(
            f"{path} holds no sample",
            ["the result is empty: the query matched nothing in that time"],
            why="no data is not a pass",
            next=_HOW,
        )
    return Reading(path, "Prometheus range query", rows, series)


def _result(path: Path, document: Any) -> list[Any]:
    if isinstance(document, dict) and document.get("status") == "error":
        said = f"{document.get('errorType', 'error')}: {document.get('error', '')}"
        raise InputError(f"{path} is an error of the server, not an answer", [said])
    data = document.get("data", document) if isinstance(document, dict) else document
    if isinstance(data, dict):
        kind = data.get("resultType")
        if kind in ("vector", "scalar", "string"):
            raise InputError(
                f"{path} is an instant query", [f"resultType is {kind}: one time, no history"], next=_HOW
            )
        data = data.get("result")
    if not isinstance(data, list):
        raise InputError(f"{path} is not a range query", ["no list under data.result"], next=_HOW)
    return data


def _take(
    i: int, entry: Any, samples: dict[Labels, tuple[list[int], list[float]]], problems: list[str]
) -> None:
    at = f"result[{i}]"
    if not isinstance(entry, dict) or not isinstance(entry.get("metric"), dict):
        problems.append(f"{at}: no metric with labels")
        return
    if "histograms" in entry and "values" not in entry:
        problems.append(f"{at}: native histograms are not read")
        return
    if "values" not in entry and "value" in entry:
        problems.append(f"{at}: one value, an instant query: no history")
        return
    values = entry.get("values")
    metric = entry["metric"]
    if not isinstance(values, list) or not all(isinstance(v, str) for v in metric.values()):
        problems.append(f"{at}: values is not a list, or a label is not text")
        return
    labels = labels_of(metric)
    if labels in samples:
        problems.append(f"{at}: the series {show(labels) or '{}'} is given twice")
        return
    times: list[int] = []
    numbers: list[float] = []
    for pair in values:
        try:
            at_s, number = float(pair[0]), float(pair[1])
            if not (math.isfinite(at_s) and 0 <= at_s < 1e11 and len(pair) == 2):
                raise ValueError
        except (TypeError, ValueError, IndexError, KeyError):
            problems.append(f"{at}: {str(pair)[:60]} is not [seconds, value]")
            return
        times.append(round(at_s * 1000))
        numbers.append(number)
    samples[labels] = (times, numbers)
