"""Open Badges taken in: what a file would become, and when it takes the place of an item that is there."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import StateError

if TYPE_CHECKING:
    from gradatim.app.app import App


def badge_fields(app: App, data: bytes, name: str, now: datetime.datetime) -> dict[str, Any]:
    """The item that a badge file would become. Raises InputError."""
    from gradatim.path.badges import badge_item, read

    return badge_item(
        read(data, name, now=now),
        own_key=app.evidence.own_key(),
        identities=app.learner.answers().identities,
    )


def in_place_of(app: App, made: Mapping[str, Any]) -> dict[str, Any]:
    """What a badge keeps of the item that it replaces; nothing where it is new.

    Raises:
        StateError: it is in the ledger already, and no more is known of its subject than then.
    """
    from gradatim.app.evidence import OWN
    from gradatim.path.evidence.record import subject_confirmed

    for record in app.evidence.records():
        source = record.values.get("source") or {}
        if not record.stands or source.get("credential") != made["source"]["credential"]:
            continue
        if subject_confirmed(source) or not subject_confirmed(made["source"]):
            raise StateError(f"{record.id} is this badge already", next=f"gradatim evidence show {record.id}")
        # What the badge itself does not say is its owner's, and stays.
        kept = {n: record.values[n] for n in OWN if record.values.get(n) and not made.get(n)}
        return {**kept, "replaces": record.entry.number}
    return {}
