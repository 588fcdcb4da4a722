"""Draws that all families share, so that nothing incidental tells one family from another."""

from __future__ import annotations

from gradatim.core.streams import Stream
from gradatim.sim.faults.scenario import Change, RetryPolicy, ServiceConfig
from gradatim.sim.telemetry import history

_COINCIDENCES = (
    ("config", "weather", "weather file time to live 300 s to 600 s"),
    ("deploy", "gateway", "gateway 5.14.2: access log fields"),
    ("config", "notify", "digest e-mails every 15 min instead of 10"),
    ("deploy", "labels", "label joiner 2.8.1: late arrivals counted by block time"),
    ("config", "scaler", "scale-down cool-down 5 min to 10 min"),
    ("deploy", "bookings", "booking API 11.3.0: seat map field"),
    ("config", "hosts", "kernel log level warn"),
    ("deploy", "deployer", "deployer 1.9.4: signed manifests"),
)


def onset(seed: int, start_s: float, horizon_s: float) -> float:
    """When the first thing happens: 10 to 40 minutes into the learner's shift, whole seconds."""
    room = min(horizon_s - start_s - 3600.0, 2400.0)
    return float(int(start_s + Stream(seed, "onset").between(600.0, max(room, 660.0))))


def config(seed: int, *, budget: float | None, queue_limit: int | None = None) -> ServiceConfig:
    """The shift's service, with incidental settings drawn alike for every family."""
    s = Stream(seed, "service")
    attempts = s.integer(3, 4, 1)
    clients = {
        name: RetryPolicy(
            timeout_s=0.8,
            max_attempts=attempts if name != "partner" else 3,
            backoff_s=(0.1, 0.15, 0.2)[s.integer(0, 2, 2, i)],
            jitter=True,
            budget=budget,
        )
        for i, name in enumerate(("web", "ios", "android", "partner"))
    }
    return ServiceConfig(
        base_rate_per_s=s.between(104.0, 118.0, 3),
        queue_limit=queue_limit or (48, 64, 80)[s.integer(0, 2, 4)],
        clients=clients,
    )


def coincidence(seed: int, at_s: float, ordinal: int = 0) -> Change:
    """A change that has nothing to do with anything, made at about `at_s`."""
    s = Stream(seed, "coincidence")
    kind, component, text = s.choice(_COINCIDENCES, ordinal, 1)
    return Change(change_id(seed, at_s), at_s, kind, component, person(seed, 40 + ordinal), text)  # type: ignore[arg-type]


def change_id(seed: int, at_s: float) -> str:
    """A change number as the change calendar gives it: it says when, and nothing else."""
    return history.change_id(seed, at_s)


def person(seed: int, ordinal: int) -> str:
    """Who made a change."""
    return Stream(seed, "people").choice(history.PEOPLE, ordinal)
