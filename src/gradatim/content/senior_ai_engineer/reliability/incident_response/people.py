"""The people around an incident: what they write, what they ask, and which answer was right.

Everything is drawn by seed and by simulated time. A question has two to four facts to choose from; its right
answer is worked out from the counters at the moment it is given.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gradatim.core.streams import Stream
from gradatim.lab.spec import load_hints
from gradatim.sim.faults.scenario import ClientRelease
from gradatim.sim.platform.world import World

DUE_S, LONG_DUE_S, DAY_S = 1200.0, 20 * 3600.0, 24 * 3600.0
LONG = 60
"""On a shift of days people ask sixty times later."""
HINTS = load_hints(Path(__file__).parent)
_NAMES = ("Dana Okafor", "Luis Prat", "Mei Tanaka", "Arne Solberg", "Priya Nair", "Joao Brandt")
_SHARES = (
    ("none", "Fewer than 2 in 100 are without a good answer"),
    ("some", "Between 2 and 30 in 100"),
    ("many", "More than 30 in 100"),
)


_LONG_SHARES = (
    ("none", "Fewer than 2 in 100 answers of the last three hours"),
    ("some", "Between 2 and 30 in 100"),
    ("many", "More than 30 in 100"),
)


class Question(NamedTuple):
    """One question of a stakeholder."""

    id: str
    t_s: float
    sender: str
    role: str
    text: str
    facts: tuple[tuple[str, str], ...]
    right: Callable[[World, float], str]


def questions(world: World) -> list[Question]:
    """The questions of this instance that have been asked by now."""
    sc, s = world.scenario, Stream(world.seed, "questions")
    if sc.onset_s >= world.horizon_s:
        return []
    names = s.shuffled(_NAMES, 9)
    slower = LONG if sc.slow else 1
    recent = [c for c in world.changes if sc.onset_s - DAY_S < c.at_s <= sc.onset_s]
    # People ask about what was done last, about what is to blame, or about anything of the last day.
    asked = (recent[-1], sc.changes[0], s.choice(recent, 6))[s.integer(0, 2, 4)]
    all_asked = (
        Question(
            "q-share",
            sc.onset_s + slower * s.integer(480, 660, 1),
            names[0],
            "operations",
            "Gate desks ask whether they can trust the advice. How many travellers get "
            + ("other advice than they should?" if sc.slow else "no good answer right now?"),
            _LONG_SHARES if sc.slow else _SHARES,
            _right_share,
        ),
        Question(
            "q-change",
            sc.onset_s + slower * s.integer(900, 1140, 2),
            names[1],
            "travel app",
            f"Was it {asked.id}, {asked.text}? We can help to undo it.",
            (("yes", f"Yes, {asked.id} is part of it"), ("no", f"No, {asked.id} has nothing to do with it")),
            lambda _w, _t: "yes" if asked.id in sc.culprits else "no",
        ),
        Question(
            "q-over",
            sc.onset_s + slower * s.integer(1620, 1980, 3),
            names[2],
            "duty manager",
            "May I tell the airlines that it is over?",
            (("over", "Yes: good answers are back and stay"), ("not", "No: travellers are still affected")),
            _right_over,
        ),
    )
    return [q for q in all_asked if q.t_s <= min(world.now_s, world.horizon_s - 60)]


def _right_share(world: World, t_s: float) -> str:
    from .loss import bad_per_mille

    bad = bad_per_mille(world, t_s)
    return "none" if bad < 20 else "some" if bad <= 300 else "many"


def _right_over(world: World, t_s: float) -> str:
    from .loss import bad_per_mille

    return "over" if bad_per_mille(world, t_s, None if world.scenario.slow else 120.0) < 50 else "not"


def answered_at(world: World, question: str) -> float:
    """When a question was answered last."""
    return max(
        d.t_s for d in world.ops.done if d.message["kind"] == "answer" and d.message["message"] == question
    )


def refusal(world: World, action: dict[str, Any]) -> str:
    """Why an answer cannot be given; empty when it can."""
    found = next((q for q in questions(world) if q.id == action["message"]), None)
    if found is None:
        return f"there is no question {action['message']} in the inbox"
    if action["fact"] not in {"unknown", *(f for f, _ in found.facts)}:
        return f"{action['fact']} is not one of the facts on offer: {', '.join(f for f, _ in found.facts)}, unknown"
    return ""


def hints_taken(world: World) -> int:
    """How many hints have been taken."""
    return sum(d.message["kind"] == "take_hint" for d in world.ops.done)


def inbox(world: World) -> list[dict[str, Any]]:
    """All messages visible now, oldest first."""
    items: list[dict[str, Any]] = [
        {
            "id": q.id,
            "t_s": q.t_s,
            "from": q.sender,
            "role": q.role,
            "kind": "question",
            "text": q.text,
            "fact_options": [
                *({"id": f, "text": t} for f, t in q.facts),
                {"id": "unknown", "text": "Not known yet"},
            ],
            "answered": q.id in world.ops.answered,
            "answer": world.ops.answered.get(q.id),
            "due_s": q.t_s + (LONG_DUE_S if world.scenario.slow else DUE_S),
        }
        for q in questions(world)
    ]
    hints = iter(HINTS)
    for d in world.ops.done:
        kind = d.message["kind"]
        if kind == "take_hint":
            h = next(hints)
            title, text = h.on(days=world.scenario.slow)
            items.append(_message(f"h-{h.id}", d.t_s, title, f"hint, ${h.cost_usd:.0f}", "message", text))
        if kind == "status_update":
            items.append(
                _message(f"u-{d.ordinal}", d.t_s, "You", "status page", "own_update", _said(d.message))
            )
        elif kind == "trace" and d.effective_at_s <= world.now_s:
            items.append(
                _message(
                    f"t-{d.ordinal}",
                    d.effective_at_s,
                    "Tracing",
                    "tool",
                    "message",
                    _trace(world, d.message["client"], d.effective_at_s),
                )
            )
        elif kind == "differential_test" and d.effective_at_s <= world.now_s:
            text = world.ops.serving.tests[d.ordinal] if world.ops.serving is not None else ""
            items.append(
                _message(f"d-{d.ordinal}", d.effective_at_s, "Differential test", "tool", "message", text)
            )
        elif kind == "page":
            back = d.t_s + Stream(world.seed, "reply").integer(150, 330, d.ordinal)
            if back <= world.now_s:
                items.append(
                    _message(
                        f"p-{d.ordinal}",
                        back,
                        f"{d.message['team']} on-call",
                        d.message["team"],
                        "message",
                        _reply(world, d.message["team"], back),
                    )
                )
    return sorted(items, key=lambda i: (i["t_s"], i["id"]))


def _message(ident: str, t_s: float, sender: str, role: str, kind: str, text: str) -> dict[str, Any]:
    return {
        "id": ident,
        "t_s": t_s,
        "from": sender,
        "role": role,
        "kind": kind,
        "text": text,
        "answered": True,
    }


def _said(u: dict[str, Any]) -> str:
    cause = u["cause"] if u["component"] is None else f"{u['cause']}: {u['component']}"
    return (
        f"{u['surface']} {u['impact']}, {100 * u['share_low']:.0f} to {100 * u['share_high']:.0f} % of requests, "
        f"cause {cause}. Next update in {u['next_update_min']} min."
    )


def _trace(world: World, client: str, t_s: float) -> str:
    """A summary of sampled requests that finished in the four minutes before `t_s`."""
    rows = world.sim.samples()
    rows = rows[(rows["finished_s"] > t_s - 240.0) & (rows["finished_s"] <= t_s)]
    if client != "all":
        from gradatim.sim.platform.vocabulary import CLIENTS

        rows = rows[rows["client"] == CLIENTS.index(client)]
    rows = rows[:200]
    if len(rows) == 0:
        return f"No request of {client} was sampled in the last four minutes."
    took = 1000.0 * (rows["finished_s"] - rows["arrived_s"])
    first, last = round((t_s - 240.0) / world.tick_s), max(1, round(t_s / world.tick_s))
    ticks = world.sim.ticks
    computed = max(1, int(ticks["batch_items"][first:last].sum()))
    wait = 1e-3 * int(ticks["queue_wait_us"][first:last].sum()) / computed
    gone = 100.0 * int(ticks["zombies"][first:last].sum()) / computed
    return (
        f"{len(rows)} requests of {client}: {np.mean(rows['attempts']):.2f} attempts each, "
        f"median {np.median(took):.0f} ms "
        f"from first attempt to end. Fleet in the same time: mean wait in a replica's queue {wait:.0f} ms, "
        f"{gone:.0f} % of finished work had nobody waiting, feature look-up {world.ops.cache.lookup_ms:.0f} ms."
    )


def _reply(world: World, team: str, t_s: float) -> str:
    """What another team's on-call can truthfully say of its own part."""
    release = next((x for x in world.scenario.shocks if isinstance(x, ClientRelease) and x.at_s <= t_s), None)
    if team == "mobile":
        if release is None:
            return "No mobile release in the last two days; both apps read remote configuration."
        return (
            f"The new {release.client} release is at 100 %. It brings its own network library; "
            "we have not checked whether it "
            "reads remote configuration. Rolling it back is possible, users get it over about twenty-five minutes."
        )
    if team == "data" and world.scenario.slow:
        return "We look at every source this team owns. What is wrong in them is mended in about three hours."
    if team == "data":
        c = world.ops.cache
        share = 100.0 * c.misses_per_s / c.settings.store_capacity_per_s
        return (
            f"Feature store: {min(share, 100):.0f} % of its capacity in use, {100 * c.filled_share:.0f} % of its "
            "look-ups end in time. Nothing of ours was deployed."
        )
    if team == "platform":
        if world.ops.host_factor > 1.05:
            return "One host is throttled and its neighbours are not; which replicas it carries, you can see."
        slow = world.sim.pools[0].slow_factor > 1.05
        return (
            "Hosts of the fleet are slow at this moment." if slow else "Hosts run at their normal speed now."
        )
    if team == "network":
        return "No packet loss, no routing change."
    if team == "web":
        return "Web front-end unchanged for nine days; it reads remote configuration."
    return "Partners report nothing of their own; they see what you see."
