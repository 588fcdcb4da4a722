"""What faults and operators do to the models and data of a slow instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradatim.sim.actions import kinds as k
from gradatim.sim.faults.scenario import DataFault, ModelRelease, NightlyRetrain
from gradatim.sim.flights.state import COLUMNS, State
from gradatim.sim.flights.window import BLOCK_S
from gradatim.sim.flights.year import ORIGINS
from gradatim.sim.platform.quality import BREAK_EVEN_LOG_ODDS, UPSTREAM_MEND_S, Fitted, Quality, Serving
from gradatim.sim.platform.vocabulary import CURRENT, DAYS_VERSIONS, FIRST_FIT, PREVIOUS
from gradatim.sim.telemetry.series_model import METRICS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gradatim.sim.platform.ops import Pending
    from gradatim.sim.platform.world import World

FIT_USD, JOB_USD, TEST_USD = 300.0, 60.0, 60.0
FULL = f"the registry takes {len(DAYS_VERSIONS) - FIRST_FIT} retrained versions a week, and is full"
NOT_HERE = "data, jobs and models are frozen during this shift: it is too short for them"


def parts(world: World) -> tuple[Quality, Serving]:
    """The two halves of the model side. The world must be slow."""
    assert world.quality is not None
    assert world.ops.serving is not None
    return world.quality, world.ops.serving


def refresh(world: World) -> None:
    """Give the kernel what answers are worth from now on, and note what serves."""
    quality, serving = parts(world)
    now = (world.ops.version, quality.state(serving, world.ops.version))
    world.sim.change_values(quality.table(serving, (world.ops.version, world.sim.pools[1].version)))
    if not serving.since or serving.since[-1][1:] != now:
        serving.since.append((world.now_s, *now))


def happen(world: World, shock: DataFault | NightlyRetrain | ModelRelease) -> None:
    """Let a shock of the model side happen now."""
    _, serving = parts(world)
    if isinstance(shock, DataFault):
        serving.faults.add(shock.name)
    elif isinstance(shock, NightlyRetrain):
        if "labels" in serving.quarantined:
            world.note("deploy", "deployer", "nightly retrain held: labels are quarantined")
            return
        version = _fit(world, "recent")
        if version is None:
            world.note("deploy", "deployer", f"nightly retrain: {FULL}")
        else:
            serve(world, version)
    refresh(world)


def undo(world: World, change: str) -> None:
    """Take back what a change brought to data or models."""
    _, serving = parts(world)
    for shock in world.scenario.shocks:
        if getattr(shock, "change", None) != change:
            continue
        if isinstance(shock, DataFault) and not shock.blocks:
            serving.faults.discard(shock.name)
        elif isinstance(shock, NightlyRetrain):
            serve(world, CURRENT)
    refresh(world)


def serve(world: World, version: int) -> None:
    """A version takes all traffic of the current pool."""
    world.ops.version = version
    world.sim.change_pool("current", version=version)
    world.sim.change_pool("previous", version=PREVIOUS if version == CURRENT else CURRENT)


def _fit(world: World, rows: str) -> int | None:
    """Register a fit; its version number, None when the registry takes no more."""
    _, serving = parts(world)
    if FIRST_FIT + len(serving.fits) >= len(DAYS_VERSIONS):
        return None
    quarantined, since = tuple(sorted(serving.quarantined.items())), tuple(serving.since)
    serving.fits.append(Fitted(world.now_s, rows, quarantined, since, serving.labels_mended_s))
    return FIRST_FIT + len(serving.fits) - 1


def registered(world: World) -> tuple[str, ...]:
    """Versions that can be deployed now."""
    if world.ops.serving is None:
        return ()
    released = any(isinstance(s, ModelRelease) and s.at_s <= world.now_s for s in world.scenario.shocks)
    fits = DAYS_VERSIONS[FIRST_FIT : FIRST_FIT + len(world.ops.serving.fits)]
    return (*DAYS_VERSIONS[: 3 if released else 2], *fits)


def upstream_well(world: World, fault: DataFault) -> bool:
    """Does the source of a fault deliver good rows now?"""
    return fault.upstream_until_s <= world.now_s or _woken(world, fault.at_s)


def _woken(world: World, fault_s: float) -> bool:
    """Whether the data team was paged since a fault began, long enough ago to have mended its source."""
    _, serving = parts(world)
    return any(fault_s <= t and t + UPSTREAM_MEND_S <= world.now_s for t in serving.paged_s)


# ---------------------------------------------------------------------- actions
def refusal(world: World, action: k.Action) -> str:
    """Why an action on data or models cannot be taken now."""
    if not isinstance(
        action, k.RerunJob | k.SetFeature | k.Quarantine | k.Retrain | k.Deploy | k.DifferentialTest
    ):
        return ""
    if world.quality is None or world.ops.serving is None:
        return NOT_HERE
    if isinstance(action, k.Retrain):
        waiting = sum(p.message["kind"] == "retrain" for p in world.ops.pending)
        if len(world.ops.serving.fits) + waiting >= len(DAYS_VERSIONS) - FIRST_FIT:
            return FULL
    if isinstance(action, k.Deploy):
        names = registered(world)
        if action.version not in names:
            return f"{action.version} is not registered; there are {', '.join(names)}"
        if DAYS_VERSIONS.index(action.version) == world.ops.version:
            return f"{action.version} serves already"
    if isinstance(action, k.SetFeature):
        if action.mode == world.ops.serving.modes[action.features]:
            return f"{action.features} is {action.mode} already"
        if action.mode == "last_good" and action.features not in ("weather", "congestion"):
            return f"{action.features} has no history to serve: live or missing"
    return ""


def price(action: k.Action) -> float:
    """Dollars on top of the review of a change."""
    if isinstance(action, k.Retrain):
        return FIT_USD
    return JOB_USD if isinstance(action, k.RerunJob) else 0.0


def rerun(world: World, a: k.RerunJob, item: Pending) -> None:
    """Read the source again from the beginning of the week; good rows replace what is there."""
    quality, serving = parts(world)
    if a.job == "labels":
        faults = [f for f in quality.label_faults if f.kind == "zero" and f.at_s <= world.now_s]
        well = all(f.until_s <= world.now_s or _woken(world, f.at_s) for f in faults)
        if faults and well and serving.labels_mended_s is None:
            serving.labels_mended_s = world.now_s
        world.note("config", "labels", "label join re-run: ended" + ("" if well else ", source unchanged"))
        return
    for fault in quality.data_faults:
        if fault.job != a.job or fault.name not in serving.faults:
            continue
        if fault.blocks and fault.change not in world.ops.undone:
            world.note("config", "features", f"{a.job} job re-run: failed, write refused by the store")
            return
        if not upstream_well(world, fault):
            world.note("config", "features", f"{a.job} job re-run: ended, source unchanged")
            return
        serving.faults.discard(fault.name)
    world.note("config", "features", f"{a.job} job re-run: ended, table replaced")
    refresh(world)


def set_feature(world: World, a: k.SetFeature, item: Pending) -> None:
    """Serve a group live, as missing, or as it was at the same hour of the last validated day."""
    parts(world)[1].modes[a.features] = a.mode
    refresh(world)


def quarantine(world: World, a: k.Quarantine, item: Pending) -> None:
    """Rows of a source that hold an error code are neither served nor trained on."""
    parts(world)[1].quarantined.setdefault(a.source, world.now_s - 3600.0 * a.hours_back)
    refresh(world)


def retrain(world: World, a: k.Retrain, item: Pending) -> None:
    """Fit on what is visible now and register the result; it serves nothing yet."""
    quality, serving = parts(world)
    version = _fit(world, a.rows)
    if version is None:
        world.note("deploy", "deployer", f"retrain: {FULL}")
        return
    made = quality.fitted(serving.fits[-1])
    world.note(
        "deploy", "deployer",
        f"{DAYS_VERSIONS[version]} registered: {made.rows:,} rows, offline AUC {made.auc:.3f}, "
        f"predicted {made.predicted_pct:.1f} % against {made.late_pct:.1f} % late",
    )  # fmt: skip


def deploy(world: World, a: k.Deploy, item: Pending) -> None:
    """A registered version takes all traffic."""
    serve(world, DAYS_VERSIONS.index(a.version))
    refresh(world)


def paged(world: World, team: str) -> None:
    """Another team's on-call mends what is theirs and wrong by now."""
    if world.ops.serving is not None and team == "data":
        world.ops.serving.paged_s.append(world.now_s)


def turned(world: World) -> NDArray[np.int64]:
    """int64[hours]: thousandths of the answers of each hour that are not what they are when all is well."""
    quality, serving = parts(world)
    sample = quality.sample
    per, hours = 6, len(sample) // 6
    # A state holds from the block in which it began.
    starts = [round(t // BLOCK_S) for t, _, _ in serving.since] + [len(sample)]
    usual = quality.log_odds(CURRENT, ()) > BREAK_EVEN_LOG_ODDS
    changed = np.zeros(len(sample), dtype=np.int64)
    for (_, version, state), first, last in zip(serving.since, starts, starts[1:], strict=False):
        if last > first:
            now = answers(world, version, state) > BREAK_EVEN_LOG_ODDS
            rows = sample[first:last]
            changed[first:last] = (now[rows] != usual[rows]).sum(axis=1)
    total = changed[: hours * per].reshape(hours, per).sum(axis=1)
    return np.asarray(1000 * total // (per * sample.shape[1]), dtype=np.int64)


def test(world: World, a: k.DifferentialTest, item: Pending) -> None:
    """The result is that of the moment at which the test ends."""
    parts(world)[1].tests[item.ordinal] = test_summary(world)


def breached_s(world: World) -> int | None:
    """When a model monitor had been out of its band for two hours running: when the page comes."""
    if world.monitors is None:
        return None
    before = False
    for hour in range(round(world.start_s / 3600.0), int(world.now_s // 3600.0)):
        out = bool(world.monitors.upto(world, hour + 1)[hour, 0, METRICS.index("out")] > 0.0)
        if out and before:
            return (hour + 1) * 3600
        before = out
    return None


def answers(world: World, version: int, state: State) -> NDArray[np.float64]:
    """float64[n_items]: log-odds of a version in a state, fitted ones too."""
    quality, serving = parts(world)
    if version < FIRST_FIT:
        return quality.log_odds(version, state)
    key = serving.fits[version - FIRST_FIT]
    return quality.log_odds(version, state, quality.fitted(key), key)


def test_summary(world: World) -> str:
    """What the differential test found, as a message."""
    quality, serving = parts(world)
    stored = {"code", "frozen"}
    state = quality.state(serving, world.ops.version)
    seen = tuple(a for a in state if a.kind not in stored)
    rows = np.unique(quality.sample[_last_hour(world, quality)])
    then = tuple(a for a in state if a.kind in stored)
    a = answers(world, world.ops.version, state)[rows] > BREAK_EVEN_LOG_ODDS
    b = answers(world, world.ops.version, then)[rows] > BREAK_EVEN_LOG_ODDS
    parts_of = []
    for group, shares in differs(world, seen, rows).items():
        worst = {name: share for name, share in shares.items() if share >= 0.005}
        if worst:
            own = any(
                f.version == world.ops.version
                and f.name in serving.faults
                and group in {a.group for a in f.state}
                for f in quality.data_faults
            )
            against = (
                f" (against {DAYS_VERSIONS[world.ops.version]}'s training set; {DAYS_VERSIONS[CURRENT]}'s agrees)"
                if own
                else ""
            )
            parts_of.append(
                f"{group}: " + ", ".join(f"{100 * s:.0f} % of {n}" for n, s in worst.items()) + against
            )
    found = "; ".join(parts_of) or "no value differs"
    return (
        f"{len(rows):,} rows of the last hour, as served against the training definition computed from the store: "
        f"{found}. Answers that turn over: {100 * float((a != b).mean()):.1f} %. "
        "What is wrong or old in the store itself is the same on both sides."
    )


def _last_hour(world: World, quality: Quality) -> slice:
    block = int(world.now_s // BLOCK_S)
    return slice(max(0, block - 6), max(1, block))


def differs(world: World, state: State, rows: NDArray[Any]) -> dict[str, dict[str, float]]:
    """Share of `rows`, by feature group and airport, whose value in `state` is not the usual one."""
    quality, _ = parts(world)
    served, own = quality.features(state)[rows], quality.features(())[rows]
    changed = ~((served == own) | (np.isnan(served) & np.isnan(own)))
    origin = quality.window.items.origin[rows]
    out: dict[str, dict[str, float]] = {}
    for group, columns in COLUMNS.items():
        any_of = changed[:, list(columns)].any(axis=1)
        out[group] = {
            name: float(any_of[origin == i].mean()) if (origin == i).any() else 0.0
            for i, name in enumerate(ORIGINS)
        }
    return out


def effects() -> dict[type[k.Action], Any]:
    """Action type -> what it does when it takes effect."""
    return {
        k.RerunJob: rerun,
        k.SetFeature: set_feature,
        k.Quarantine: quarantine,
        k.Retrain: retrain,
        k.Deploy: deploy,
        k.DifferentialTest: test,
    }
