"""What a work command found: the verdict, the sections that show it, what was not looked at."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

SCHEMA = "gradatim.work/1"

Kind = Literal["good", "bad", "unsure"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision, in one sentence, with its reasons.

    Args:
        kind: "good", "bad", or "unsure" where the data decide neither; missing data is never "good".
        headline: one sentence with the number that decides.
        why: the reasons, most important first, each one sentence.
    """

    kind: Kind
    headline: str
    why: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the report. `body` is HTML made by the helpers of this package, never a person's text."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read: its digest stands in the report, its rows do not.

    Args:
        name: the file's name without its folder.
        digest: "sha256:" and 64 hexadecimal digits over the file's bytes.
        rows: data rows that were read.
        bytes: size of the file.
    """

    name: str
    digest: str
    rows: int
    bytes: int

    @classmethod
    def of(cls, path: Path, rows: int) -> Input:
        """Describe a file; reads it once in blocks for the digest."""
        from gradatim.instruments.tables import digest

        return cls(path.name, digest(path), rows, path.stat().st_size)


@dataclass(slots=True)
class Report:
    """Everything one run of a work command has to say.

    Args:
        title: what was looked at.
        command: the command line that makes this report again.
        verdict: the decision.
        sections: the evidence, most important first.
        not_checked: what the verdict does not cover, one sentence each.
        inputs: the files that were read.
        json: the figures as plain values, units in the names; goes under "result".
    """

    title: str
    command: str
    verdict: Verdict
    sections: list[Section] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    inputs: list[Input] = field(default_factory=list)
    json: dict[str, Any] = field(default_factory=dict)


def as_json(report: Report) -> dict[str, Any]:
    """The report as plain values: schema, title, command, verdict, result, not_checked, inputs.

    The schema of each command's `result` is in `schemas/`; what is not a finite number is None.
    """
    verdict = report.verdict
    made: dict[str, Any] = plain({
        "schema": SCHEMA,
        "title": report.title,
        "command": report.command,
        "verdict": {"kind": verdict.kind, "headline": verdict.headline, "why": list(verdict.why)},
        "result": report.json,
        "not_checked": list(report.not_checked),
        "inputs": [
            {"name": i.name, "digest": i.digest, "rows": i.rows, "bytes": i.bytes} for i in report.inputs
        ],
    })  # fmt: skip
    return made


def plain(value: Any) -> Any:
    """Values as JSON has them: numpy scalars and arrays unpacked, NaN and infinity as None."""
    if isinstance(value, Mapping):
        return {str(name): plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    return None if isinstance(value, float) and not math.isfinite(value) else value
