"""Search the closed-loop player without a diagnosis of the incident lab on training seeds, and write its file.

It waits after the page, and while it is bad applies the same cures whatever it is, gives load back by the clock
and the queue, and always names the same cause. Its settings are drawn at random and halved by mean regret.

    python tools/labs/search_reflex.py --first-seed 900000
"""

from __future__ import annotations

import argparse
import random
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import mean
from typing import Any

from search_skill_free import HERE, literal

GUESSES = (
    ("clients", "retry_amplification", "all"),
    ("clients", "retry_amplification", "ios"),
    ("features", "cold_cache", "all"),
    ("predict", "abandoned_work", "all"),
    ("predict", "slow_model", "all"),
    ("metrics", "telemetry_fault", "all"),
)
USUAL_MICRO = 6_000_000_000


def drawn(r: random.Random) -> dict[str, Any]:
    """One set of settings."""
    return {
        "wait_s": r.choice((0, 20, 40, 60, 90, 120, 180)),
        "bad": r.choice((0.1, 0.2, 0.3, 0.5)),
        "queue": r.choice((0, 20, 60, 160)),
        "traffic": r.choice((130, 1000)),
        "shed": r.choice((0, 0.4, 0.6, 0.6, 0.8)),
        "shed_s": r.choice((40, 60, 90, 150)),
        "ramp_s": r.choice((10, 20, 60)),
        "fallback": r.choice((0, 0.4, 0.6, 0.6, 1.0)),
        "fallback_s": r.choice((90, 120, 200, 300, 420)),
        "budget": r.choice((True, True, True, False)),
        "limit": r.choice((None, 48, 48, 64)),
        "undo": r.choice((0, 0, 1, 1, 2)),
        "repair": r.choice((True, False)),
        "again": r.choice((True, False)),
        "guess": r.choice(GUESSES),
    }


def written(params: dict[str, Any], doc: str) -> str:
    """The policy file of some settings."""
    body = Path(__file__).with_name("reflex_policy.py.txt").read_text(encoding="utf-8")
    return body.replace("__DOC__", doc).replace("__PARAMS__", literal(params))


def one(task: tuple[int, list[dict[str, Any]]]) -> list[float]:
    """Regret of each candidate on one instance."""
    from gradatim.lab import catalogue
    from gradatim.lab.live import LiveSession
    from gradatim.lab.policy import drive
    from gradatim.lab.reference import Bench
    from gradatim.lab.score import regret, stakes

    seed, candidates = task
    lab = catalogue.lab("incident-response")
    instance = lab.instance(seed)
    bench = Bench(instance)
    free = [
        r.name
        for r in lab.spec.reference
        if r.kind in ("skill_free", "computed") and not r.name.startswith("reflex")
    ]
    at = stakes(
        bench.play("senior").outcome.loss_micro, [bench.play(n).outcome.loss_micro for n in free], USUAL_MICRO
    )
    regrets = []
    for params in candidates:
        space: dict[str, Any] = {}
        exec(compile(written(params, ""), "reflex.py", "exec"), space)
        session = LiveSession(instance, instance.timeline.reset(), instance.timeline.untouched)
        drive(session, space["policy"])
        regrets.append(regret(session.finish().loss_micro, at))
    return regrets


def main() -> None:
    """Draw, halve twice, write the best."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first-seed", type=int, default=900_000)
    parser.add_argument("--candidates", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2)
    args = parser.parse_args()
    pool = [drawn(random.Random(i)) for i in range(args.candidates)]
    results: dict[int, list[float]] = {i: [] for i in range(len(pool))}
    alive, seed = list(results), args.first_seed
    with ProcessPoolExecutor(args.workers) as workers:
        for instances, keep in ((10, 12), (12, 6), (14, 6)):
            tasks = [(s, [pool[i] for i in alive]) for s in range(seed, seed + instances)]
            seed += instances
            for regrets in workers.map(one, tasks):
                for i, value in zip(alive, regrets, strict=True):
                    results[i].append(value)
            alive = sorted(alive, key=lambda i: score(results[i]))[:keep]
            print([(i, round(score(results[i]), 3)) for i in alive[:6]], flush=True)
    best = min(alive, key=lambda i: score(results[i]))
    doc = (
        "Every cure at once, whatever it is: the closed loop without a diagnosis that is best over all draws.\n\n"
        f"Searched on {seed - args.first_seed} instances from seed {args.first_seed} "
        "by tools/labs/search_reflex.py.\n"
    )
    (HERE / "reflex.py").write_text(written(pool[best], doc), encoding="utf-8")
    print(pool[best])


def score(values: list[float]) -> float:
    """Mean regret."""
    return mean(values)


if __name__ == "__main__":
    main()
