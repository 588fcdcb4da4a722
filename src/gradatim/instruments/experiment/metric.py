"""What a metric is: how it is read from rows, which way is better, and how much loss a guardrail allows."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from gradatim.instruments.size import read_size

AGGREGATES = ("sum", "mean", "max", "min")
GRAMMAR = "COLUMN, A/B or sum(COLUMN), then :up or :down"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of the experiment.

    Args:
        name: as typed, without direction and margin.
        numerator: the column that is measured.
        denominator: the column below, for a ratio of sums; None otherwise.
        aggregate: how a unit's rows become one value; "" for the mean over rows (a ratio of sums when a unit has
            several rows).
        better: 1 when more is better, -1 when less is better.
        margin: a guardrail's largest tolerable loss, positive; None for a metric of the goal.
        relative_margin: the margin is a share of the control's mean.
        covariate: CUPED's column; None without.
    """

    name: str
    numerator: str
    denominator: str | None = None
    aggregate: str = ""
    better: int = 1
    margin: float | None = None
    relative_margin: bool = False
    covariate: str | None = None

    @property
    def columns(self) -> list[str]:
        return [c for c in (self.numerator, self.denominator, self.covariate) if c is not None]

    @property
    def margin_text(self) -> str:
        """The margin as a person would write it; "" for a metric of the goal."""
        if self.margin is None:
            return ""
        return f"{100 * self.margin:g} %" if self.relative_margin else f"{self.margin:g}"


def parse_metric(text: str, columns: Collection[str], *, guardrail: bool = False) -> Metric:
    """A metric from the command line: `revenue`, `clicks/views:up`, `latency_ms:down:2%`.

    Args:
        text: an expression, a direction (default up), and for a guardrail its margin.
        columns: the columns of the table; a name that is one of them whole is never taken apart.
        guardrail: a margin is required.

    Raises:
        ValueError: a sentence that says what is wrong.
    """
    body, direction, margin = _split(text, columns, guardrail)
    if direction not in ("up", "down"):
        raise ValueError(f'"{text}": the direction is "up" (more is better) or "down", not "{direction}"')
    size, relative = _margin(text, margin) if guardrail else (None, False)
    numerator, denominator, aggregate = _expression(body, columns)
    missing = [c for c in (numerator, denominator) if c is not None and c not in columns]
    if missing:
        quoted = " or ".join(f'"{c}"' for c in missing)
        raise ValueError(f'"{text}": there is no column {quoted}')
    return Metric(body, numerator, denominator, aggregate, 1 if direction == "up" else -1, size, relative)


def _split(text: str, columns: Collection[str], guardrail: bool) -> tuple[str, str, str]:
    if text in columns and not guardrail:
        return text, "up", ""
    parts = text.rsplit(":", 2 if guardrail else 1)
    if guardrail:
        if len(parts) == 3:
            return parts[0], parts[1], parts[2]
        raise ValueError(f'"{text}": a guardrail is COLUMN:up|down:MARGIN, for instance latency_ms:down:2%')
    return (parts[0], parts[1], "") if len(parts) == 2 else (text, "up", "")


def _margin(text: str, margin: str) -> tuple[float, bool]:
    size = read_size(margin)
    if not size.value > 0:
        raise ValueError(
            f'"{text}": the margin "{margin}" is not a positive number such as 2% (of the control) or 0.5'
        )
    return size


def _expression(body: str, columns: Collection[str]) -> tuple[str, str | None, str]:
    if body in columns:
        return body, None, ""
    if called := re.fullmatch(rf"({'|'.join(AGGREGATES)})\((.+)\)", body):
        return called[2], None, called[1]
    for i, character in enumerate(body):
        if character == "/" and body[:i] in columns and body[i + 1 :] in columns:
            return body[:i], body[i + 1 :], ""
    if body.count("/") == 1:
        above, below = body.split("/")
        return above, below, ""
    return body, None, ""
