"""The little language of metrics."""

from __future__ import annotations

import pytest

from gradatim.instruments.experiment.metric import parse_metric

COLUMNS = ["clicks", "views", "latency_ms", "a/b", "x:y", "sum(x)"]


@pytest.mark.parametrize(
    ("text", "numerator", "denominator", "aggregate", "better"),
    [
        ("clicks", "clicks", None, "", 1),
        ("latency_ms:down", "latency_ms", None, "", -1),
        ("clicks/views", "clicks", "views", "", 1),
        ("sum(clicks):up", "clicks", None, "sum", 1),
        ("a/b", "a/b", None, "", 1),
        ("x:y", "x:y", None, "", 1),
        ("x:y:down", "x:y", None, "", -1),
        ("sum(x)", "sum(x)", None, "", 1),
    ],
)
def test_goals(text: str, numerator: str, denominator: str | None, aggregate: str, better: int) -> None:
    m = parse_metric(text, COLUMNS)
    assert (m.numerator, m.denominator, m.aggregate, m.better, m.margin) == (
        numerator,
        denominator,
        aggregate,
        better,
        None,
    )


def test_guardrails() -> None:
    m = parse_metric("latency_ms:down:2%", COLUMNS, guardrail=True)
    assert (m.better, m.margin, m.relative_margin, m.margin_text) == (-1, 0.02, True, "2 %")
    m = parse_metric("clicks/views:up:0.01", COLUMNS, guardrail=True)
    assert (m.denominator, m.margin, m.relative_margin) == ("views", 0.01, False)


@pytest.mark.parametrize(
    ("text", "guardrail", "says"),
    [
        ("clics", False, "no column"),
        ("clicks/vews", False, '"vews"'),
        ("clicks:sideways", False, "direction"),
        ("latency_ms:down", True, "MARGIN"),
        ("latency_ms:down:much", True, "margin"),
        ("latency_ms:down:-2%", True, "positive"),
        ("latency_ms:down:inf", True, "positive"),
        ("latency_ms:down:0", True, "positive"),
    ],
)
def test_refused(text: str, guardrail: bool, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse_metric(text, COLUMNS, guardrail=guardrail)
