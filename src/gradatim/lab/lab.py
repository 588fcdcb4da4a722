"""A lab, an instance of it, and its pure function from submission to outcome."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import InputError, UnknownName, VersionMismatch
from gradatim.lab.outcome import Outcome
from gradatim.lab.score import Scorecard, regret, stakes
from gradatim.lab.spec import Hint, LabSpec, load_hints
from gradatim.lab.submission import Submission
from gradatim.sim.faults.scenario import Pace

if TYPE_CHECKING:
    from gradatim.lab.live import LiveSession
    from gradatim.lab.protocol import LiveLab
    from gradatim.lab.replay import Timeline

MAX_SEED = (1 << 128) - 1


@dataclass(frozen=True)
class Lab:
    """A lab folder, loaded. `digest` identifies everything that decides its outcomes."""

    spec: LabSpec
    folder: Path
    module: ModuleType
    digest: str

    @property
    def id(self) -> str:
        """The lab's id."""
        return self.spec.id

    @cached_property
    def live(self) -> LiveLab:
        """The lab's own code."""
        code: LiveLab = self.module.LAB
        return code

    @cached_property
    def hints(self) -> tuple[Hint, ...]:
        """Hints in order."""
        return load_hints(self.folder)

    def text(self, name: str) -> str:
        """A Markdown file of the lab."""
        return (self.folder / name).read_text(encoding="utf-8")

    def check(self, seed: object, family: str | None) -> None:
        """Refuse what names no instance.

        Raises:
            InputError: the seed is not a whole number in 0 .. 2**128 - 1.
            UnknownName: no such family in this lab.
        """
        if not isinstance(seed, int) or isinstance(seed, bool) or not 0 <= seed <= MAX_SEED:
            raise InputError(f"seed {seed!r} is not a whole number from 0 to 2**128 - 1", where="seed")
        if family is not None and family not in (*self.spec.families, self.spec.quiet):
            raise UnknownName("fault family", family, self.spec.families)

    def check_version(self, version: str, digest: str) -> None:
        """Refuse another version of what decides an outcome. Raises VersionMismatch."""
        if digest != self.digest:
            raise VersionMismatch(
                f"made with version {version} ({digest[:8]}), this is {self.spec.version} ({self.digest[:8]})",
                where=f"lab {self.id}",
                why="another version of the lab or simulator decides another outcome",
                next="install the version that made it, or start a new attempt",
            )

    def instance(self, seed: int, family: str | None = None) -> Instance:
        """One seed's world. Raises as `check` does."""
        self.check(seed, family)
        return Instance(self, seed, family)


@dataclass(frozen=True)
class Instance:
    """A lab with a seed. Same seed, same world, to the bit."""

    lab: Lab
    seed: int
    chosen_family: str | None = None

    @cached_property
    def family(self) -> str:
        """The family that this instance belongs to: chosen, or drawn by the seed."""
        return self.chosen_family or self.lab.live.family_of(self.seed)

    @cached_property
    def pace(self) -> Pace:
        """Where its shift begins and ends, and its tick."""
        return self.lab.live.scenario(self.seed, self.family).pace

    def live(self) -> LiveSession:
        """A session on a fresh world of this instance."""
        from gradatim.lab.live import LiveSession

        return LiveSession(self)

    @cached_property
    def timeline(self) -> Timeline:
        """The replayer of this instance, with its snapshots."""
        from gradatim.lab.replay import Timeline

        return Timeline(self)

    def judge(self, submission: Submission | dict[str, Any]) -> Outcome:
        """The outcome of a submission: a pure function of (lab version, seed, submission).

        Raises:
            InputError: the submission is malformed or belongs to another instance.
        """
        sub = Submission.parse(submission) if isinstance(submission, dict) else submission
        sub.check_belongs(self)
        return self.timeline.run(sub.actions)

    def score(self, submission: Submission | dict[str, Any]) -> Scorecard:
        """The outcome beside the senior and the skill-free players, who are played here: about ten seconds.

        Raises:
            InputError, VersionMismatch: as `judge`.
        """
        from gradatim.core.money import micro
        from gradatim.lab.reference import Bench

        outcome = self.judge(submission)
        refs, bench = self.lab.spec.reference, Bench(self)
        senior = next(r.name for r in refs if r.kind == "senior")
        free = {
            r.name: bench.play(r.name).outcome.loss_micro
            for r in refs
            if r.kind in ("skill_free", "computed")
        }
        at = stakes(
            bench.play(senior).outcome.loss_micro, list(free.values()), micro(self.lab.spec.usual_stakes_usd)
        )
        return Scorecard(outcome, regret(outcome.loss_micro, at), at, free)
