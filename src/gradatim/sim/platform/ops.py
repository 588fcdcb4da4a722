"""What operators have set, said and planned: the mutable part of the platform outside the kernel.

Small, plain, copied whole for a snapshot.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from gradatim.sim.faults.scenario import RetryPolicy
from gradatim.sim.platform.cache import FeatureCache
from gradatim.sim.platform.quality import Serving
from gradatim.sim.platform.vocabulary import CLIENTS

State = TypeVar("State", "Ops", FeatureCache, Serving)


class Cost(NamedTuple):
    """Money spent at a moment, in micro-dollars."""

    t_s: float
    cause: str
    micro_usd: int


class Done(NamedTuple):
    """An action as it was accepted."""

    ordinal: int
    t_s: float
    effective_at_s: float
    message: dict[str, Any]


class Pending(NamedTuple):
    """Something that takes effect later. Ordered by time, then by when it was asked for."""

    at_s: float
    ordinal: int
    step: int
    message: dict[str, Any]


@dataclass
class Ops:
    """Operator state at one moment.

    `remote` is what remote configuration says for a client; `built_in` marks clients whose release ignores it.
    """

    remote: dict[str, RetryPolicy]
    cache: FeatureCache
    built_in: dict[str, RetryPolicy] = field(default_factory=dict)
    shed: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CLIENTS, 0.0))
    fallback: dict[str, float] = field(default_factory=lambda: dict.fromkeys(CLIENTS, 0.0))
    ramp: dict[str, tuple[float, float]] = field(default_factory=dict)
    version: int = 1
    item_factor: float = 1.0
    host_factor: float = 1.0
    mended_at_s: float | None = None
    replicas: int = 12
    serving: Serving | None = None
    prewarm_until_s: float = -1.0
    restart_next: list[int] = field(default_factory=list)
    undone: set[str] = field(default_factory=set)
    pending: list[Pending] = field(default_factory=list)
    done: list[Done] = field(default_factory=list)
    costs: list[Cost] = field(default_factory=list)
    declared_at_s: float | None = None
    acknowledged: dict[str, float] = field(default_factory=dict)
    silenced: dict[str, float] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)

    def policy(self, client: str) -> RetryPolicy:
        """The retry policy that a client really follows."""
        return self.built_in.get(client, self.remote[client])

    def copy(self) -> Ops:
        """The same state, independent of what happens to this one: what is in the containers never changes."""
        new = _copied(self)
        new.cache = _copied(self.cache)
        new.serving = None if self.serving is None else _copied(self.serving)
        return new


def _copied(state: State) -> State:
    new = copy.copy(state)
    for name, value in vars(new).items():
        if isinstance(value, dict | list | set):
            setattr(new, name, value.copy())
    return new
