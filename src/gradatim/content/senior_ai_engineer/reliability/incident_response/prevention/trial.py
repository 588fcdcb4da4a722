"""The trial: a prevention against the hidden quarter, in milliseconds and whole micro-dollars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from gradatim.core.canonical import canonical_json
from gradatim.core.money import micro
from gradatim.sim.actions import guardrails as g

from . import gates
from .quarter import Incident, Quarter

STOPPED, SHORTENED = 0.1, 0.8
"""An incident of which at most a tenth is left counts as stopped; at most four fifths, as shortened."""


class Met(NamedTuple):
    """One incident as it went: micro-dollars without and with the guardrails, and which of them helped most."""

    incident: Incident
    harm_micro: int
    left_micro: int
    by: int | None

    @property
    def state(self) -> str:
        """stopped, shortened or untouched."""
        if self.left_micro <= STOPPED * self.harm_micro:
            return "stopped"
        return "shortened" if self.left_micro <= SHORTENED * self.harm_micro else "untouched"


class Trial(NamedTuple):
    """What came of a prevention in its quarter. `by` and `burdens` count guardrails in the order of `rails`."""

    rails: tuple[g.GuardrailBase, ...]
    met: tuple[Met, ...]
    burdens: tuple[gates.Burden, ...]

    @property
    def running_micro(self) -> int:
        """What the guardrails cost to run."""
        return sum(micro(usd) for usd in g.upkeep_usd(self.rails))

    @property
    def blocked_micro(self) -> int:
        """What good releases, honest peaks and false alarms cost."""
        return sum(micro(b.usd) for b in self.burdens)

    @property
    def harm_micro(self) -> int:
        """What is left of the incidents."""
        return sum(m.left_micro for m in self.met)

    @property
    def total_micro(self) -> int:
        """What the quarter costs."""
        return self.running_micro + self.blocked_micro + self.harm_micro

    @property
    def stops_pct(self) -> int:
        """Share of the harm of the family's own incidents that is avoided, per cent."""
        own = [m for m in self.met if m.incident.own]
        harm = sum(m.harm_micro for m in own)
        return 0 if harm == 0 else (harm - sum(m.left_micro for m in own)) * 100 // harm


def run(rails: Sequence[g.GuardrailBase], q: Quarter) -> Trial:
    """Try a prevention. The order in which its guardrails are listed makes no difference."""
    ordered = tuple(sorted(rails, key=lambda r: canonical_json(r.model_dump())))
    met = tuple(_meet(ordered, x, q) for x in q.incidents)
    return Trial(ordered, met, tuple(gates.burden(r, q) for r in ordered))


def _meet(rails: tuple[g.GuardrailBase, ...], x: Incident, q: Quarter) -> Met:
    """An incident against all guardrails: the shares that they leave multiply, the first to tell counts."""
    alone = [_left_micro((r,), x, q) for r in rails]
    harm, left = micro(x.harm_usd), _left_micro(rails, x, q)
    best = min(range(len(rails)), key=lambda i: alone[i], default=None)
    return Met(x, harm, left, best if best is not None and alone[best] < harm else None)


def _left_micro(rails: tuple[g.GuardrailBase, ...], x: Incident, q: Quarter) -> int:
    effects = [gates.stop(r, x, q) for r in rails]
    share = 1.0
    for e in effects:
        share *= e.share
    minutes = min((e.find_min for e in effects), default=x.find_min) + x.mend_min
    for r in rails:
        if isinstance(r, g.RolloutStages):
            share *= gates.staged(r, x, minutes)
    return min(micro(x.harm_usd), micro(x.usd_per_min * minutes * share))
