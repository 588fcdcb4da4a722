"""Our evaluation beside the real Prometheus, on the same series."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradatim.core.errors import InputError
from gradatim.instruments.promql import Engine, Frame, SeriesSet, grid_ms

from .expressions import ALL, random_expressions
from .made_series import MINUTES, START_MS, made_series
from .real_server import Server, openmetrics, running

pytestmark = pytest.mark.prometheus
TOLERANCE = 1e-9
SPAN = (START_MS - 600_000, START_MS + (MINUTES + 10) * 60_000)
"""Ten minutes before the first sample to ten after the last: every edge is crossed."""


def difference(ours: Frame, theirs: Frame) -> str:
    """What differs between two answers; "" where nothing does."""
    if set(ours.labels) != set(theirs.labels) or len(set(ours.labels)) != len(ours.labels):
        return f"series: ours {sorted(ours.labels)}, theirs {sorted(theirs.labels)}"
    for i, labels in enumerate(ours.labels):
        j = theirs.labels.index(labels)
        if (ours.present[i] != theirs.present[j]).any():
            return f"{labels}: present at other steps: {np.flatnonzero(ours.present[i] != theirs.present[j])[:5]}"
        a, b = ours.values[i][ours.present[i]], theirs.values[j][theirs.present[j]]
        alike = np.isclose(a, b, rtol=TOLERANCE, atol=1e-12, equal_nan=True)
        if not alike.all():
            at = int(np.flatnonzero(~alike)[0])
            return f"{labels} at its sample {at}: ours {a[at]!r}, theirs {b[at]!r}"
    return ""


def disagreements(server: Server, data: SeriesSet, expressions: list[str], step_ms: int) -> list[str]:
    """Every expression that the two answer differently, refusals too."""
    engine, found = Engine(data), []
    end_ms = SPAN[0] + (SPAN[1] - SPAN[0]) // step_ms * step_ms
    for expression in expressions:
        theirs: Frame | str
        ours: Frame | str
        try:
            theirs = server.query(expression, SPAN[0], end_ms, step_ms)
        except ValueError as error:
            theirs = f"refused: {error}"
        try:
            ours = engine.vector(expression, grid_ms(SPAN[0], end_ms, step_ms))
        except InputError as error:
            ours = f"refused: {error.what}"
        if isinstance(ours, str) or isinstance(theirs, str):
            if not (isinstance(ours, str) and isinstance(theirs, str)):
                found.append(f"{expression}: ours {str(ours)[:80]}, theirs {str(theirs)[:80]}")
        elif said := difference(ours, theirs):
            found.append(f"{expression}: {said}")
    return found


def test_every_expression_agrees_on_scraped_series(tmp_path: Path) -> None:
    """Blocks made by promtool from OpenMetrics: resets, gaps, late starts, NaN, infinities."""
    data = made_series(7)
    file = tmp_path / "made.om"
    file.write_text(openmetrics(data))
    assert len(ALL) > 500
    with running(tmp_path, file) as server:
        assert disagreements(server, data, ALL, 60_000) == []
        assert disagreements(server, data, random_expressions(7, 100), 97_000) == []


def test_every_expression_agrees_with_markers_of_staleness(tmp_path: Path) -> None:
    """Remote write keeps the marker by which a scrape says that a series ended."""
    data = made_series(5, stale=True)
    assert sum(one.stale.any() for one in data) > 5
    with running(tmp_path) as server:
        server.write(data)
        assert disagreements(server, data, ALL[::2], 60_000) == []
        assert disagreements(server, data, random_expressions(5, 100), 15_000) == []
        # The same series without the markers is answered otherwise: they were not lost on the way.
        assert disagreements(server, made_series(5), ["http_requests_total"], 60_000) != []
