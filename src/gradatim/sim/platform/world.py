"""The simulated platform as one object with a clock.

`World` owns a serving simulator, the operator state and the shocks of its scenario. Time moves only by
`advance`. At whole ticks the control plane steps (feature cache, ramps, rolling restarts, slow-downs); actions
take effect at their own simulated time in between. A world is a pure function of (scenario, seed, actions with
their times): the way time is cut into advances changes nothing.
"""

from __future__ import annotations

import bisect
import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gradatim.core.streams import Stream
from gradatim.sim.actions.kinds import parse_action
from gradatim.sim.faults.scenario import (
    Change,
    ClientRelease,
    CounterFault,
    DataFault,
    DemandSurge,
    LabelFault,
    QueueLimitChange,
    Scenario,
    SlowFleet,
)
from gradatim.sim.platform import modelops, operate
from gradatim.sim.platform import quality as models
from gradatim.sim.platform.cache import CacheSettings, FeatureCache
from gradatim.sim.platform.counters import counted
from gradatim.sim.platform.monitors import Monitors
from gradatim.sim.platform.ops import Done, Ops, Pending
from gradatim.sim.platform.setup import (
    GOOD_S,
    MAX_REPLICAS,
    PRICES,
    START_HOUR,
    build,
    client_policy,
)
from gradatim.sim.platform.vocabulary import AIRPORTS, CLIENTS, DAYS_VERSIONS, HOURS_VERSIONS
from gradatim.sim.telemetry.record import Event, Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

CONTROL_SERIES = (
    "feature_hit_rate",
    "feature_lookup_ms",
    "feature_store_misses_per_s",
    "feature_store_answered_share",
    "desired_replicas",
    "shed_share",
    "fallback_share",
    "queue_limit",
    "host_steal_pct",
)


class Receipt(NamedTuple):
    """What became of an action. A refused action changes nothing."""

    accepted: bool
    reason: str
    effective_at_s: float


class Snapshot(NamedTuple):
    """A world at one moment; cheap, and independent of what happens later."""

    now_s: float
    sim: Any
    ops: Ops
    journal: tuple[Event, ...]
    control: NDArray[np.float64]


class World:
    """One instance of the platform.

    Args:
        scenario: what happens, drawn by a fault family.
        seed: keys all chance.
        start_s: where the operator's shift begins; earlier seconds are history.
        horizon_s: the end; the clock never passes it.
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        start_s: float | None = None,
        horizon_s: float | None = None,
    ) -> None:
        self.scenario, self.seed = scenario, seed
        self.tick_s = scenario.pace.tick_s
        self.start_s = scenario.pace.start_s if start_s is None else start_s
        self.horizon_s = horizon_s = scenario.pace.horizon_s if horizon_s is None else horizon_s
        built = build(scenario, seed, horizon_s)
        self.sim, self.window, self.quality = built.sim, built.window, built.quality
        self.monitors = None if self.quality is None else Monitors(self.quality, round(horizon_s / 3600.0))
        self.versions = HOURS_VERSIONS if self.quality is None else DAYS_VERSIONS
        cfg = scenario.config
        self.ops = Ops(
            remote=dict(cfg.clients),
            cache=FeatureCache(CacheSettings(store_capacity_per_s=cfg.store_capacity_per_s)),
            replicas=cfg.replicas,
            serving=None if self.quality is None else models.Serving(),
        )
        self.epoch = dt.datetime.combine(self.window.date, dt.time(START_HOUR))
        self.changes = operate.change_calendar(self)
        self.journal: list[Event] = []
        self.control: NDArray[np.float64] = np.zeros((round(horizon_s / self.tick_s), len(CONTROL_SERIES)))
        self.n_control = 0
        self._steps = self._script()
        self.now_s = 0.0
        self._stream = Stream(seed, "platform")
        if self.quality is not None:
            modelops.refresh(self)
        for shock in scenario.shocks:
            if shock.at_s <= 0 and isinstance(shock, ClientRelease | QueueLimitChange | DataFault):
                operate.apply_shock(self, shock)
        self.advance(self.start_s)

    def _script(self) -> list[tuple[float, Any]]:
        """(time, shock or end of a shock) in order; times are whole seconds inside the instance."""
        steps: list[tuple[float, Any]] = []
        for shock in self.scenario.shocks:
            if isinstance(shock, SlowFleet):
                steps += [(shock.at_s, shock), (shock.until_s, SlowFleet(shock.until_s, shock.until_s, 1.0))]
            elif shock.at_s > 0 and not isinstance(shock, DemandSurge | CounterFault | LabelFault):
                steps.append((shock.at_s, shock))
        return sorted(steps, key=lambda s: s[0])

    # ------------------------------------------------------------------ time
    def advance(self, to_s: float) -> None:
        """Move the clock to `to_s` (never back, never past the horizon)."""
        to_s = min(to_s, self.horizon_s)
        while self.now_s < to_s:
            tick_at = (self.n_control + 1) * self.tick_s
            pending_at = self.ops.pending[0].at_s if self.ops.pending else np.inf
            script_at = next((t for t, _ in self._steps if t > self.now_s), np.inf)
            at = min(tick_at, pending_at, script_at, to_s)
            self.sim.run(at)
            self.now_s = at
            # One order for what falls on the same instant: the world, then the operators, then the tick.
            for t, shock in self._steps:
                if t == at:
                    operate.apply_shock(self, shock)
            while self.ops.pending and self.ops.pending[0].at_s <= at:
                item = self.ops.pending.pop(0)
                operate.take_effect(self, item)
            if at == tick_at:
                self._tick()

    def _tick(self) -> None:
        """The control plane's step."""
        ops, i = self.ops, self.n_control
        if self.quality is None:
            items = float(self.sim.at_tick("batch_items", i))
            prewarm = 0.0016 if self.now_s <= ops.prewarm_until_s else 0.0
            ops.cache.step(items / self.tick_s, self.tick_s, prewarm)
        operate.step_ramps(self)
        operate.step_restarts(self)
        operate.price_fleet(self)
        self.control[i] = (
            ops.cache.hit_rate,
            ops.cache.lookup_ms,
            ops.cache.misses_per_s,
            ops.cache.filled_share,
            ops.replicas,
            _mean(ops.shed),
            _mean(ops.fallback),
            self.sim.pools[0].queue_limit,
            operate.host_steal_pct(self),
        )
        self.n_control += 1
        operate.set_speed(self)

    # ------------------------------------------------------------------ operators
    def act(self, message: Any) -> Receipt:
        """Take an action now. Refusals say why and change nothing.

        Raises:
            InputError, UnknownName: the message is malformed.
        """
        action = parse_action(message)
        reason = operate.refusal(self, action)
        if reason:
            return Receipt(False, reason, self.now_s)
        at = self.now_s + action.delay_s
        ordinal = len(self.ops.done)
        plain = action.model_dump()
        self.ops.done.append(Done(ordinal, self.now_s, at, plain))
        operate.accept(self, action, ordinal)
        if action.delay_s > 0:
            bisect.insort(self.ops.pending, Pending(at, ordinal, 0, plain), key=lambda p: p[:3])
        return Receipt(True, "", at)

    def later(self, at_s: float, ordinal: int, step: int, message: dict[str, Any]) -> None:
        """A later step of an action that has several."""
        bisect.insort(self.ops.pending, Pending(at_s, ordinal, step, message), key=lambda p: p[:3])

    def note(self, kind: str, component: str, text: str, **data: Any) -> None:
        """Write one line to the journal that operators can read."""
        self.journal.append(Event(self.now_s, kind, component, text, data))

    def change(self, change_id: str) -> Change | None:
        """A change of the calendar that has happened by now."""
        return next((c for c in self.changes if c.id == change_id and c.at_s <= self.now_s), None)

    def clients(self, scope: str) -> tuple[str, ...]:
        """The client classes a scope names."""
        return CLIENTS if scope == "all" else (scope,)

    def push_client(self, client: str) -> None:
        """Give the kernel the policy a client follows now."""
        policy = client_policy(
            client,
            self.ops.policy(client),
            admit=1.0 - self.ops.shed[client],
            fallback=self.ops.fallback[client],
        )
        fields = {
            name: getattr(policy, name)
            for name in (
                "timeout_s",
                "max_attempts",
                "backoff_s",
                "jitter",
                "retry_budget",
                "admit_share",
                "fallback_share",
            )
        }
        self.sim.change_client(client, **fields)

    # ------------------------------------------------------------------ views
    def record(self) -> Record:
        """What telemetry may look at now: views, no copies."""
        sim, n = self.sim, self.n_control
        cfg = self.scenario.config
        ticks, latency_hist = counted(
            self.scenario, sim.ticks, sim.latency_hist, self.ops.mended_at_s, self.tick_s
        )
        return Record(
            seed=self.seed,
            epoch=self.epoch,
            start_s=self.start_s,
            horizon_s=self.horizon_s,
            tick_s=self.tick_s,
            now_s=self.now_s,
            ticks=ticks,
            client_names=CLIENTS,
            client_ticks=sim.client_ticks,
            replica_ticks=sim.replica_ticks,
            segment_names=AIRPORTS,
            segment_ticks=sim.segment_ticks,
            version_names=self.versions,
            version_ticks=sim.version_ticks,
            latency_hist=latency_hist,
            latency_edges_s=sim.latency_edges_s,
            samples=sim.samples(),
            control={name: self.control[:n, k] for k, name in enumerate(CONTROL_SERIES)},
            journal=tuple(self.journal),
            monitors=None if self.monitors is None else self._monitored,
            facts={
                "good_s": GOOD_S,
                "client_timeout_s": cfg.clients["web"].timeout_s,
                "max_attempts": float(cfg.clients["web"].max_attempts),
                "usual_requests_per_s": 112.0 if self.quality is None else cfg.base_rate_per_s,
                "queue_limit": float(cfg.queue_limit),
                **PRICES,
                **({} if self.quality is None else {"value_good_usd": self.quality.usual_usd}),
                "quota_replicas": float(MAX_REPLICAS),
                "replica_usd_per_h": operate.REPLICA_USD_PER_H,
            },
        )

    def service(self) -> dict[str, Any]:
        """The service as an operator sees it: settings in force, wanted and ready replicas."""
        ops, pool, n = self.ops, self.sim.pools[0], self.n_control
        ready = int(self.sim.ticks["ready"][n - 1]) if n else ops.replicas
        return {
            "model": self.versions[ops.version],
            **self._models(),
            "replicas_wanted": ops.replicas,
            "replicas_ready": ready,
            "replica_quota": MAX_REPLICAS,
            "queue_limit": pool.queue_limit,
            "max_batch": pool.max_batch,
            "max_wait_ms": round(pool.max_wait_s * 1000),
            "answer_on_failure": self.sim.gateway.on_failure,
            "clients": {
                c: {
                    "remote_timeout_ms": round(ops.remote[c].timeout_s * 1000),
                    "remote_max_attempts": ops.remote[c].max_attempts,
                    "remote_backoff_ms": round(ops.remote[c].backoff_s * 1000),
                    "remote_retry_budget": ops.remote[c].budget,
                    "shed_share": round(ops.shed[c], 3),
                    "fallback_share": ops.fallback[c],
                }
                for c in CLIENTS
            },
            "declared_over": ops.declared_at_s is not None,
        }

    def _monitored(self) -> NDArray[np.float64]:
        assert self.monitors is not None
        return self.monitors.upto(self, int(self.now_s // 3600.0))

    def _models(self) -> dict[str, Any]:
        if self.ops.serving is None:
            return {}
        return {
            "versions": list(modelops.registered(self)),
            "features": dict(self.ops.serving.modes),
            "quarantined": {
                s: round((self.now_s - t) / 3600.0, 1) for s, t in self.ops.serving.quarantined.items()
            },
        }

    # ------------------------------------------------------------------ rewinding
    def snapshot(self) -> Snapshot:
        """The whole state now."""
        return Snapshot(
            self.now_s,
            self.sim.snapshot(),
            self.ops.copy(),
            tuple(self.journal),
            self.control[: self.n_control].copy(),
        )

    def restore(self, snap: Snapshot) -> None:
        """Go back to `snap`. The snapshot stays usable."""
        self.sim.restore(snap.sim)
        self.ops = snap.ops.copy()
        self.journal = list(snap.journal)
        # A new table: views that were given out keep what they showed.
        self.control = np.zeros_like(self.control)
        self.n_control = len(snap.control)
        self.control[: self.n_control] = snap.control
        self.now_s = snap.now_s
        if self.monitors is not None:
            self.monitors.forget()


def _mean(shares: dict[str, float]) -> float:
    total = 0.0
    for client in CLIENTS:
        total += shares[client]
    return total / len(CLIENTS)
