"""The serving kernel: requests through clients, a gateway and pools of replicas, event by event.

Public are the records of `model` and the `Simulator`; the numba kernel behind it is private and is
loaded when the first simulator is made.
"""

from gradatim.sim.serving.model import (
    ANSWER_COLUMNS,
    TICK_S,
    Answer,
    Autoscaler,
    ClientPolicy,
    Demand,
    GatewaySettings,
    PoolSettings,
    RetryBudget,
    Routing,
    Setup,
)
from gradatim.sim.serving.simulator import InvariantBroken, ReplicaView, Simulator, Snapshot

__all__ = [
    "ANSWER_COLUMNS",
    "TICK_S",
    "Answer",
    "Autoscaler",
    "ClientPolicy",
    "Demand",
    "GatewaySettings",
    "InvariantBroken",
    "PoolSettings",
    "ReplicaView",
    "RetryBudget",
    "Routing",
    "Setup",
    "Simulator",
    "Snapshot",
]
