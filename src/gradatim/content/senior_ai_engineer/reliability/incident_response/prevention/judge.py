"""The loss of a prevention: one cent for each dollar of its hidden quarter, at most 30 % of the usual stakes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from gradatim.core.money import micro
from gradatim.sim.actions import guardrails as g
from gradatim.sim.actions import parse_action
from gradatim.sim.actions.kinds import SubmitPrevention

from . import quarter, trial

QUARTER_SHARE = 100
"""A dollar of the quarter counts for one part in so many."""
MOST_USD = 1_800.0


class Judged(NamedTuple):
    """The loss in micro-dollars, the share of the family that is stopped in per cent, and the trial behind them."""

    loss_micro: int
    stops_pct: int
    trial: trial.Trial


def judge(rails: Sequence[g.GuardrailBase], *, seed: int, family: str, variant: str) -> Judged:
    """Judge a prevention on the quarter of an instance: a pure function of its arguments.

    Raises:
        KeyError: the family has no exposure.
    """
    return judge_on(rails, quarter.draw(seed, family, variant))


def judge_on(rails: Sequence[g.GuardrailBase], q: quarter.Quarter) -> Judged:
    """As `judge`, on a quarter that is drawn already."""
    tried = trial.run(rails, q)
    return Judged(min(micro(MOST_USD), tried.total_micro // QUARTER_SHARE), tried.stops_pct, tried)


def last(messages: Iterable[Mapping[str, Any]]) -> list[g.GuardrailBase] | None:
    """The guardrails of the last prevention among the actions of a log; None when none was handed in."""
    found = [m for m in messages if m["kind"] == "submit_prevention"]
    if not found:
        return None
    action = parse_action(dict(found[-1]))
    assert isinstance(action, SubmitPrevention)
    return list(action.guardrails)
