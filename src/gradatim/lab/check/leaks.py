"""Proof 6: nothing that a learner or their code can read contains the truth."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.lab.catalogue import open_lab
from gradatim.lab.live import LiveSession
from gradatim.sim.telemetry.paperwork import handover

if TYPE_CHECKING:
    from gradatim.lab.lab import Lab


def search_in(folder: Path, seed: int, family: str) -> list[str]:
    """`search` in the lab of a folder."""
    return search(open_lab(folder), seed, family)


def search(lab: Lab, seed: int, family: str) -> list[str]:
    """Where a word of the truth occurs in what can be read during a shift; empty when nowhere."""
    instance = lab.instance(seed, None if lab.live.family_of(seed) == family else family)
    scenario = lab.live.scenario(seed, instance.family)
    truth = scenario.truth
    secrets = {
        scenario.family,
        scenario.variant,
        truth.headline,
        truth.teach[:60],
        *(s.text for s in truth.spans),
        *(r.file for r in lab.spec.reference if r.file),
        "onset_s",
        "healthy",
        str(lab.folder),
    }
    found: list[str] = []
    session = LiveSession(instance, instance.timeline.reset())
    stops = (
        scenario.onset_s - 60.0,
        scenario.onset_s + 40.0 * scenario.pace.tick_s,
        scenario.pace.horizon_s - scenario.pace.tick_s,
    )
    for stop in stops:
        if stop > session.world.now_s:
            session.advance(stop - session.world.now_s)
        for where, text in _readable(session):
            lower = text.lower()
            found += [
                f"{where} at {stop:.0f} s: {secret!r}" for secret in secrets if secret and _has(lower, secret)
            ]
    found += [f"brief.md: {s!r}" for s in secrets if _has(lab.text("brief.md").lower(), s)]
    hints = [(h.id, " ".join(h.on(days=days))) for h in lab.hints for days in (False, True)]
    found += [f"hint {name}: {s!r}" for name, text in hints for s in secrets if _has(text.lower(), s)]
    found += _future(session)
    return sorted(set(found))


def _has(lower: str, secret: str) -> bool:
    """Whether a secret stands in a text of lower case as a word of its own."""
    word = secret.lower()
    return word in lower and bool(re.search(rf"(?<![a-z0-9_]){re.escape(word)}(?![a-z0-9_])", lower))


def _readable(session: LiveSession) -> list[tuple[str, str]]:
    """Everything the public interface gives out now, as text."""
    given: list[tuple[str, str]] = [("observe", _dump(session.observe()))]
    for name, columns in session.tables().items():
        given.append((f"table {name} columns", " ".join(columns)))
        for column, values in columns.items():
            sample = values.tolist() if hasattr(values, "tolist") else list(values)
            if sample and isinstance(sample[0], str):
                given.append((f"table {name}.{column}", "\n".join(set(map(str, sample)))))
    world = session.world
    given.append(("journal", "\n".join(e.text for e in world.journal)))
    given.append(("handover", handover(world.seed, world.record().facts, days=world.scenario.slow)))
    given.append(("series", " ".join(s.id + " " + s.label for s in session.telemetry.catalogue)))
    refused = ({"kind": "nothing"}, {"kind": "shed"}, {"kind": "rollback", "change": "C-0"}, 7)
    given.extend(("refusal", _dump(session.act(bad))) for bad in refused)
    for sql in ("SELECT * FROM truth", "SELECT", "SELECT * FROM duckdb_settings()", "DROP TABLE log"):
        try:
            given.append(("query", _dump(session.query(sql))))
        except Exception as e:
            given.append(("query error", getattr(e, "describe", lambda: "")() + str(e)))
    return given


def _future(session: LiveSession) -> list[str]:
    """Rows of tables that lie after now."""
    now = session.world.now_s
    late = []
    for name, columns in session.tables().items():
        times = columns.get("t_s")
        if times is not None and len(times) and float(max(times)) > now + 1e-9:
            late.append(f"table {name}: a row of {float(max(times)):.0f} s at {now:.0f} s")
    return late


def _dump(value: Any) -> str:
    return json.dumps(value, default=str, ensure_ascii=False)
