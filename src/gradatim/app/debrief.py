"""The debrief: what was true, visible and done, dollars by cause, and what other logs would have come to.

What needs a replay (curves, alerts, counterfactuals) is worked out once by the referee process and kept in the
store; until then the page says that it is being computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markdown_it import MarkdownIt

from gradatim.core.clock import ShiftClock
from gradatim.core.money import usd

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.lab.submission import Step
    from gradatim.sim.platform.world import World
    from gradatim.store import Attempt

MOST_COUNTERFACTUALS = 8
_MARKDOWN = MarkdownIt("commonmark", {"html": False})


def key(a: Attempt) -> str:
    """Where the worked-out part of an attempt's debrief is kept."""
    return f"debrief/{a.id}/{(a.outcome_hash or '')[:12]}"


def debrief(app: App, a: Attempt) -> dict[str, Any]:
    """Everything the page shows. Figures that wait for the references are None; lists that wait are empty."""
    from gradatim.app.figures import regret_of

    instance = app.instance(a)
    scenario = instance.lab.live.scenario(a.seed, instance.family)
    spec, pace = instance.lab.spec, instance.pace
    known = app.store.get_references(a.lab_digest, a.seed, a.family)
    worked = app.store.get_setting(key(a)) or {}
    compared = regret_of(app, a)
    senior_name = next(r.name for r in spec.reference if r.kind == "senior")
    senior = known.get(senior_name)
    assert a.outcome is not None and a.loss_micro is not None
    moments = a.outcome.get("moments", {})
    theirs = senior.outcome["outcome"]["by_cause"] if senior else {}
    causes = [
        {
            "cause": c,
            "label": spec.graded[c].split(":")[0],
            "text": spec.graded[c],
            "usd": usd(m),
            "senior_usd": usd(theirs[c]) if senior else None,
            "moment_s": moments.get(c),
        }
        for c, m in sorted(a.outcome["by_cause"].items(), key=lambda x: -x[1])
        if m or theirs.get(c)
    ]
    steps = app._steps(a)
    return {
        "attempt": app._row(a),
        "headline": scenario.truth.headline,
        "family": {
            "id": scenario.family,
            "title": spec.family_titles.get(scenario.family, scenario.family),
            "variant": scenario.variant,
            "healthy": scenario.healthy,
        },
        "lost": {
            "usd": usd(a.loss_micro),
            "senior_usd": compared["senior_usd"],
            "idle_usd": compared["idle_usd"],
            "oracle_usd": compared["oracle_usd"],
        },
        "regret": compared["regret"],
        "stakes_usd": compared["stakes_usd"],
        "by_cause": causes,
        "signals": a.outcome["signals"],
        "truth": {
            "component": scenario.truth.component,
            "mechanism": scenario.truth.mechanism,
            "scope": scenario.truth.scope,
        },
        "timeline": {
            "start_s": pace.start_s,
            "end_s": pace.horizon_s,
            "loss_per_min": worked.get("loss_per_min") or {"t_s": [], "you_usd": [], "senior_usd": []},
            "truth": [
                {"from_s": max(s.from_s, pace.start_s), "to_s": s.to_s, "text": s.text, "harm": s.harm}
                for s in scenario.truth.spans
            ],
            "visible": worked.get("visible", []),
            "you": marks(steps),
            "senior": marks(_steps(senior.outcome["steps"])) if senior else [],
        },
        "counterfactuals": worked.get("counterfactuals", []),
        "worked_out": bool(worked),
        "lesson": worked.get("lesson") or None,
        "prevention": instance.lab.live.prevented(scenario, a.seed, steps) or None,
        "teach": {"html": _MARKDOWN.render(scenario.truth.teach)},
        "commands": [
            f"gradatim lab score {a.id}",
            f"gradatim lab replay {a.id}",
            f"gradatim lab whatif {a.id} --drop 0",
        ],
        "hash": a.outcome_hash,
    }


def marks(steps: list[Step]) -> list[dict[str, Any]]:
    """A log as marks of a lane."""
    from gradatim.sim.actions import ACTIONS
    from gradatim.sim.platform.preview import title

    return [
        {
            "t_s": s.t_ms / 1000.0,
            "text": title(s.action),
            "kind": s.action["kind"],
            "strong": ACTIONS[s.action["kind"]].changes_service,
        }
        for s in steps
    ]


def _steps(stored: list[dict[str, Any]]) -> list[Step]:
    from gradatim.lab.submission import Step

    return [Step(s["t_ms"], s["action"]) for s in stored]


def work_out(app: App, a: Attempt) -> None:
    """Replay what the debrief needs and keep it."""
    instance = app.instance(a)
    timeline = instance.timeline
    steps = tuple(app._steps(a))
    senior_name = next(r.name for r in instance.lab.spec.reference if r.kind == "senior")
    senior = app.store.get_references(a.lab_digest, a.seed, a.family)[senior_name]
    curves: list[list[float]] = []
    seen: list[dict[str, Any]] = []

    def look(world: World) -> None:
        lost = instance.lab.live.loss_per_tick(world)
        first = round(world.start_s / world.tick_s)
        per_min = 10.0 / world.tick_s  # six ticks of ten seconds are a minute
        curves.append([usd(sum(lost[i : i + 6])) * per_min for i in range(first, len(lost) - 5, 6)])
        if not seen:
            seen.extend(visible(world))

    timeline.run(steps, look)
    timeline.run(_steps(senior.outcome["steps"]), look)
    pace = instance.pace
    app.store.set_setting(
        key(a),
        {
            "loss_per_min": {
                "t_s": [pace.start_s + 6 * pace.tick_s * i for i in range(len(curves[0]))],
                "you_usd": curves[0],
                "senior_usd": curves[1],
            },
            "visible": seen,
            "counterfactuals": counterfactuals(app, a, steps),
            "lesson": instance.lab.live.lesson(timeline, tuple(_steps(senior.outcome["steps"]))),
        },
    )


def visible(world: World) -> list[dict[str, Any]]:
    """Pages and changes as the operator could see them, in order of time."""
    from gradatim.sim.telemetry.alerts import AlertBook
    from gradatim.sim.telemetry.telemetry import Telemetry

    fired = [
        {
            "t_s": x.t_s,
            "text": x.name,
            "kind": "alert" if x.severity == "page" else "ticket",
            "strong": x.severity == "page",
        }
        for x in AlertBook(Telemetry(world.record())).transitions()
        if x.state == "firing" and x.t_s >= world.start_s
    ]
    changed = [
        {"t_s": c.at_s, "text": f"{c.id} {c.text}", "kind": c.kind, "strong": False}
        for c in world.changes
        if world.start_s <= c.at_s <= world.now_s
    ]
    return sorted(fired + changed, key=lambda m: m["t_s"])


def counterfactuals(app: App, a: Attempt, steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    """Each change of the service left out, or made sixty ticks earlier (after the first harm); largest first."""
    from gradatim.app.whatif import whatif
    from gradatim.sim.actions import ACTIONS
    from gradatim.sim.platform.preview import title

    assert a.outcome is not None
    pace = app.instance(a).pace
    clock = ShiftClock.of(pace.start_s, pace.horizon_s)
    onset = a.outcome["signals"].get("onset_s", -1)
    changes = [(i, s) for i, s in enumerate(steps) if ACTIONS[s.action["kind"]].changes_service]
    rows: list[tuple[str, list[dict[str, Any]]]] = []
    for i, s in changes[:6]:
        t = s.t_ms / 1000.0
        rows.append((f"without {title(s.action)} at {clock.text(t)}", [{"drop": i}]))
        early = max(t - 60 * pace.tick_s, float(onset) + 6 * pace.tick_s if onset > 0 else t)
        if early < t - 3 * pace.tick_s:
            rows.append(
                (
                    f"{title(s.action)} at {clock.text(early)} instead of {clock.text(t)}",
                    [{"move": i, "to_s": early}],
                )
            )
    if len(changes) > 1:
        rows.append(("without any change of the service", [{"drop": i} for i, _ in changes]))
    made = []
    for text, edits in rows:
        result = whatif(app, a, edits)
        made.append(
            {"text": text, "delta_usd": result["delta_usd"], "total_usd": result["loss_usd"], "edits": edits}
        )
    return sorted(made, key=lambda r: -abs(r["delta_usd"]))[:MOST_COUNTERFACTUALS]
