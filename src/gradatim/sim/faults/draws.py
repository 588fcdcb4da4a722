"""Draws that all families share, so that nothing incidental tells one family from another."""

from __future__ import annotations

from dataclasses import replace

from gradatim.core.streams import Stream
from gradatim.sim.faults.scenario import (
    Change,
    ModelRelease,
    RetryPolicy,
    RuntimeRelease,
    Scenario,
    ServiceConfig,
    Shock,
)
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


HERRING_SHARE = 0.4


def with_herring(seed: int, scenario: Scenario) -> Scenario:
    """On some shifts a release of the model or its runtime shortly before the onset, which did no harm."""
    s = Stream(seed, "herring")
    if s.uniform(1) >= HERRING_SHARE:
        return scenario
    at = scenario.onset_s - s.integer(8, 240, 2)
    while change_id(seed, at) in {c.id for c in scenario.changes}:
        at -= 130.0  # the change calendar gives one number in seven minutes
    model = s.uniform(3) < 0.5
    if any(isinstance(x, ModelRelease | RuntimeRelease) for x in scenario.shocks):
        # The release that did it stands there already: this is the other kind.
        model = any(isinstance(x, RuntimeRelease) for x in scenario.shocks)
    text = "model v3 at 100 % (was v2)" if model else f"serving runtime 2.{s.integer(14, 19, 4)}.0"
    change = Change(change_id(seed, at), at, "deploy", "predict", person(seed, 51), text)
    shock: Shock = (
        ModelRelease(at, 2, 1.0, change.id, innocent=True)
        if model
        else RuntimeRelease(at, 0.0, change.id, innocent=True)
    )
    return replace(scenario, shocks=(*scenario.shocks, shock), changes=(*scenario.changes, change))


def change_id(seed: int, at_s: float) -> str:
    """A change number as the change calendar gives it: it says when, and nothing else."""
    return history.change_id(seed, at_s)


def person(seed: int, ordinal: int) -> str:
    """Who made a change."""
    return Stream(seed, "people").choice(history.PEOPLE, ordinal)
