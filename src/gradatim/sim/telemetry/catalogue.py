"""What can be charted: series, their units, their delay, and the eight panels of the room."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Series:
    """One series. A value covers one tick and is visible `lag_s` after the tick's end.

    `resolution_s` of 0 means every tick; otherwise the last value published stands until the next.
    """

    id: str
    component: str
    label: str
    unit: str
    panel: str | None = None
    lag_s: float = 10.0
    resolution_s: float = 0.0
    decimals: int = 2

    def as_dict(self) -> dict[str, object]:
        """The form a page needs."""
        return {
            "id": self.id,
            "component": self.component,
            "label": self.label,
            "unit": self.unit,
            "panel": self.panel,
            "lag_s": self.lag_s,
            "resolution_s": self.resolution_s,
        }


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the eight charts that are always there."""

    id: str
    title: str
    unit: str
    log: bool = False

    def as_dict(self) -> dict[str, object]:
        """The form a page needs."""
        return {"id": self.id, "title": self.title, "unit": self.unit, "log": self.log}


PANELS = (
    Panel("requests", "Requests", "per s"),
    Panel("good", "Good answers", "%"),
    Panel("latency", "Latency", "ms", log=True),
    Panel("errors", "Timeouts and errors", "per s"),
    Panel("queue", "Queue", "per replica"),
    Panel("replicas", "Replicas and CPU", "replicas"),
    Panel("health", "Score and features", "share"),
    Panel("data_age", "Data age", "min"),
)

DAYS_PANELS = (
    PANELS[0],
    PANELS[1],
    Panel("monitor", "Model monitors out of band", "monitors"),
    Panel("offers", "Offers and score", "%"),
    Panel("gap", "Predicted less late", "pp"),
    Panel("inputs", "Suspect values", "%"),
    Panel("psi", "Stability of inputs", "PSI"),
    Panel("age", "Age of newest rows", "h"),
)
"""The eight of a shift of days: what the model says, and what it is fed."""

COMPONENTS = {
    "gateway": "client-facing: routing, retry budgets, shedding, rate limits",
    "clients": "web, iOS, Android and partner callers, as the gateway sees them",
    "predict": "the replica fleet: queues, dynamic batching, model versions",
    "features": "feature cache in front of the feature store",
    "weather": "hourly ingest of airport weather",
    "bookings": "upstream API of bookings and schedules",
    "labels": "joins actual arrivals to predictions, hours late",
    "scaler": "sets the wanted number of replicas",
    "deployer": "model registry and roll-outs",
    "hosts": "machines, network, DNS",
    "notify": "queue and senders of rebooking offers",
    "slo": "objectives, error budget, estimated money",
}
