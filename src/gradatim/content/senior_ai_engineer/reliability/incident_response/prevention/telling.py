"""What a prevention did on its hidden quarter, in words and figures for the debrief."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from gradatim.core.money import usd
from gradatim.sim.actions import guardrails as g

from .judge import MOST_USD, QUARTER_SHARE, Judged, judge
from .trial import Met

_GROUPS = ((True, "incidents of this family"), (False, "incidents of other families"))
_STATES = ("stopped", "shortened", "untouched")
_SIZES: tuple[tuple[str, Callable[[float], str]], ...] = (
    ("headroom", lambda v: f"the fleet carries {v:.2f} attempts a request"),
    ("store_reads", lambda v: f"the store answers {v:.0f} reads a second"),
    ("queue", lambda v: f"to {v:,.0f}"),
    ("batch_wait", lambda v: f"{v:,.0f} ms"),
    ("memory_mb_per_min", lambda v: f"{v:,.0f} MB a minute"),
    ("one_value", lambda v: f"{100 * v:.0f} % of the rows"),
    ("latency", lambda v: f"{100 * v:.0f} % more"),
    ("score", lambda v: f"the mean score moves by {100 * v:.0f} %"),
    ("replica_spread", lambda v: f"{v:.1f} times"),
    ("callers_gap_pct", lambda v: f"{v:.0f} points off"),
)
"""How large an incident was, by the first of these that it has."""


def tell(rails: Sequence[g.GuardrailBase] | None, *, seed: int, family: str, variant: str) -> dict[str, Any]:
    """{handed_in, loss_usd, most_usd, share, stops_pct, guardrails, groups, incidents, releases}; amounts in dollars.

    Args:
        rails: what was handed in; None when nothing was, which is judged like an empty list.
        seed, family, variant: the instance.
    """
    judged = judge(rails or (), seed=seed, family=family, variant=variant)
    tried = judged.trial
    return {
        "handed_in": rails is not None,
        "loss_usd": usd(judged.loss_micro),
        "most_usd": MOST_USD,
        "share": QUARTER_SHARE,
        "stops_pct": judged.stops_pct,
        "guardrails": [
            {
                "text": r.words,
                "running_usd": running_usd,
                "burden_usd": b.usd,
                "wrong": _wrong(b.blocked, b.pages, b.refused),
            }
            for r, b, running_usd in zip(tried.rails, tried.burdens, g.upkeep_usd(tried.rails), strict=True)
        ],
        "groups": [
            x for own, text in _GROUPS if (x := _group(text, [m for m in tried.met if m.incident.own is own]))
        ],
        "incidents": [
            {
                "text": _said(m),
                "own": m.incident.own,
                "state": m.state,
                "by": None if m.by is None or m.state == "untouched" else tried.rails[m.by].words,
                "harm_usd": usd(m.harm_micro),
                "left_usd": usd(m.left_micro),
            }
            for m in tried.met
        ],
        "releases": _releases(judged),
    }


def _said(m: Met) -> str:
    x = m.incident
    sizes = {**x.shown, **x.canary, **x.size}
    size = next((words(sizes[name]) for name, words in _SIZES if name in sizes), "")
    return f"{x.exposure.says}: {size}" if size else x.exposure.says


def _group(text: str, met: list[Met]) -> dict[str, Any] | None:
    if not met:
        return None
    return {
        "text": text,
        "n": len(met),
        **{state: sum(m.state == state for m in met) for state in _STATES},
        "harm_usd": usd(sum(m.harm_micro for m in met)),
        "left_usd": usd(sum(m.left_micro for m in met)),
    }


def _releases(judged: Judged) -> dict[str, Any]:
    """The ten good releases: how many were held back."""
    blocked = {n for b in judged.trial.burdens for n in b.blocked}
    return {"n": 10, "blocked": len(blocked)}


def _wrong(blocked: tuple[int, ...], pages: int, refused: int) -> str:
    """How often a guardrail was wrong, in words."""
    said = [
        f"{n} {one if n == 1 else many}"
        for n, one, many in (
            (len(blocked), "good release held back", "good releases held back"),
            (pages, "false alarm", "false alarms"),
            (refused, "honest peak or file refused", "honest peaks or files refused"),
        )
        if n
    ]
    return ", ".join(said) or "never wrong"
