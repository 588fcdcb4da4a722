"""Search the computed skill-free players of the incident lab on training seeds, and write their policy files.

`blind` is the best plan of one or two actions at fixed delays after the first page. `lookup` has such a plan for
each metric that may be the loudest when the page comes. Both get the words for free (acknowledge, one honest
update, "unknown" to every question), so that only what they do to the service counts.

    python tools/labs/search_skill_free.py --instances 24 --first-seed 900000
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import product
from pathlib import Path
from statistics import mean
from typing import Any

Plan = list[tuple[float, dict[str, Any]]]
METRICS = (
    "gateway.attempts_per_request",
    "predict.queue_depth",
    "features.hit_share",
    "gateway.traffic_vs_usual_pct",
    "predict.batch_ms",
    "gateway.timeouts_per_s",
    "gateway.http_503_per_s",
)
HERE = Path("src/gradatim/content/senior_ai_engineer/reliability/incident_response/references")


def plans() -> Iterator[Plan]:
    """Plans as (seconds after the page, action): nothing, one action, or two."""
    yield []
    single: list[dict[str, Any]] = [
        {"kind": "set_retry_budget", "client": "all", "ratio": 0.1},
        {"kind": "set_retries", "client": "all", "max_attempts": 1},
        {"kind": "set_queue_limit", "limit": 32},
        {"kind": "restart", "how": "all_at_once"},
        {"kind": "restart", "how": "rolling"},
        {"kind": "scale", "replicas": 14},
        {"kind": "fall_back", "client": "all", "share": 0.5},
    ]
    for action in single:
        yield [(10.0, action)]
    for i, a in enumerate(single):
        for b in single[i + 1 :]:
            if a["kind"] != b["kind"]:
                yield [(10.0, a), (40.0, b)]
    for delay, share, hold, over in product((10.0,), (0.6, 0.85, 1.0), (60.0, 240.0), (30.0, 240.0)):
        yield [
            (delay, {"kind": "shed", "client": "all", "share": share}),
            (delay + hold, {"kind": "ramp", "client": "all", "over_s": over}),
        ]
    for delay, share, hold in product((10.0,), (0.6, 1.0), (240.0, 900.0)):
        yield [
            (delay, {"kind": "fall_back", "client": "all", "share": share}),
            (delay + hold, {"kind": "fall_back", "client": "all", "share": 0.0}),
        ]


def words(page_s: float) -> Plan:
    """What can be said without knowing anything."""
    return [
        (5.0, {"kind": "acknowledge", "alert": "all"}),
        (
            300.0,
            {
                "kind": "status_update",
                "impact": "degraded",
                "share_low": 0.0,
                "share_high": 1.0,
                "next_update_min": 120,
            },
        ),
        *(
            (2100.0, {"kind": "answer", "message": q, "fact": "unknown"})
            for q in ("q-share", "q-change", "q-over")
        ),
        (2400.0, {"kind": "declare_over"}),
    ]


def one(seed: int) -> tuple[int, str, list[int], int]:
    """(seed, loudest metric at the first page, loss of each plan, senior's loss) in micro-dollars."""
    from gradatim.lab import catalogue
    from gradatim.lab.live import LiveSession
    from gradatim.lab.reference import Bench
    from gradatim.lab.submission import Step

    lab = catalogue.lab("incident-response")
    instance = lab.instance(seed)
    session = LiveSession(instance, instance.timeline.reset())
    while not any(a["severity"] == "page" for a in session.alerts()) and not session.ended:
        session.advance(30)
    page_s, obs = session.world.now_s, session.observe()
    loudest = loudest_metric(obs["metrics"], obs["metrics_5m_ago"])
    losses = []
    for plan in plans():
        steps = sorted(
            (Step(round((page_s + d) * 1000), a) for d, a in [*plan, *words(page_s)]), key=lambda s: s.t_ms
        )
        losses.append(instance.timeline.run(steps).loss_micro)
    return seed, loudest, losses, Bench(instance).play("senior").outcome.loss_micro


def loudest_metric(now: dict[str, float | None], before: dict[str, float | None]) -> str:
    """The metric that moved by the largest factor in five minutes."""

    def factor(name: str) -> float:
        a, b = abs(now.get(name) or 0.0) + 1e-2, abs(before.get(name) or 0.0) + 1e-2
        return max(a / b, b / a)

    return max(METRICS, key=factor)


def main() -> None:
    """Search, print the ranking, write the two policy files."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=24)
    parser.add_argument("--first-seed", type=int, default=900_000)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    candidates = list(plans())
    with ProcessPoolExecutor(args.workers) as pool:
        rows = list(pool.map(one, range(args.first_seed, args.first_seed + args.instances)))

    def score(index: int, group: list[Any]) -> float:
        return mean((r[2][index] - r[3]) / 1e6 for r in group)

    ranked = sorted(range(len(candidates)), key=lambda i: score(i, rows))
    for i in ranked[:8]:
        print(f"{score(i, rows):10.0f} $ above the senior  {json.dumps(candidates[i])}")
    groups: dict[str, list[Any]] = defaultdict(list)
    for r in rows:
        groups[r[1]].append(r)
    table = {m: candidates[min(range(len(candidates)), key=lambda i: score(i, g))] for m, g in groups.items()}
    print({m: len(g) for m, g in groups.items()})
    note = f"\n\nSearched on {args.instances} instances from seed {args.first_seed} by tools/labs/search_skill_free.py."
    _write(
        "blind",
        f"The best fixed plan of one or two actions after the first page.{note}\n",
        {"": candidates[ranked[0]]},
    )
    _write(
        "lookup", f"First page and loudest metric, looked up.{note}\n", {"": candidates[ranked[0]], **table}
    )


def _write(name: str, doc: str, table: dict[str, Plan]) -> None:
    body = Path(__file__).with_name("skill_free_policy.py.txt").read_text(encoding="utf-8")
    text = (
        body.replace("__DOC__", doc)
        .replace("__TABLE__", literal(table))
        .replace("__METRICS__", literal(METRICS))
    )
    (HERE / f"{name}.py").write_text(text, encoding="utf-8")


def literal(value: Any) -> str:
    """Python source of a value."""
    import pprint

    return pprint.pformat(value, width=108, sort_dicts=False)


if __name__ == "__main__":
    main()
