"""OpenMetrics and Prometheus text with times, and the lines of `promtool tsdb dump`."""

from __future__ import annotations

import math
import re
from pathlib import Path

from gradatim.core.errors import InputError
from gradatim.instruments.metrics_files.history import Reading, make_series
from gradatim.instruments.promql import labels_of
from gradatim.instruments.promql.series import Labels

_LINE = re.compile(
    r"([a-zA-Z_:][a-zA-Z0-9_:]*)?[ \t]*(?:\{(.*?)\}(?=[ \t]))?[ \t]*(\S+)(?:[ \t]+([-+0-9.eE]+))?(?:[ \t]+#.*)?[ \t]*"
)
_LABEL = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)')
_MOST_PROBLEMS = 10
_MILLISECONDS_FROM = 1e11
"""A time above this is in milliseconds: in seconds it would be the year 5138."""


def read_openmetrics(path: Path, text: str, *, empty: bool = False) -> Reading:
    """Every sample that has a time; with `empty`, a file that ends with `# EOF` may hold none.

    OpenMetrics (which ends with `# EOF`) has seconds, Prometheus' older text format milliseconds.

    Raises:
        InputError: lines that are no samples, no times at all, OpenMetrics that was cut off, nothing in it.
    """
    problems: list[str] = []
    samples: dict[Labels, tuple[list[int], list[float]]] = {}
    cache: dict[tuple[str, str], Labels] = {}
    timeless = rows = wrong = 0
    ended = False
    seconds = False
    for n, line in enumerate(text.split("\n"), 1):
        if not line or line.isspace():
            continue
        if line[0] == "#":
            ended |= line.rstrip() == "# EOF"
            continue
        found = _LINE.fullmatch(line.rstrip("\r"))
        key = (found[1] or "", found[2] or "") if found else ("", "")
        labels = cache.get(key)
        if found and labels is None and (labels := _labels(*key)) is not None:
            cache[key] = labels
        value = _number(found[3]) if found else None
        at = _number(found[4]) if found and found[4] else None
        if labels is None or value is None or (found and found[4] and (at is None or not math.isfinite(at))):
            wrong += 1
            if wrong <= _MOST_PROBLEMS:
                problems.append(f"line {n}: not a sample: {line.strip()[:80]}")
            continue
        if at is None:
            timeless += 1
            continue
        in_ms = abs(at) > _MILLISECONDS_FROM
        seconds |= not in_ms
        times, values = samples.setdefault(labels, ([], []))
        times.append(round(at) if in_ms else round(at * 1000))
        values.append(value)
        rows += 1
    if wrong > _MOST_PROBLEMS:
        problems.append(f"and {wrong - _MOST_PROBLEMS} lines more")
    if seconds and not ended:
        problems.append("no `# EOF` at the end, as OpenMetrics has: was the file cut off?")
    if timeless and not rows:
        problems.append("no sample has a time: this is one scrape, not a history")
    if problems:
        raise InputError(f"{path} is not OpenMetrics that can be used", problems)
    if not rows and not (empty and ended):
        raise InputError(f"{path} holds no sample", ["only comments"], why="no data is not a pass")
    notes = [f"{timeless} samples without a time were passed over."] if timeless else []
    return Reading(
        path, "OpenMetrics" if ended else "Prometheus text", rows, make_series(path, samples), notes=notes
    )


def _labels(name: str, inside: str) -> Labels | None:
    """The labels of a sample; None where they cannot be read."""
    found: dict[str, str] = {"__name__": name} if name else {}
    position = 0
    while position < len(inside.rstrip()):
        one = _LABEL.match(inside, position)
        if not one or one[1] in found:
            return None
        found[one[1]] = re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], one[2])
        position = one.end()
    return labels_of(found) if found else None


def _number(text: str) -> float | None:
    try:
        return float(text) if "_" not in text else None
    except ValueError:
        return None
