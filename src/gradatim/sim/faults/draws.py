"""Draws that all families share, so that nothing incidental tells one family from another."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal, NamedTuple

from gradatim.core.streams import Stream
from gradatim.sim.faults.scenario import (
    BatchingChange,
    Change,
    ClientRelease,
    ModelRelease,
    QueueLimitChange,
    RetryPolicy,
    RuntimeRelease,
    Scenario,
    ServiceConfig,
    Shock,
)
from gradatim.sim.telemetry import history


def onset(seed: int, start_s: float, horizon_s: float) -> float:
    """When the first thing happens: 10 to 40 minutes into the learner's shift, whole seconds."""
    room = min(horizon_s - start_s - 3600.0, 2400.0)
    return float(int(start_s + Stream(seed, "onset").between(600.0, max(room, 660.0))))


def config(seed: int, *, bounded: bool = True, queue_limit: int | None = None) -> ServiceConfig:
    """The shift's service, with incidental settings drawn alike for every family; not `bounded`: no retry budgets."""
    s = Stream(seed, "service")
    attempts = s.integer(3, 4, 1)
    budget = 0.1 if bounded else None
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
    kind, component, text = history.incidental(seed, at_s, ordinal)
    return Change(change_id(seed, at_s), at_s, kind, component, person(seed, 40 + ordinal), text)  # type: ignore[arg-type]


MODEL, RUNTIME = "model v3 at 100 % (was v2)", "serving runtime 2.{}.0"
BATCHING = "batching profile throughput (was balanced)"
QUEUE, APP = "queue limit 64 to {} per replica: fewer 503 at peaks", "{} app {} at 100 % of users"
"""The profile's numbers are in the settings: a text tells what was done, not what it does."""
HERRING_SHARE = 0.5
HARD_RETRIES = RetryPolicy(0.8, 7, 0.02, True, None)
DEEP_TRAFFIC = 1.5


def with_herring(seed: int, scenario: Scenario) -> Scenario:
    """Changes that did no harm: an app's release; just before the onset a model, a runtime, a batching profile."""
    s = Stream(seed, "herring")
    scenario = _with_release(seed, scenario)
    if s.uniform(1) >= HERRING_SHARE:
        return scenario
    at = scenario.onset_s - s.integer(8, 240, 2)
    while change_id(seed, at) in {c.id for c in scenario.changes}:
        at -= 130.0  # the change calendar gives one number in seven minutes
    # The kind that did it stands there already: this is another.
    kinds = [
        k
        for k in (ModelRelease, RuntimeRelease, BatchingChange)
        if not any(isinstance(x, k) for x in scenario.shocks)
    ]
    number, drawn = change_id(seed, at), s.choice(kinds, 3)
    shock: Shock
    if drawn is ModelRelease:
        shock, text = ModelRelease(at, 2, 1.0, number, innocent=True), MODEL
    elif drawn is RuntimeRelease:
        shock, text = RuntimeRelease(at, 0.0, number, innocent=True), RUNTIME.format(s.integer(14, 19, 4))
    else:
        shock = BatchingChange(at, 8, 1e-3 * s.integer(11, 14, 5), number, innocent=True)
        text = BATCHING
    kind: Literal["deploy", "config"] = "config" if drawn is BatchingChange else "deploy"
    change = Change(number, at, kind, "predict", person(seed, 51), text)
    return replace(scenario, shocks=(*scenario.shocks, shock), changes=(*scenario.changes, change))


def _with_release(seed: int, scenario: Scenario) -> Scenario:
    """On some shifts a release of an app that retries as the others do; not where nobody has a budget."""
    s, cfg = Stream(seed, "innocent-release"), scenario.config
    bounded = cfg.clients["web"].budget is not None
    if (
        s.uniform(2) >= HERRING_SHARE
        or not bounded
        or any(isinstance(x, ClientRelease) for x in scenario.shocks)
    ):
        return scenario
    since, client = scenario.onset_s - s.integer(1500, 4200, 1), ("ios", "android")[s.integer(0, 1, 3)]
    number = change_id(seed, since)
    if number in {c.id for c in scenario.changes}:
        return scenario
    text = APP.format(client, f"3.9.{s.integer(0, 7, 4)}")
    return replace(
        scenario,
        shocks=(*scenario.shocks, ClientRelease(since, client, cfg.clients[client], number, innocent=True)),
        changes=(*scenario.changes, Change(number, since, "deploy", "clients", person(seed, 52), text)),
    )


class Weakness(NamedTuple):
    """A service with a weak spot that nothing has hit: the setting, and the change that brought it."""

    config: ServiceConfig
    shocks: tuple[Shock, ...] = ()
    changes: tuple[Change, ...] = ()


WEAK_SHARE = 0.6


def weakness(seed: int, at_s: float) -> Weakness:
    """What would keep an overload up, on a shift that has none: on some no retry budgets, deep queues, a hard release.

    The settings and texts are those of family 10; only an overload tells whether they matter.
    """
    s = Stream(seed, "weakness")
    if s.uniform(1) >= WEAK_SHARE:
        return Weakness(config(seed))
    kind, since = s.integer(0, 2, 2), at_s - s.integer(1500, 4200, 3)
    number, who = change_id(seed, since), person(seed, 3)
    if kind == 0:
        return Weakness(config(seed, bounded=False))
    if kind == 1:
        limit, cfg = (2048, 3072, 4096)[s.integer(0, 2, 4)], config(seed, queue_limit=64)
        return Weakness(
            replace(cfg, base_rate_per_s=cfg.base_rate_per_s * DEEP_TRAFFIC),
            (QueueLimitChange(since, limit, number, innocent=True),),
            (Change(number, since, "config", "predict", who, QUEUE.format(limit)),),
        )
    client = ("ios", "android")[s.integer(0, 1, 5)]
    return Weakness(
        config(seed),
        (ClientRelease(since, client, HARD_RETRIES, number, innocent=True),),
        (Change(number, since, "deploy", "clients", who, APP.format(client, f"3.9.{s.integer(0, 7, 6)}")),),
    )


def change_id(seed: int, at_s: float) -> str:
    """A change number as the change calendar gives it: it says when, and nothing else."""
    return history.change_id(seed, at_s)


def person(seed: int, ordinal: int) -> str:
    """Who made a change."""
    return Stream(seed, "people").choice(history.PEOPLE, ordinal)
