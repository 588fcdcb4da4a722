"""The papers on the operator's desk: drawing, handover, runbook, changes, objective, prices."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from gradatim.sim.telemetry import architecture, paperwork, tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gradatim.lab.live import LiveSession

_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")


def desk(session: LiveSession) -> dict[str, Any]:
    """Everything that can be read besides the telemetry."""
    w = session.world
    facts, days = w.record().facts, w.scenario.slow
    return {
        "architecture_svg": architecture.architecture_svg(),
        "handover_html": _MARKDOWN.render(paperwork.handover(w.seed, facts, days=days)),
        "brief_html": _MARKDOWN.render(session.instance.lab.text("brief.md")),
        "runbook_html": _MARKDOWN.render(paperwork.runbook()),
        "price_sheet": [asdict(p) for p in paperwork.price_sheet(prices(facts, days=days))],
        "slo": paperwork.slo_yaml(facts),
        "history": session.changes(-math.inf),
        "tables": {
            name: [{"name": c.name, "type": c.type, "unit": c.unit, "text": c.meaning} for c in columns]
            for name, columns in tables.schema().items()
        },
    }


def prices(facts: Mapping[str, float], *, days: bool) -> list[tuple[str, float, str]]:
    """What is charged on a shift: answers by what becomes of the flight, then what operators do.

    Args:
        facts: of the record; the means of the operators' own estimate are among them.
        days: a shift of days has prices of its own for answers, and jobs and fits.

    Returns:
        (item, dollars, note) for `paperwork.price_sheet`.
    """
    from gradatim.sim.flights.prices import load_prices
    from gradatim.sim.platform import modelops, operate, quality

    sheet = load_prices()
    wrong_usd, acting, even = sheet.unwarranted_offer_usd, sheet.acting_share, sheet.break_even_probability
    if days:
        wrong_usd, acting = quality.UNWARRANTED_USD, quality.ACTING_SHARE
        even = -wrong_usd / (sheet.warranted_offer_usd - wrong_usd)
    acts = f"{1000 * acting:g} travellers in 1,000 act on it"
    against = "what the model says when all is well" if days else "what the model would have said"
    lines = [
        (
            "offer, and the flight is late",
            sheet.warranted_offer_usd * acting,
            f"${sheet.warranted_offer_usd:g}; {acts}",
        ),
        ("offer, and it is not late", wrong_usd * acting, f"−${-wrong_usd:g}; {acts}"),
        ("no offer", 0.0, f"an offer pays from {100 * even:.0f} % on; each answer counts against {against}"),
        ("answered from the late-rate table", sheet.fallback_usd, "besides what its offer is worth"),
        ("“no offer” with nothing behind it", sheet.default_usd, "the default"),
        ("no answer", sheet.error_usd, "besides what the model's answer would have been worth"),
        ("extra replica, an hour", facts["replica_usd_per_h"], "above the usual number, while it is wanted"),
        ("change of the service", operate.CHANGE_REVIEW_USD, "review, each time"),
        ("waking a colleague", operate.PAGE_USD, "each time"),
    ]
    if not days:
        return [
            *lines,
            ("feature backfill", operate.PREWARM_USD, "review included"),
            (
                "good answer, usual mean",
                facts["value_good_usd"],
                "for the estimate at the top of the room only",
            ),
        ]
    return [
        *lines,
        ("feature backfill", operate.PREWARM_USD, "review included"),
        ("job re-run", operate.CHANGE_REVIEW_USD + modelops.JOB_USD, "review included"),
        (
            "retrain",
            operate.CHANGE_REVIEW_USD + modelops.FIT_USD,
            "review included; deploying it is another change",
        ),
        ("differential test", modelops.TEST_USD, "changes nothing"),
    ]
