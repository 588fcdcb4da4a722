"""A submission of a live lab: the log of actions, each with its simulated time in whole milliseconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from gradatim.core.canonical import digest
from gradatim.core.errors import GradatimError, InputError
from gradatim.sim.actions import parse_action

if TYPE_CHECKING:
    from gradatim.lab.lab import Instance

FORMAT = 1
MAX_ACTIONS = 2000


class Step(NamedTuple):
    """One logged action."""

    t_ms: int
    action: dict[str, Any]


@dataclass(frozen=True)
class Submission:
    """What a learner hands in for a live lab."""

    lab: str
    version: str
    digest: str
    seed: int
    family: str | None
    actions: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON form. The seed is text: JSON readers lose integers beyond 2**53."""
        return {
            "format": FORMAT,
            "lab": self.lab,
            "version": self.version,
            "digest": self.digest,
            "seed": str(self.seed),
            "family": self.family,
            "actions": [{"t_ms": s.t_ms, "action": s.action} for s in self.actions],
        }

    @property
    def fingerprint(self) -> str:
        """Digest of the canonical submission."""
        return digest(self.as_dict())

    @classmethod
    def parse(cls, data: Any) -> Submission:
        """A submission from JSON; every problem at once.

        Raises:
            InputError: malformed.
        """
        problems: list[str] = []
        if not isinstance(data, dict):
            raise InputError("a submission is a JSON object", next="gradatim lab submit --help")
        if data.get("format") != FORMAT:
            problems.append(f"format: {data.get('format')!r}, this version reads {FORMAT}")
        text = {k: data.get(k) for k in ("lab", "version", "digest")}
        problems += [f"{k}: missing or not text" for k, v in text.items() if not isinstance(v, str)]
        family = data.get("family")
        if family is not None and not isinstance(family, str):
            problems.append("family: not text")
        seed = data.get("seed")
        if not (isinstance(seed, str) and seed.isascii() and seed.isdigit() and len(seed) <= 39):
            problems.append("seed: not a decimal number as text")
            seed = "0"
        steps = _steps(data.get("actions"), problems)
        if problems:
            raise InputError("the submission is malformed", problems[:50], next="gradatim lab submit --help")
        return cls(
            str(text["lab"]), str(text["version"]), str(text["digest"]), int(seed), family, tuple(steps)
        )

    def check_belongs(self, instance: Instance) -> None:
        """Refuse a submission of another lab, version or seed.

        Raises:
            InputError: other lab or seed, or a time outside the shift.
            VersionMismatch: another version of what decides the outcome.
        """
        lab = instance.lab
        problems = []
        if self.lab != lab.id:
            problems.append(f"lab: {self.lab}, this is {lab.id}")
        if self.seed != instance.seed or self.family != instance.chosen_family:
            problems.append("seed or family: those of another instance")
        low, high = round(instance.pace.start_s * 1000), round(instance.pace.horizon_s * 1000)
        problems += [
            f"actions[{i}]: {s.t_ms} ms is outside the shift, from {low} to before {high}"
            for i, s in enumerate(self.actions)
            if not low <= s.t_ms < high
        ]
        if problems:
            raise InputError("the submission does not belong to this instance", problems[:50])
        lab.check_version(self.version, self.digest)


def _steps(raw: Any, problems: list[str]) -> list[Step]:
    if not isinstance(raw, list):
        problems.append("actions: missing or not a list")
        return []
    if len(raw) > MAX_ACTIONS:
        problems.append(f"actions: {len(raw)}, at most {MAX_ACTIONS}")
        return []
    steps: list[Step] = []
    last = -1
    for i, item in enumerate(raw):
        t = item.get("t_ms") if isinstance(item, dict) else None
        if not isinstance(t, int) or isinstance(t, bool):
            problems.append(f"actions[{i}].t_ms: not a whole number of milliseconds")
            continue
        if t < last:
            problems.append(f"actions[{i}].t_ms: {t} comes before {last}")
        last = max(last, t)
        try:
            steps.append(Step(t, parse_action(item.get("action")).model_dump()))
        except GradatimError as e:
            problems.append(f"actions[{i}].action: {e.describe()}".replace("\n", "; "))
    return steps
