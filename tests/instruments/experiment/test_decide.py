"""The whole rule, played: how often an experiment without effect ships, and one with an effect does not."""

from __future__ import annotations

import numpy as np
import polars as pl

from gradatim.instruments.experiment.analyse import Method, Settings, analyse
from gradatim.instruments.experiment.decide import Worth, decide
from gradatim.instruments.experiment.metric import Metric
from gradatim.instruments.experiment.novelty import novelty
from gradatim.instruments.experiment.units import Layout, Units, collect

GOAL, SECOND = Metric("x", "x"), Metric("y", "y")
GUARDRAIL = Metric("ms", "ms", better=-1, margin=0.02, relative_margin=True)
EVEN = {"control": 1.0, "new": 1.0}


def units(rng: np.random.Generator, n: int, lift: float = 0.0, slow: float = 0.0) -> Units:
    """n units with two goals (sd 1) and a guardrail (mean 200, sd 20)."""
    new = rng.random(n) < 0.5
    frame = pl.DataFrame(
        {
            "t:arm": np.where(new, "new", "control"),
            "n:x": rng.normal(1, 1, n) + lift * new,
            "n:y": rng.normal(1, 1, n),
            "n:ms": rng.normal(200, 20, n) * (1 + slow * new),
        }
    )
    return collect(frame, Layout("arm"), [GOAL, SECOND, GUARDRAIL])


def action(found: Units, method: Method = "anytime", worth: Worth | None = None) -> str:
    return decide(analyse(found, Settings("control", "new", EVEN, method=method)), worth=worth).action


def test_no_effect_is_rarely_shipped_or_stopped() -> None:
    rng = np.random.default_rng(51)
    for method in ("anytime", "fixed"):
        ends = [action(units(rng, 2000), method) for _ in range(120)]
        assert sum(e in ("ship", "stop") for e in ends) / 120 <= 0.08


def test_an_effect_is_shipped_and_a_harmful_one_is_not() -> None:
    rng = np.random.default_rng(52)
    assert sum(action(units(rng, 8000, lift=0.15)) == "ship" for _ in range(30)) >= 28
    assert all(action(units(rng, 8000, lift=0.15, slow=0.04)) == "stop" for _ in range(20))
    # Harm exactly at the margin is shipped in at most the level's share of experiments.
    assert sum(action(units(rng, 8000, lift=0.15, slow=0.02)) == "ship" for _ in range(60)) <= 3


def test_nothing_worth_having_stops() -> None:
    assert action(units(np.random.default_rng(53), 8000), worth=Worth(0.5, False)) == "stop"


def test_fading_is_seen_within_the_same_units() -> None:
    # Every user has a row in each week; in the second the effect is gone. The users' levels cancel.
    rng = np.random.default_rng(54)
    n = 1000
    arm = np.where(np.arange(n) % 2 == 0, "control", "new")
    level = rng.normal(0, 3, n)
    weeks = [level + 0.5 * (arm == "new") * (week == 0) + rng.normal(0, 0.5, n) for week in (0, 1)]
    frame = pl.DataFrame(
        {
            "t:arm": np.tile(arm, 2),
            "t:user": np.tile([f"u{i}" for i in range(n)], 2),
            "time": np.repeat([0.0, 7 * 86_400.0], n),
            "n:x": np.concatenate(weeks),
        }
    )
    layout = Layout("arm", "user", "time")
    readout = analyse(collect(frame, layout, [GOAL]), Settings("control", "new", EVEN))
    found = novelty(readout, frame, layout)
    assert found is not None and found.same_units
    assert -0.65 < found.change.estimate < -0.35
    assert found.change.se < 0.06 < found.early.difference.se, "the users' levels must cancel in the change"
    assert found.fades(1, 0.05)


def test_the_change_over_time_keeps_its_level() -> None:
    rng = np.random.default_rng(55)
    alarms = 0
    for _ in range(200):
        n = 300
        arm = np.where(rng.random(n) < 0.5, "control", "new")
        rows = rng.integers(1, 5, n)
        who = np.repeat(np.arange(n), rows)
        frame = pl.DataFrame(
            {
                "t:arm": arm[who],
                "t:user": who.astype(str),
                "time": rng.uniform(0, 100, len(who)),
                "n:x": rng.normal(0, 1, n)[who] + rng.normal(0, 1, len(who)),
            }
        )
        layout = Layout("arm", "user", "time")
        readout = analyse(collect(frame, layout, [GOAL]), Settings("control", "new", EVEN, least_units=30))
        found = novelty(readout, frame, layout)
        assert found is not None
        alarms += found.change.p_fixed < 0.05
    assert alarms / 200 < 0.1
