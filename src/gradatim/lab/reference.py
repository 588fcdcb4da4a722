"""The players that ship with a lab, and what they come to on an instance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.errors import PolicyError
from gradatim.lab.outcome import Outcome
from gradatim.lab.policy import drive, load_policy, play_isolated
from gradatim.lab.shared import SharedSession
from gradatim.lab.spec import Reference
from gradatim.lab.submission import Step
from gradatim.sim.actions import ACTIONS
from gradatim.sim.actions.kinds import TALK
from gradatim.sim.faults.scenario import FAST

if TYPE_CHECKING:
    from gradatim.lab.lab import Instance

ORACLE = "oracle"
OLDEST = "@oldest"
"""In an inserted roll-back: the oldest change of the calendar, which has nothing to do with anything."""


class Played(NamedTuple):
    """A reference's log and outcome."""

    steps: tuple[Step, ...]
    outcome: Outcome


class Bench:
    """References played on one instance; each at most once."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._played: dict[str, Played] = {}

    def names(self) -> list[str]:
        """Every player: each base followed by what is derived from it, other words first; the oracle last."""
        refs = self.instance.lab.spec.reference
        families = [
            [r.name, *(d.name for d in sorted(refs, key=_changes) if d.base == r.name)]
            for r in refs
            if r.base is None
        ]
        return [name for names in families for name in names] + [ORACLE]

    def play(self, name: str) -> Played:
        """The log and outcome of a reference, or of the oracle."""
        if name not in self._played:
            self._played[name] = self._oracle() if name == ORACLE else self._reference(self._spec(name))
        return self._played[name]

    def put(self, name: str, played: Played) -> None:
        """Use a known result (from the store) instead of playing."""
        self._played[name] = played

    def _spec(self, name: str) -> Reference:
        return next(r for r in self.instance.lab.spec.reference if r.name == name)

    def _reference(self, ref: Reference) -> Played:
        if ref.base is not None:
            steps = changed(self.play(ref.base).steps, ref, self.instance)
            return Played(steps, self.instance.timeline.run(steps))
        assert ref.file is not None
        path = self.instance.lab.folder / "references" / ref.file
        session = SharedSession(self.instance)
        if ref.isolated:
            try:
                play_isolated(session, path)
            except PolicyError:
                session.steps.clear()
            steps = tuple(session.steps)
            return Played(steps, self.instance.timeline.run(steps))
        drive(session, load_policy(path), look=session.glance)
        return Played(tuple(session.steps), session.finish())

    def _oracle(self) -> Played:
        scenario = self.instance.lab.live.scenario(self.instance.seed, self.instance.family)
        best: Played | None = None
        for plan in self.instance.lab.live.oracle_plans(scenario, self.instance.seed):
            steps = tuple(Step(round(t * 1000), a) for t, a in plan)
            outcome = self.instance.timeline.run(steps)
            if best is None or outcome.loss_micro < best.outcome.loss_micro:
                best = Played(steps, outcome)
        assert best is not None
        return best


def changed(steps: tuple[Step, ...], ref: Reference, instance: Instance) -> tuple[Step, ...]:
    """A log delayed, thinned or added to, as the reference says. Times stay inside the shift."""
    end_ms = round(instance.pace.horizon_s * 1000) - 1
    # A delay is told for a shift of hours; where ticks are longer, so is being late.
    late_ms = round(ref.delay_s * 1000 * instance.pace.tick_s / FAST.tick_s)
    out = [Step(min(s.t_ms + late_ms, end_ms), s.action) for s in steps if s.action["kind"] not in ref.drop]
    for extra in ref.insert:
        after, delay = str(extra["after"]), float(str(extra["delay_s"]))
        at = _moment(out, after)
        if at is not None:
            action: dict[str, Any] = dict(extra["action"])  # type: ignore[call-overload]
            if action.get("change") == OLDEST:
                action["change"] = instance.timeline.world.changes[0].id
            out.append(Step(min(at + round(delay * 1000), end_ms), action))
    return tuple(sorted(out, key=lambda s: s.t_ms))


def _changes(ref: Reference) -> bool:
    """Whether a derived log changes the service otherwise than its base, so that it has to be simulated."""
    kinds = {*ref.drop, *(e["action"]["kind"] for e in ref.insert)}  # type: ignore[index]
    return ref.delay_s > 0 or not kinds <= TALK


def _moment(steps: list[Step], after: str) -> int | None:
    """The time of the first action of a kind; `last_change` is the last action that changed the service."""
    if after == "last_change":
        times = [s.t_ms for s in steps if ACTIONS[s.action["kind"]].changes_service]
        return times[-1] if times else _moment(steps, "acknowledge")
    return next((s.t_ms for s in steps if s.action["kind"] == after), None)


def named(step: Step) -> dict[str, Any]:
    """A step as the debrief shows it."""
    return {"t_s": step.t_ms / 1000.0, "action": step.action}
