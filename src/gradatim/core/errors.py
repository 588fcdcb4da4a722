"""Every error the product raises on purpose.

GradatimError                 something the user can mend: what, where, why, next command; exit code 2
├── InputError                a file or a value is malformed; carries all problems at once
├── UnknownName               an id that does not exist; says "did you mean …?"
├── StateError                the store is locked, full, newer than this version, or the attempt is spent
├── PolicyError               learner code failed: timed out, ran out of memory, printed garbage
├── VersionMismatch           an attempt was made by another version; says which one to install
└── MissingGroup              an optional dependency group is not installed; names the one command
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class GradatimError(Exception):
    """What went wrong, where, why, and the exact next command."""

    def __init__(self, what: str, *, where: str = "", why: str = "", next: str = "") -> None:
        super().__init__(what)
        self.what, self.where, self.why, self.next = what, where, why, next

    def describe(self) -> str:
        """The message a person reads, one fact a line."""
        lines = [self.what]
        if self.where:
            lines.append(f"  where: {self.where}")
        if self.why:
            lines.append(f"  why:   {self.why}")
        if self.next:
            lines.append(f"  next:  {self.next}")
        return "\n".join(lines)

    def as_dict(self) -> dict[str, object]:
        """The same facts for the JSON API."""
        facts = {"what": self.what, "where": self.where, "why": self.why, "next": self.next}
        return {"error": type(self).__name__, **facts}


class InputError(GradatimError):
    """Malformed input. `problems` lists every defect found, not only the first."""

    def __init__(
        self, what: str, problems: Iterable[str] = (), *, where: str = "", why: str = "", next: str = ""
    ) -> None:
        super().__init__(what, where=where, why=why, next=next)
        self.problems = list(problems)

    def describe(self) -> str:
        head, *rest = super().describe().split("\n")
        return "\n".join([head, *(f"  - {p}" for p in self.problems), *rest])

    def as_dict(self) -> dict[str, object]:
        return {**super().as_dict(), "problems": self.problems}


class UnknownName(GradatimError):
    """An id that is not there, with the nearest one that is."""

    def __init__(self, kind: str, name: str, known: Iterable[str], *, next: str = "") -> None:
        known = sorted(known)
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(known) or 'none'}"
        super().__init__(f'no {kind} named "{name}"', why=hint, next=next)


class StateError(GradatimError):
    """The store or an attempt is in a state that refuses the request."""


class PolicyError(GradatimError):
    """Learner code failed in its own process."""


class VersionMismatch(GradatimError):
    """The attempt belongs to another version of what decides its outcome."""


class MissingGroup(GradatimError):
    """An optional group of packages is needed and not installed."""

    def __init__(self, feature: str, group: str, package: str) -> None:
        super().__init__(
            f"{feature} needs the package {package}, which is not installed", next=f"make {group}"
        )
