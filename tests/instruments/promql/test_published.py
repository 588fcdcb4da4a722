"""Our evaluation beside the cases that Prometheus publishes for its own, versions 2 and 3."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

from gradatim.core.errors import InputError
from gradatim.instruments.promql import (
    PROMETHEUS_2,
    PROMETHEUS_3,
    Engine,
    Series,
    SeriesSet,
    labels_of,
    stale_marker,
)

from .published import ALL, Case, Group


def samples(words: str, step_s: int) -> tuple[np.ndarray, np.ndarray]:
    """Times in ms and values of `0+10x3 _ stale 2`: a start, a step and how often; gaps; markers of staleness."""
    values: list[float | None] = []
    for word in words.split():
        if grown := re.fullmatch(r"(-?[\d.]+)([+-][\d.]+)x(\d+)", word):
            start, step, times = float(grown[1]), float(grown[2]), int(grown[3])
            values += [start + step * i for i in range(times + 1)]
        else:
            values.append(None if word == "_" else stale_marker() if word == "stale" else float(word))
    told = [(1000 * step_s * i, value) for i, value in enumerate(values) if value is not None]
    return np.array([t for t, _ in told], np.int64), np.array([v for _, v in told])


def series_of(group: Group) -> SeriesSet:
    found = []
    for line in group.series:
        head, _, words = line.partition(" ")
        name, _, inside = head.partition("{")
        labels = dict(re.findall(r'(\w+)="([^"]*)"', inside))
        found.append(Series(labels_of({"__name__": name, **labels}), *samples(words, group.step_s)))
    return SeriesSet(found)


def answer(engine: Engine, case: Case) -> dict[str, float] | None:
    try:
        frame = engine.vector(case.expression, np.array([1000 * case.at_s], np.int64))
    except InputError:
        return None
    here = [i for i in range(len(frame.labels)) if frame.present[i, 0]]
    return {" ".join(value for _, value in frame.labels[i]): float(frame.values[i, 0]) for i in here}


def expected(text: str | None) -> dict[str, float] | None:
    if text is None:
        return None
    parts = [part.strip().rpartition(" ") for part in text.split(",") if part.strip()]
    return {names: float(number) for names, _, number in parts}


@pytest.mark.parametrize(("version", "dialect"), [(2, PROMETHEUS_2), (3, PROMETHEUS_3)])
def test_published_cases(version: int, dialect: object) -> None:
    wrong, asked = [], 0
    for group in ALL:
        engine = Engine(series_of(group), dialect=dialect)  # type: ignore[arg-type]
        for case in group.cases:
            if version not in case.versions:
                continue
            asked += 1
            ours, theirs = answer(engine, case), expected(case.expected)
            alike = (ours is None) == (theirs is None) and set(ours or ()) == set(theirs or ())
            if not alike or any(
                not math.isclose(value, (theirs or {})[key], rel_tol=1e-6)
                and not (math.isnan(value) and math.isnan((theirs or {})[key]))
                for key, value in (ours or {}).items()
            ):
                wrong.append(f"{case.expression} at {case.at_s}: {ours}, published {theirs}")
    assert wrong == []
    assert asked > 100
