"""Whether an item of a packet could have been recorded at all: whoever writes their own ledger may write anything."""

from __future__ import annotations

import datetime
from typing import Any

from gradatim.core.errors import InputError
from gradatim.path.evidence.item import parse_item
from gradatim.path.evidence.record import Record
from gradatim.path.packet.payload import HONEST

_LOGS = ("attempt", "exam", "task")


def check_form(record: Record) -> list[str]:
    """What `evidence add` would have refused in the open fields of an item; a withheld one is not judged."""
    entry = record.entry
    day = entry.at[:10]
    values: dict[str, Any] = {n: f.value for n, f in entry.fields.items() if not f.withheld}
    stand_ins = {"kind": "work", "title": "withheld", "started": values.get("ended", day),
                 "ended": values.get("started", day)}  # fmt: skip
    whole = {n: v for n, v in stand_ins.items() if n in record.withheld} | values
    problems = [f"{name}: missing" for name in HONEST if name not in entry.fields]
    try:
        parse_item(whole, today=datetime.date.fromisoformat(day))
    except InputError as error:
        problems += error.problems
    source = values.get("source")
    kind = source.get("type") if isinstance(source, dict) else None
    if kind in _LOGS and values.get("kind", "lab") != "lab":
        problems.append(f"kind: {str(values['kind'])[:20]}, and it is simulated")
    return [f"it could not have been recorded: {'; '.join(problems)[:300]}"] if problems else []
