"""The papers on the operator's desk: drawing, handover, runbook, changes, objective, prices."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from gradatim.sim.telemetry import architecture, paperwork, tables

if TYPE_CHECKING:
    from gradatim.lab.live import LiveSession

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def desk(session: LiveSession) -> dict[str, Any]:
    """Everything that can be read besides the telemetry."""
    w = session.world
    facts = w.record().facts
    return {
        "architecture_svg": architecture.architecture_svg(),
        "handover_html": _MARKDOWN.render(paperwork.handover(w.seed, facts)),
        "brief_html": _MARKDOWN.render(session.instance.lab.text("brief.md")),
        "runbook_html": _MARKDOWN.render(paperwork.runbook()),
        "price_sheet": [asdict(p) for p in paperwork.price_sheet()],
        "slo": paperwork.slo_yaml(facts),
        "history": [
            {
                "id": c.id,
                "t_s": c.at_s,
                "kind": c.kind,
                "component": c.component,
                "who": c.who,
                "text": c.text,
            }
            for c in w.changes
            if c.at_s <= w.now_s
        ],
        "tables": {
            name: [{"name": c.name, "type": c.type, "unit": c.unit, "text": c.meaning} for c in columns]
            for name, columns in tables.schema().items()
        },
    }
