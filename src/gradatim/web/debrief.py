"""What the debrief page shows, laid out from `App.debrief`."""

from __future__ import annotations

from typing import Any

from gradatim.core.clock import ShiftClock
from gradatim.web import text, timeline

MOST_ROWS = 16
"""As many as `static/pages.css` has heights for."""
LANES = (("visible", "visible"), ("you", "you"), ("senior", "senior"))


def debrief_view(debrief: dict[str, Any], progress: dict[str, Any]) -> dict[str, Any]:
    """Template variables for `debrief.html`.

    Args:
        debrief: as `App.debrief` returns it; figures of the references are None while they are computed.
        progress: as `App.references` returns it.
    """
    attempt, times = debrief["attempt"], debrief["timeline"]
    clock = ShiftClock.of(float(times["start_s"]), float(times["end_s"]))
    wall = clock.text
    axis = timeline.Axis(float(times["start_s"]), float(times["end_s"]))
    lanes = {name: _lane(times[name], axis, wall) for name, _ in LANES}
    truth, truth_rows = timeline.spans(times["truth"], axis, wall)
    heights = [140, _height(truth_rows, 24), *(_height(lane["rows"]) for lane in lanes.values())]
    causes = [_cause(i, cause, axis, wall) for i, cause in enumerate(debrief["by_cause"])]
    most = max([abs(c[k] or 0) for c in causes for k in ("usd", "senior_usd")] or [0]) or 1
    for cause in causes:
        cause["bar"] = round(100 * max(cause["usd"], 0) / most, 1)
        cause["senior_bar"] = (
            None if cause["senior_usd"] is None else round(100 * max(cause["senior_usd"], 0) / most, 1)
        )
    signals = [(text.signal_name(name), text.signal(v, name, wall)) for name, v in debrief["signals"].items()]
    return {
        "debrief": debrief, "signals": signals,
        "worked_out": bool(times["loss_per_min"]["t_s"]),
        "attempt": attempt, "lost": debrief["lost"], "causes": causes, "lanes": lanes,
        "truth": truth, "truth_rows": truth_rows, "moment_px": sum(heights),
        "losses": timeline.losses(times["loss_per_min"], axis, times=60 if clock.days else 1),
        "loss_unit": "an hour" if clock.days else "a minute",
        "ticks": axis.ticks(clock.tick, clock.origin_s), "span": (wall(axis.start_s), wall(axis.end_s)),
        "events": _events(times, wall), "ready": progress["state"] != "computing",
        "lesson": _lesson(debrief, wall),
        "prevention": debrief.get("prevention"),
        "counterfactuals": [_counterfactual(c, debrief, wall) for c in debrief["counterfactuals"]],
    }  # fmt: skip


def _lane(items: list[dict[str, Any]], axis: timeline.Axis, wall: Any) -> dict[str, Any]:
    marks, rows = timeline.marks(items, axis, wall)
    return {"marks": marks, "rows": min(rows, MOST_ROWS), "count": len(items)}


def _height(rows: int, row_px: int = timeline.ROW_PX) -> int:
    return max(min(rows, MOST_ROWS) * row_px + 12, 44)


def _cause(index: int, cause: dict[str, Any], axis: timeline.Axis, wall: Any) -> dict[str, Any]:
    """A cause with the id and the place of its moment on the timeline."""
    moment = cause.get("moment_s")
    return {
        **cause,
        "id": f"m-{index}",
        "at": None if moment is None else axis.at(float(moment)),
        "moment": None if moment is None else wall(float(moment)),
        # The room says "Silence: $20 a minute when …"; the label is told already.
        "why": str(cause.get("text", "")).partition(": ")[2],
    }


def _lesson(debrief: dict[str, Any], wall: Any) -> dict[str, Any] | None:
    """What could be known and when, in clock times; None until it is worked out."""
    lesson = debrief.get("lesson")
    if not lesson:
        return None
    knowable_s, yours_s = lesson["knowable_s"], debrief["signals"].get("diagnosed_s", -1)
    return {
        **lesson,
        "knowable": None if knowable_s is None else wall(knowable_s),
        "saw_at": wall(lesson["saw_s"]),
        "yours": None if yours_s < 0 else wall(float(yours_s)),
        "saw": [
            {
                **row,
                "value": text.measure(row["value"], row["unit"]),
                "usual": text.measure(row["usual"], row["unit"]),
            }
            for row in lesson["saw"]
        ],
    }


def _counterfactual(change: dict[str, Any], debrief: dict[str, Any], wall: Any) -> dict[str, Any]:
    """A changed log with its total and the moment to fork at, before the change."""
    at_s = change.get("at_s")
    if at_s is None:
        at_s = _first_change_s(change["edits"], debrief["timeline"]["you"])
    total = change.get("total_usd", debrief["lost"]["usd"] + change["delta_usd"])
    fork = None if at_s is None else {"at_s": float(at_s), "label": wall(float(at_s))}
    return {**change, "total_usd": total, "fork": fork}


def _first_change_s(edits: list[dict[str, Any]], own: list[dict[str, Any]]) -> float | None:
    """The first simulated time at which the edited log differs from the learner's."""
    times = []
    for edit in edits:
        touched = [edit[name] for name in ("move", "drop") if name in edit]
        times += [float(own[i]["t_s"]) for i in touched if 0 <= i < len(own)]
        if "to_s" in edit:
            times.append(float(edit["to_s"]))
        if "insert" in edit:
            times.append(float(edit["insert"]["t_s"]))
    return min(times, default=None)


def _events(times: dict[str, Any], wall: Any) -> list[dict[str, Any]]:
    """Everything on the timeline as rows of a table, in order."""
    rows = [{"t_s": float(t["from_s"]), "lane": "true", "text": t["text"]} for t in times["truth"]]
    rows += [
        {"t_s": float(i["t_s"]), "lane": lane, "text": i["text"]} for lane, _ in LANES for i in times[lane]
    ]
    rows.sort(key=lambda row: row["t_s"])
    return [{**row, "clock": wall(row["t_s"])} for row in rows]
