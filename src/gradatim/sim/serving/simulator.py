"""The serving system in motion: run it, change it, look at it, go back."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gradatim.core.errors import InputError, UnknownName
from gradatim.sim.serving import check, layout, settings, state
from gradatim.sim.serving.layout import World
from gradatim.sim.serving.model import ClientPolicy, GatewaySettings, PoolSettings, Setup

if TYPE_CHECKING:
    from numpy.typing import NDArray

LITTLE_TOLERANCE = 1e-9
STATE = tuple(n for n in World._fields if n not in (*layout.CONSTANT, *layout.RECORDED, "values", "failing"))


class InvariantBroken(RuntimeError):
    """The simulator contradicts a law that holds for every queue. A defect of ours, never the user's."""


@dataclass(frozen=True, slots=True)
class ReplicaView:
    """One replica as it is now. `state` is one of `layout.REPLICA_STATES`."""

    index: int
    pool: int
    state: str
    queue_depth: int
    in_service: int
    memory_mb: float
    slow_factor: float


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """A simulator at one instant. Cheap: state is copied, what was recorded is shared."""

    world: World
    lanes: settings.LaneTable
    clients: tuple[ClientPolicy, ...]
    pools: tuple[PoolSettings, ...]
    gateway: GatewaySettings

    @property
    def now_s(self) -> float:
        """The instant."""
        return float(self.world.core["now"][0])


class Simulator:
    """A serving system under load.

    The same setup, seed and sequence of controls give the same outcome to the bit, however the time
    between the controls is cut into calls of `run`. A control takes effect at `now_s`, after the tick
    that ends there and before any other event of that instant.

    Args:
        setup: what is simulated.
        seed: 0 .. 2**128 - 1.
        oracle: keep all events in one plain heap; slower, same outcome. For tests.

    Raises:
        InputError: the setup makes no sense; all problems are listed.
    """

    def __init__(self, setup: Setup, seed: int, *, oracle: bool = False) -> None:
        from gradatim.sim.serving import kernel

        check.check_setup(setup)
        self._kernel = kernel
        self._oracle = True if oracle else None
        self._lanes = settings.LaneTable()
        self.setup = setup
        self.clients: tuple[ClientPolicy, ...] = tuple(setup.clients)
        self.pools: tuple[PoolSettings, ...] = tuple(setup.pools)
        self.gateway: GatewaySettings = setup.gateway
        self._w = state.allocate(setup, seed)
        self._write_settings()
        self._open_replicas()
        kernel.prime(self._w, self._oracle)

    # ------------------------------------------------------------------ time

    @property
    def now_s(self) -> float:
        """Simulated seconds since the start."""
        return float(self._w.core["now"][0])

    @property
    def n_ticks(self) -> int:
        """Complete ticks so far."""
        return int(self._w.core["n_ticks"][0])

    def run(self, until_s: float) -> None:
        """Advance to `until_s`: every event before it, and the tick that ends there.

        Raises:
            InputError: `until_s` lies in the past or is not finite.
            InvariantBroken: Little's law is checked and does not hold.
        """
        if not (math.isfinite(until_s) and until_s >= self.now_s):
            raise InputError(f"cannot run to {until_s} s", [f"it is {self.now_s} s now"])
        self._w = state.with_ticks(self._w, int(until_s // self.setup.tick_s) + 2)
        self._advance(float(until_s), layout.NO_COMMAND)
        if self.setup.check_little:
            self._check_little()

    def _advance(self, until_s: float, command: int, argument: int = 0) -> None:
        status = self._kernel.advance(self._w, self._oracle, until_s, command, argument)
        while status != layout.FINISHED:
            self._w = state.grown(self._w, status)
            status = self._kernel.advance(self._w, self._oracle, until_s, layout.NO_COMMAND, 0)

    # ------------------------------------------------------------------ controls

    def change_client(self, client: int | str, **fields: Any) -> None:
        """Change settings of a client class from now on (names as in `ClientPolicy`).

        Raises:
            UnknownName: no such class or setting.
            InputError: a value makes no sense; nothing is changed.
        """
        i = _find("client class", client, self.clients)
        clients = _with_item(self.clients, i, _changed(self.clients[i], fields))
        _refuse(check.check_clients(clients))
        self.clients = clients
        self._write_settings()

    def change_pool(self, pool: int | str, **fields: Any) -> None:
        """Change settings of a pool from now on (names as in `PoolSettings`).

        `replicas` starts or drains replicas; `max_replicas` is fixed for good.

        Raises:
            UnknownName: no such pool or setting.
            InputError: a value makes no sense; nothing is changed.
        """
        i = _find("pool", pool, self.pools)
        new = _changed(self.pools[i], fields)
        pools = _with_item(self.pools, i, new)
        problems = check.check_pools(pools, self.setup.n_versions)
        if new.max_replicas != self.pools[i].max_replicas:
            problems.append(f"pool {new.name!r}: max_replicas is fixed at {self.pools[i].max_replicas}")
        _refuse(problems)
        if new.autoscaler is not None and self.pools[i].autoscaler is None:
            self._w.pools[i]["busy_us"] = self._w.pools[i]["ticks"] = 0
        self.pools = pools
        self._write_settings()
        if "replicas" in fields:
            self._w.pools[i]["wanted"] = new.replicas
            self._advance(self.now_s, layout.RECONCILE)

    def change_item_cost(self, per_item_s: float) -> None:
        """An item takes this long from now on, in every pool.

        Raises:
            InputError: the value makes no sense; nothing is changed.
        """
        pools = tuple(replace(p, per_item_s=per_item_s) for p in self.pools)
        _refuse(check.check_pools(pools, self.setup.n_versions))
        self.pools = pools
        self._write_settings()

    def change_gateway(self, **fields: Any) -> None:
        """Change settings of the gateway from now on (names as in `GatewaySettings`)."""
        gateway = _changed(self.gateway, fields)
        _refuse(check.check_gateway(gateway))
        self.gateway = gateway
        self._write_settings()

    def change_values(self, values: NDArray[np.int64]) -> None:
        """From now on answers are worth this; same shape as `Setup.values`, whole micro-dollars."""
        new = np.array(values)
        if new.shape != self._w.values.shape or not np.issubdtype(new.dtype, np.integer):
            raise InputError(
                "the table of values does not fit",
                [f"expected integers of shape {self._w.values.shape}, got {new.dtype} of shape {new.shape}"],
            )
        self._w = self._w._replace(values=new.astype(np.int64))

    def restart(self, replica: int) -> None:
        """Kill a replica: its queue and batches are lost, it is back after `restart_s`."""
        self._must_serve(replica, "restarted")
        self._advance(self.now_s, layout.RESTART, replica)

    def drain(self, replica: int) -> None:
        """Take a replica out of the traffic; it finishes its queue and goes off. Its pool wants one less."""
        self._must_serve(replica, "drained", draining=False)
        self._w.pools[int(self._w.replicas[replica]["pool"])]["wanted"] -= 1
        self._advance(self.now_s, layout.DRAIN, replica)

    def slow(self, replica: int, factor: float) -> None:
        """Batches that start from now on take `factor` times as long on this replica."""
        self._must_exist(replica)
        if not 1e-3 <= factor <= 1e6:
            raise InputError(f"slow factor {factor}", ["it must lie within 0.001 .. 1000000"])
        self._w.replicas[replica]["slow"] = factor

    # ------------------------------------------------------------------ what happened

    @property
    def replicas(self) -> list[ReplicaView]:
        """Every replica that could exist, as it is now."""
        return [
            ReplicaView(
                i, int(r["pool"]), layout.REPLICA_STATES[r["state"]], int(r["queued"]), int(r["busy"]),
                float(r["memory_mb"]), float(r["slow"]),
            )
            for i, r in enumerate(self._w.replicas)
        ]  # fmt: skip

    @property
    def wanted(self) -> tuple[int, ...]:
        """Replicas each pool wants now (the operator's number, or the autoscaler's)."""
        return tuple(int(n) for n in self._w.pools["wanted"])

    @property
    def ticks(self) -> dict[str, NDArray[np.int64]]:
        """Counters and gauges of all complete ticks, by name (`layout.TICK_COLUMNS`); read-only views."""
        table = self._recorded("ticks")
        return {name: table[:, i] for i, name in enumerate(layout.TICK_COLUMNS)}

    def at_tick(self, name: str, i: int) -> int:
        """One counter or gauge of one complete tick."""
        return int(self._w.ticks[i, layout.TICK_COLUMNS.index(name)])

    @property
    def client_ticks(self) -> NDArray[np.int64]:
        """[ticks, clients, 6]: `layout.CLIENT_COLUMNS`."""
        table: NDArray[np.int64] = self._recorded("client_ticks")
        return table

    @property
    def replica_ticks(self) -> NDArray[np.int64]:
        """[ticks, replicas, 5]: `layout.REPLICA_COLUMNS`."""
        table: NDArray[np.int64] = self._recorded("replica_ticks")
        return table

    @property
    def segment_ticks(self) -> NDArray[np.int64]:
        """[ticks, segments, 4]: `layout.SEGMENT_COLUMNS`."""
        table: NDArray[np.int64] = self._recorded("segment_ticks")
        return table

    @property
    def version_ticks(self) -> NDArray[np.int64]:
        """[ticks, versions, 3]: `layout.VERSION_COLUMNS`."""
        table: NDArray[np.int64] = self._recorded("version_ticks")
        return table

    @property
    def latency_hist(self) -> NDArray[np.int32]:
        """[ticks, 96]: ok answers by latency since the first attempt. The last bin is open."""
        table: NDArray[np.int32] = self._recorded("latency_hist")
        return table

    @property
    def latency_edges_s(self) -> NDArray[np.float64]:
        """The 97 edges of the latency bins; the first bin also holds everything faster."""
        return layout.LATENCY_EDGES_S

    def samples(self) -> NDArray[Any]:
        """Full records of the sampled requests (`layout.SAMPLE`), in order of finishing; read-only."""
        view: NDArray[Any] = self._w.samples[: int(self._w.core["n_samples"][0])]
        view.flags.writeable = False
        return view

    def totals(self) -> dict[str, int]:
        """Every counter summed from the start to now, and the requests now in flight."""
        w = self._w
        n = layout.N_COUNTERS
        sums = w.ticks[: self.n_ticks, :n].sum(axis=0) + w.counters
        clients = w.client_now.reshape(-1, layout.CLIENT_STRIDE).sum(axis=0)
        for i, name in enumerate(layout.CLIENT_COLUMNS):
            sums[layout.TICK_COLUMNS.index(name)] += clients[i]
        sums[layout.T_MONEY] += w.segment_now.reshape(-1, layout.SEGMENT_STRIDE)[:, layout.S_MONEY].sum()
        out = {name: int(v) for name, v in zip(layout.TICK_COLUMNS[:n], sums, strict=True)}
        out["in_flight"] = int(w.core["in_flight"][0])
        return out

    @property
    def state_bytes(self) -> int:
        """Size of what a snapshot copies."""
        return sum(getattr(self._w, n).nbytes for n in STATE)

    # ------------------------------------------------------------------ back in time

    def snapshot(self) -> Snapshot:
        """The simulator as it is now."""
        return Snapshot(
            state.copied(self._w, STATE), self._lanes.copy(), self.clients, self.pools, self.gateway
        )

    def restore(self, snapshot: Snapshot) -> None:
        """Go to a snapshot of this simulator, or of one with the same setup and seed.

        What was recorded after it is forgotten; other snapshots stay valid.
        """
        w = state.copied(snapshot.world, STATE)
        kept = {}
        for name in layout.RECORDED:
            rows = int(w.core["n_samples"][0] if name == "samples" else w.core["n_ticks"][0])
            old = getattr(w, name)
            kept[name] = np.zeros_like(old)
            kept[name][:rows] = old[:rows]
        self._w = w._replace(**kept)
        self._lanes = snapshot.lanes.copy()
        self.clients, self.pools, self.gateway = snapshot.clients, snapshot.pools, snapshot.gateway

    # ------------------------------------------------------------------ private

    def _write_settings(self) -> None:
        w = state.with_servers(
            self._w, max(p.slots for p in self.pools), max(p.max_batch for p in self.pools)
        )
        room = int(w.core["queue_room"][0])
        if max(p.queue_limit for p in self.pools) > room and w.replicas["queued"].max() >= room:
            w = state.with_queue(w, 2 * room)
        w, lanes = self._lanes.assign(w, settings.delays(self.clients, self.pools))
        settings.write_clients(w, self.clients, lanes)
        settings.write_pools(w, self.pools, lanes)
        settings.write_gateway(w, self.gateway)
        self._w = w

    def _open_replicas(self) -> None:
        w = self._w
        w.replicas["slow"] = 1.0
        w.replicas["armed"] = w.replicas["ready_at"] = np.inf
        for i, (record, p) in enumerate(zip(w.pools, self.pools, strict=True)):
            first = int(record["first"])
            w.replicas["pool"][first : first + p.max_replicas] = i
            w.replicas["memory_mb"][first : first + p.max_replicas] = p.base_mb
            w.replicas["state"][first : first + p.replicas] = layout.READY
            w.members[first : first + p.replicas] = np.arange(first, first + p.replicas)
            record["n_ready"] = record["wanted"] = p.replicas
            record["scaled_at"] = -np.inf

    def _recorded(self, name: str) -> Any:
        view = getattr(self._w, name)[: self.n_ticks]
        view.flags.writeable = False
        return view

    def _must_exist(self, replica: int) -> None:
        if not 0 <= replica < len(self._w.replicas):
            raise UnknownName("replica", str(replica), [str(i) for i in range(len(self._w.replicas))])

    def _must_serve(self, replica: int, verb: str, *, draining: bool = True) -> None:
        self._must_exist(replica)
        now = int(self._w.replicas[replica]["state"])
        if now != layout.READY and not (draining and now == layout.DRAINING):
            raise InputError(
                f"replica {replica} cannot be {verb}", [f"it is {layout.REPLICA_STATES[now]}, not ready"]
            )

    def _check_little(self) -> None:
        core = self._w.core[0]
        now = float(core["now"])
        live = self._w.slots[self._w.slots["ticket"] >= 0]
        area = float(core["area"] + core["area_lost"]) + int(core["in_flight"]) * (
            now - float(core["area_t"])
        )
        spent = float(core["sojourn"] + core["sojourn_lost"]) + float((now - live["arrived"]).sum())
        if len(live) != core["in_flight"] or abs(area - spent) > LITTLE_TOLERANCE * max(area, spent, 1.0):
            raise InvariantBroken(
                f"Little's law is broken at {now} s: the requests in the system integrate to {area} "
                f"request-seconds, their sojourns add up to {spent} "
                f"({len(live)} in flight, {core['in_flight']} counted)"
            )


def _find(kind: str, wanted: int | str, among: tuple[Any, ...]) -> int:
    names = [x.name for x in among]
    if isinstance(wanted, str) and wanted in names:
        return names.index(wanted)
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        return wanted
    raise UnknownName(kind, str(wanted), names)


def _changed(record: Any, fields: dict[str, Any]) -> Any:
    known = list(record.__dataclass_fields__)
    for name in fields:
        if name not in known:
            raise UnknownName(f"setting of {type(record).__name__}", name, known)
    return replace(record, **fields)


def _with_item(items: tuple[Any, ...], i: int, new: Any) -> tuple[Any, ...]:
    return (*items[:i], new, *items[i + 1 :])


def _refuse(problems: list[str]) -> None:
    if problems:
        raise InputError("this change is not possible", problems)
