"""Times to detect, acknowledge, mitigate and resolve: known from the milestones, or not known and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradatim.instruments.incident.milestones import LABELS, Milestone

# name: (from, to, words). Definitions differ between houses, so each names both ends.
DEFINED = {
    "time_to_detect": ("impact-start", "detected", "Time to detect"),
    "time_to_acknowledge": ("detected", "acknowledged", "Time to acknowledge"),
    "time_to_mitigate": ("impact-start", "mitigated", "Time to mitigate"),
    "detection_to_mitigation": ("detected", "mitigated", "Detection to mitigation"),
    "time_to_resolve": ("impact-start", "resolved", "Time to resolve"),
}


@dataclass(frozen=True, slots=True)
class Measure:
    """A duration between two milestones.

    Args:
        name: a key of `DEFINED`.
        seconds: None where it is not known.
        why: which events it lies between, or why it is not known.
    """

    name: str
    seconds: float | None
    why: str

    @property
    def label(self) -> str:
        return DEFINED[self.name][2]

    @property
    def ends(self) -> str:
        start, end, _ = DEFINED[self.name]
        return f"{LABELS[start].lower()} → {LABELS[end].lower()}"


def measure(milestones: Mapping[str, Milestone]) -> dict[str, Measure]:
    """Every duration of `DEFINED`."""
    return {name: between(milestones, *ends[:2], name) for name, ends in DEFINED.items()}


def between(milestones: Mapping[str, Milestone], start: str, end: str, name: str = "") -> Measure:
    """The duration between two milestones; not known where one is missing or they stand in the wrong order."""
    early, late = milestones[start], milestones[end]
    missing = [m for m in (early, late) if m.at is None]
    if missing:
        said = "; ".join(f"{m.label.lower()}: {m.why}" for m in missing)
        return Measure(name, None, f"not known ({said})")
    assert early.at is not None and late.at is not None
    seconds = (late.at - early.at).total_seconds()
    where = f"{_name(early)} to {_name(late)}"
    if seconds < 0:
        return Measure(
            name, None, f"not known ({late.label.lower()} comes before {early.label.lower()}, {where})"
        )
    return Measure(name, seconds, where)


def _name(milestone: Milestone) -> str:
    return milestone.event.name if milestone.event else "the marked time"


def spell(seconds: float | None) -> str:
    """A duration as a person writes it, to the second below an hour: 4 min 10 s, 1 h 5 min, 2 d 3 h."""
    if seconds is None:
        return "not known"
    whole = round(seconds)
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, left = divmod(rest, 60)
    if days:
        parts = ((days, "d"), (hours, "h"))
    elif hours:
        parts = ((hours, "h"), (minutes, "min"))
    else:
        parts = ((minutes, "min"), (left, "s"))
    return " ".join(f"{n} {unit}" for n, unit in parts if n) or "0 s"
