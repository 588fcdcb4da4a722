"""The effect of shocks and actions on a world. One function per moment: refusal, acceptance, effect, tick."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gradatim.core.money import micro
from gradatim.sim.actions import kinds as k
from gradatim.sim.faults.scenario import (
    BatchingChange,
    CacheFlush,
    Change,
    ClientRelease,
    DataFault,
    ModelRelease,
    NightlyRetrain,
    QueueLimitChange,
    RuntimeRelease,
    ServiceConfig,
    SlowFleet,
    SlowReplicas,
)
from gradatim.sim.platform import modelops
from gradatim.sim.platform.ops import Cost, Pending
from gradatim.sim.platform.vocabulary import CURRENT, PREVIOUS
from gradatim.sim.telemetry import history
from gradatim.sim.telemetry.rules import rules

if TYPE_CHECKING:
    from gradatim.sim.platform.world import World

REPLICA_USD_PER_H = 36.0
PAGE_USD = 150.0
CHANGE_REVIEW_USD = 40.0
PREWARM_USD = 120.0
PREWARM_S = 600.0
UNDO_RELEASE_S = 1500.0
MODEL_CHANGE_AT_S = -2.2 * 86_400.0
UNKNOWN = "unknown"
"""The fact that can be taken back: whoever does not know yet may answer again."""


def model_change(world: World) -> str:
    """The number of the change that brought the current model."""
    return history.change_id(world.seed, MODEL_CHANGE_AT_S)


def change_calendar(world: World) -> tuple[Change, ...]:
    """Every change of the last 14 days and of the shift, real ones and innocent ones in one form."""
    at_s = MODEL_CHANGE_AT_S
    text = f"model {world.versions[CURRENT]} at 100 % (was {world.versions[PREVIOUS]})"
    model = Change(model_change(world), at_s, "deploy", "predict", "release-bot", text)
    past = tuple(
        Change(c.id, c.at_s, "deploy" if c.kind == "deploy" else "config", c.component, c.who, c.text)
        for c in history.calendar(
            world.seed,
            horizon_s=world.horizon_s,
            epoch=world.epoch,
            settings=_settings(world.scenario.config),
        )
    )
    own = world.scenario.changes
    # A setting that was changed on this shift was last changed then.
    for shock, words in ((QueueLimitChange, "queue limit"), (BatchingChange, "batch wait")):
        if any(isinstance(s, shock) for s in world.scenario.shocks):
            past = tuple(c for c in past if words not in c.text)
    taken = {c.id for c in (*own, model)}
    # A release supersedes the one before: no later one than the release in use.
    released = max((c.at_s for c in own if c.component == "clients"), default=None)
    past = tuple(c for c in past if released is None or c.component != "clients" or c.at_s < released)
    mixed = (*own, model, *(c for c in past if c.id not in taken))
    return tuple(sorted(mixed, key=lambda c: c.at_s))


def _settings(cfg: ServiceConfig) -> history.Settings:
    """Where the changes of the fortnight have led."""
    backoff_ms = {name: round(1000 * c.backoff_s) for name, c in cfg.clients.items()}
    return history.Settings(cfg.queue_limit, round(1000 * cfg.max_wait_s), backoff_ms)


# ---------------------------------------------------------------------- the world's own doing
def apply_shock(world: World, shock: Any) -> None:
    """Let one shock happen now."""
    if isinstance(shock, SlowFleet):
        for pool in ("current", "previous"):
            world.sim.change_pool(pool, slow_factor=shock.factor)
        set_speed(world)
    elif isinstance(shock, CacheFlush):
        world.ops.cache.hit_rate = shock.keep
        set_speed(world)
    elif isinstance(shock, ClientRelease):
        world.ops.built_in[shock.client] = shock.policy
        world.push_client(shock.client)
    elif isinstance(shock, QueueLimitChange):
        world.sim.change_pool("current", queue_limit=shock.limit)
    elif isinstance(shock, DataFault | NightlyRetrain):
        modelops.happen(world, shock)
    elif isinstance(shock, ModelRelease):
        world.ops.version, world.ops.item_factor = shock.version, shock.factor
        world.sim.change_pool("current", version=shock.version)
        world.sim.change_pool("previous", version=CURRENT)
        set_speed(world)
        if world.quality is not None:
            modelops.happen(world, shock)
    elif isinstance(shock, RuntimeRelease):
        world.sim.change_pool("current", leak_mb_per_item=shock.leak_mb_per_item)
    elif isinstance(shock, BatchingChange):
        world.sim.change_pool("current", max_batch=shock.max_batch, max_wait_s=shock.max_wait_s)
    elif isinstance(shock, SlowReplicas):
        world.ops.host_factor = shock.factor
        for replica in shock.replicas:
            world.sim.slow(replica, shock.factor)


def undo_shock(world: World, shock: Any) -> None:
    """Take back at once what a change brought."""
    cfg = world.scenario.config
    if isinstance(shock, QueueLimitChange):
        world.sim.change_pool("current", queue_limit=cfg.queue_limit)
    elif isinstance(shock, ModelRelease):
        world.ops.version, world.ops.item_factor = CURRENT, 1.0
        world.sim.change_pool("current", version=CURRENT)
        world.sim.change_pool("previous", version=PREVIOUS)
        set_speed(world)
    elif isinstance(shock, RuntimeRelease):
        # The former runtime starts anew, one replica after the other, and with it their memory.
        world.sim.change_pool("current", leak_mb_per_item=0.0)
        _restart(world, k.Restart(how="rolling"), Pending(world.now_s, 0, 0, {}))
    elif isinstance(shock, BatchingChange):
        world.sim.change_pool("current", max_batch=cfg.max_batch, max_wait_s=cfg.max_wait_s)


def host_steal_pct(world: World) -> float:
    """What the worst host's neighbours take of its CPU, above the usual, while hosts are slow."""
    factor = max(world.sim.pools[0].slow_factor, world.ops.host_factor)
    return min(30.0, 8.0 * (factor - 1.0))


def set_speed(world: World) -> None:
    """Item cost follows the cache, in steps of about half a per cent: a change of settings has its price."""
    per_item = world.scenario.config.per_item_s * world.ops.cache.cost_factor() * world.ops.item_factor
    if abs(per_item - world.sim.pools[0].per_item_s) > 5e-3 * per_item:
        world.sim.change_item_cost(per_item)


# ---------------------------------------------------------------------- tick steps
def step_ramps(world: World) -> None:
    """Bring shed shares back along their ramps."""
    ops = world.ops
    for client, (end_s, per_tick) in list(ops.ramp.items()):
        left = 0.0 if world.now_s >= end_s else max(0.0, ops.shed[client] - per_tick)
        ops.shed[client] = left
        if left == 0.0:
            del ops.ramp[client]
        world.push_client(client)


def step_restarts(world: World) -> None:
    """A rolling restart takes one replica every two ticks."""
    ops = world.ops
    if ops.restart_next and (world.n_control % 2 == 0):
        _restart_one(world, ops.restart_next.pop(0))


def price_fleet(world: World) -> None:
    """Replicas above the usual number cost money while they are wanted."""
    extra = world.ops.replicas - world.scenario.config.replicas
    if extra > 0:
        spend(world, "capacity", extra * REPLICA_USD_PER_H * world.tick_s / 3600.0)


def spend(world: World, cause: str, usd: float) -> None:
    """Book a cost now."""
    world.ops.costs.append(Cost(world.now_s, cause, micro(usd)))


# ---------------------------------------------------------------------- actions
def refusal(world: World, action: k.Action) -> str:
    """Why an action cannot be taken now; empty when it can."""
    ops = world.ops
    if isinstance(action, k.Rollback):
        change = world.change(action.change)
        if change is None:
            return f"there is no change {action.change} in the history"
        if action.change in ops.undone:
            return f"{action.change} is rolled back already"
        if any(p.step == 0 and p.message.get("change") == action.change for p in ops.pending):
            return f"{action.change} is being rolled back"
    if isinstance(action, k.Ramp) and not any(ops.shed[c] > 0 for c in world.clients(action.client)):
        return "nothing is being shed there"
    if isinstance(action, k.Scale) and action.replicas == ops.replicas:
        return f"{action.replicas} replicas are wanted already"
    if isinstance(action, k.Drain) and (state := world.sim.replicas[action.replica].state) != "ready":
        return f"replica {action.replica} takes no requests: it is {state}"
    if isinstance(action, k.DeclareOver) and ops.declared_at_s is not None:
        return "the incident is declared over already"
    if isinstance(action, k.SubmitPrevention) and not any(d.message["kind"] == "diagnose" for d in ops.done):
        return "a prevention needs a committed diagnosis first"
    if isinstance(action, k.Answer) and ops.answered.get(action.message, UNKNOWN) != UNKNOWN:
        return "that question is answered already"
    if isinstance(action, k.Acknowledge | k.Silence) and not _known_alert(world, action.alert):
        return f"there is no alert {action.alert}"
    if isinstance(action, k.ChangeAlert) and action.alert not in {r.name for r in rules(world.record())}:
        return f"there is no alert rule {action.alert}"
    return modelops.refusal(world, action)


def _known_alert(world: World, alert: str) -> bool:
    """Whether a rule has that name, or the alert is one of a rule's; "all" is every one."""
    return alert == "all" or alert.partition("#")[0] in {r.name for r in rules(world.record())}


def price(action: k.Action) -> float:
    """Dollars that an action costs when it is accepted."""
    if isinstance(action, k.Page):
        return PAGE_USD
    if isinstance(action, k.DifferentialTest):
        return modelops.TEST_USD
    if isinstance(action, k.PrewarmCache):
        return PREWARM_USD
    return CHANGE_REVIEW_USD + modelops.price(action) if action.changes_service else 0.0


def accept(world: World, action: k.Action, ordinal: int) -> None:
    """What an action does at once: talk is immediate, changes of the service are journalled and priced."""
    ops = world.ops
    if isinstance(action, k.Acknowledge):
        ops.acknowledged.setdefault(action.alert, world.now_s)
        world.note("ack", "notify", f"acknowledged {action.alert}", alert=action.alert)
    elif isinstance(action, k.Silence):
        ops.silenced[action.alert] = world.now_s + action.for_s
        world.note(
            "silence",
            "notify",
            f"silenced {action.alert}",
            alert=action.alert,
            until_s=world.now_s + action.for_s,
        )
    elif isinstance(action, k.Page):
        spend(world, "pages", price(action))
        modelops.paged(world, action.team)
        world.note("own", "notify", f"paged {action.team}", action=action.kind)
    elif isinstance(action, k.DeclareOver):
        ops.declared_at_s = world.now_s
        world.note("own", "notify", "declared over", action=action.kind)
    elif isinstance(action, k.Answer):
        ops.answered[action.message] = action.fact
    elif action.changes_service:
        spend(world, "changes", price(action))
        world.note(
            "own",
            component_of(action),
            describe(action),
            action=action.kind,
            effective_at_s=world.now_s + action.delay_s,
        )
    else:
        if isinstance(action, k.DifferentialTest):
            spend(world, "changes", price(action))
        world.note("own", "notify", describe(action), action=action.kind)


def take_effect(world: World, item: Pending) -> None:
    """Let one accepted action (or a later step of it) act on the service now."""
    action = k.parse_action(item.message)
    handler = _EFFECTS.get(type(action))
    if handler is not None:
        handler(world, action, item)


def _rollback(world: World, a: k.Rollback, item: Pending) -> None:
    change = world.change(a.change)
    assert change is not None
    if item.step == 0:
        world.ops.undone.add(a.change)
        if a.change == model_change(world):
            world.ops.version = PREVIOUS
            world.sim.change_pool("current", version=PREVIOUS)
        for shock in world.scenario.shocks:
            if getattr(shock, "change", None) != a.change:
                continue
            undo_shock(world, shock)
            if isinstance(shock, ClientRelease):
                # An app store takes its time: the previous release is in use twenty-five minutes later.
                world.later(world.now_s + UNDO_RELEASE_S, item.ordinal, 1, item.message)
        if world.quality is not None:
            modelops.undo(world, a.change)
        world.note(
            "config" if change.kind == "config" else "deploy", change.component, f"rolled back: {change.text}"
        )
    else:
        for shock in world.scenario.shocks:
            if isinstance(shock, ClientRelease) and shock.change == a.change:
                world.ops.built_in.pop(shock.client, None)
                world.push_client(shock.client)


def _shed(world: World, a: k.Shed, item: Pending) -> None:
    for c in world.clients(a.client):
        world.ops.ramp.pop(c, None)
        world.ops.shed[c] = a.share
        world.push_client(c)


def _ramp(world: World, a: k.Ramp, item: Pending) -> None:
    for c in world.clients(a.client):
        if world.ops.shed[c] > 0:
            steps = max(1.0, a.over_s / world.tick_s)
            world.ops.ramp[c] = (world.now_s + a.over_s, world.ops.shed[c] / steps)


def _fall_back(world: World, a: k.FallBack, item: Pending) -> None:
    for c in world.clients(a.client):
        world.ops.fallback[c] = a.share
        world.push_client(c)


def _retry(world: World, client: str, **changed: Any) -> None:
    for c in world.clients(client):
        world.ops.remote[c] = replace(world.ops.remote[c], **changed)
        if c in world.ops.built_in:
            world.note(
                "config", "clients", f"{c}: remote configuration published, not read by the release in use"
            )
        world.push_client(c)


def _restart(world: World, a: k.Restart, item: Pending) -> None:
    everyone = [r.index for r in world.sim.replicas if r.state in ("ready", "draining")]
    if a.how == "all_at_once":
        for r in everyone:
            _restart_one(world, r)
    else:
        world.ops.restart_next = everyone


def _restart_one(world: World, replica: int) -> None:
    """Restart a replica that still serves; since it was asked for it may have gone off or be restarting."""
    if world.sim.replicas[replica].state in ("ready", "draining"):
        world.sim.restart(replica)


def _drain(world: World, a: k.Drain, item: Pending) -> None:
    if world.sim.replicas[a.replica].state == "ready":
        world.sim.drain(a.replica)


def _scale(world: World, a: k.Scale, item: Pending) -> None:
    world.ops.replicas = a.replicas
    world.sim.change_pool("current", replicas=a.replicas)


def _shift(world: World, a: k.ShiftTraffic, item: Pending) -> None:
    share = a.previous_share
    wanted = max(1, round(share * world.ops.replicas)) if share > 0 else 0
    if item.step == 0:
        # A later shift replaces an earlier one that still waits for its replicas.
        world.ops.pending[:] = [p for p in world.ops.pending if p.step == 0 or p.message["kind"] != a.kind]
    if item.step == 0 and wanted > 0:
        world.sim.change_pool("previous", replicas=wanted)
        world.later(world.now_s + world.scenario.config.cold_start_s + 5.0, item.ordinal, 1, item.message)
        return
    # The weights may never add up to nothing: the pool that takes over comes first.
    left = max(1, world.ops.replicas - wanted)
    for pool, weight, replicas in sorted(
        (("previous", share, wanted), ("current", 1.0 - share, left)), key=lambda p: -p[1]
    ):
        world.sim.change_pool(pool, weight=weight, replicas=replicas)


def _prewarm(world: World, a: k.PrewarmCache, item: Pending) -> None:
    world.ops.prewarm_until_s = world.now_s + PREWARM_S


def _repair_telemetry(world: World, a: k.RepairTelemetry, item: Pending) -> None:
    broken_s = world.scenario.blind_from_s
    # A restart mends what is broken, not what will be.
    if a.exporter == "gateway" and world.ops.mended_at_s is None and world.now_s >= (broken_s or 0.0):
        world.ops.mended_at_s = world.now_s
    world.note("config", "metrics", f"exporter of {a.exporter} restarted")


_EFFECTS: dict[type[k.Action], Any] = {
    k.Rollback: _rollback,
    k.ShiftTraffic: _shift,
    k.Shed: _shed,
    k.Ramp: _ramp,
    k.FallBack: _fall_back,
    k.AnswerOnFailure: lambda w, a, _: w.sim.change_gateway(on_failure=a.answer),
    k.Scale: _scale,
    k.Restart: _restart,
    k.Drain: _drain,
    k.SetTimeout: lambda w, a, _: _retry(w, a.client, timeout_s=a.timeout_ms / 1000.0),
    k.SetRetries: lambda w, a, _: _retry(
        w, a.client, max_attempts=a.max_attempts, backoff_s=a.backoff_ms / 1000.0, jitter=a.jitter
    ),
    k.SetRetryBudget: lambda w, a, _: _retry(w, a.client, budget=a.ratio),
    k.SetBatching: lambda w, a, _: w.sim.change_pool(
        "current", max_batch=a.max_batch, max_wait_s=a.max_wait_ms / 1000.0
    ),
    k.SetQueueLimit: lambda w, a, _: w.sim.change_pool("current", queue_limit=a.limit),
    k.PrewarmCache: _prewarm,
    k.RepairTelemetry: _repair_telemetry,
    k.ChangeAlert: lambda w, a, _: w.note(
        "alert", "notify", f"{a.alert}: thresholds times {a.times:g}", alert=a.alert, times=a.times
    ),
    k.SetMemoryLimit: lambda w, a, _: w.sim.change_pool("current", limit_mb=float(a.limit_mb)),
    **modelops.effects(),
}


def component_of(action: k.Action) -> str:
    """Where an action works, for the journal."""
    if isinstance(action, k.SetTimeout | k.SetRetries | k.SetRetryBudget):
        return "clients"
    if isinstance(action, k.Shed | k.Ramp | k.FallBack | k.AnswerOnFailure | k.ShiftTraffic):
        return "gateway"
    if isinstance(action, k.PrewarmCache):
        return "features"
    if isinstance(action, k.RepairTelemetry):
        return "metrics"
    if isinstance(action, k.ChangeAlert):
        return "notify"
    if isinstance(action, k.RerunJob | k.Quarantine):
        return (
            "labels"
            if "labels" in (getattr(action, "job", ""), getattr(action, "source", ""))
            else "features"
        )
    if isinstance(action, k.SetFeature):
        return "features"
    if isinstance(action, k.Retrain | k.Deploy):
        return "deployer"
    return "predict"


def describe(action: k.Action) -> str:
    """An action as the change log writes it."""
    if isinstance(action, k.SubmitPrevention):
        return f"prevention: {'; '.join(r.words for r in action.guardrails) or 'none'}"
    fields = ", ".join(
        f"{name.removesuffix('_ms').removesuffix('_s').replace('_', ' ')} {_shown(name, value)}"
        for name, value in action.model_dump().items()
        if name != "kind" and value is not None
    )
    return f"{action.title.lower()}: {fields}" if fields else action.title.lower()


def _shown(name: str, value: Any) -> str:
    if name.endswith("_ms"):
        return f"{value} ms"
    if name.endswith("_s"):
        return f"{value:g} s"
    if name in ("share", "previous_share", "share_low", "share_high", "sure"):
        return f"{100 * value:g} %"
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
