"""The opportunity map: for each dimension, which current work could show it.

"No opportunity" is a state that is recorded with an action for somebody, not a failure of the person.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from gradatim.core.chain import Entry
from gradatim.core.errors import InputError

from .record import OPPORTUNITY
from .text import visible

HAVE, NONE = "have", "none"
STALE_DAYS = 90


def opportunity(
    dimension: str, *, dimensions: Sequence[str], work: str = "", action: str = "", who: str = ""
) -> dict[str, Any]:
    """The fields of an `opportunity` entry: either `work` that could show it, or an action and who takes it.

    Raises:
        InputError: lists every problem.
    """
    work, action, who = (visible(" ".join(t.split()), lines=False) for t in (work, action, who))
    problems = []
    if dimension not in dimensions:
        problems.append(
            f"no dimension {visible(dimension, lines=False)[:40]}; there are {', '.join(dimensions)}"
        )
    if bool(work) == bool(action):
        problems.append("say either the work that could show it, or the action because there is none")
    if action and not who:
        problems.append("an action needs a person: --who NAME")
    problems += [
        f"{n}: longer than 400 characters" for n, t in (("work", work), ("action", action)) if len(t) > 400
    ]
    if problems:
        raise InputError("this opportunity cannot be recorded", problems, next="gradatim evidence map --help")
    return {
        "dimension": dimension,
        "state": HAVE if work else NONE,
        "work": work,
        "action": action,
        "who": who,
    }


def opportunities(
    entries: Iterable[Entry], dimensions: Sequence[tuple[str, str]], *, today: datetime.date
) -> list[dict[str, Any]]:
    """The newest state of every dimension, in their order; one that was never looked at is "not looked at".

    Args:
        dimensions: (id, title).
    """
    newest = {e.value("dimension"): e for e in entries if e.kind == OPPORTUNITY}
    rows = []
    for name, title in dimensions:
        entry = newest.get(name)
        row: dict[str, Any] = {"dimension": name, "title": title, "state": "not looked at", "stale": False}
        if entry is not None:
            since = datetime.date.fromisoformat(entry.at[:10])
            row |= entry.values() | {"since": since.isoformat(), "stale": (today - since).days > STALE_DAYS}
        rows.append(row)
    return rows
