"""What the learner meets first is the same for every family and variant; only what follows differs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest

from gradatim.sim.faults import FAMILIES, family
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.telemetry import Telemetry

HORIZON_S = 8400.0
SEEDS = (21, 22)
OF_DAYS = ("bad-code", "feature-skew", "stale-features", "late-labels", "harmless-shift")
VARIANTS = [(f.id, v) for f in FAMILIES.values() if f.id not in ("quiet", *OF_DAYS) for v in f.variants]


class Seen(NamedTuple):
    """What an idle hour came to."""

    page: str
    page_s: float
    onset_s: float
    harmed: list[bool]
    """By minute from the onset on: fewer than 95 good answers in 100 requests."""


@pytest.fixture(scope="module")
def seen() -> dict[tuple[str, str, int], Seen]:
    """Every variant with nothing done, until twenty minutes after its onset."""
    found = {}
    for family_id, variant in VARIANTS:
        for seed in SEEDS:
            scenario = family(family_id).draw(seed, start_s=1200.0, horizon_s=HORIZON_S, variant=variant)
            world = World(scenario, seed, start_s=1200.0, horizon_s=HORIZON_S)
            world.advance(scenario.onset_s + 1300.0)
            pages = [x for x in AlertBook(Telemetry(world.record())).transitions() if x.severity == "page"]
            first = int(-(-scenario.onset_s // 10))
            good, asked = (world.sim.ticks[n][first:] for n in ("good", "arrivals"))
            n = len(good) // 6
            share = good[: 6 * n].reshape(n, 6).sum(axis=1) / asked[: 6 * n].reshape(n, 6).sum(axis=1)
            found[family_id, variant, seed] = Seen(
                pages[0].name if pages else "",
                pages[0].t_s if pages else np.inf,
                scenario.onset_s,
                (share < 0.95).tolist(),
            )
    return found


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("family_id", "variant"), VARIANTS)
def test_the_first_page_is_the_same_alert(
    seen: dict[tuple[str, str, int], Seen], family_id: str, variant: str, seed: int
) -> None:
    s = seen[family_id, variant, seed]
    assert s.page == "GoodputFastBurn"
    assert s.onset_s < s.page_s < s.onset_s + 300


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("family_id", "variant"), [v for v in VARIANTS if FAMILIES[v[0]].healthy])
def test_what_is_healthy_recovers_by_itself_within_ten_minutes(
    seen: dict[tuple[str, str, int], Seen], family_id: str, variant: str, seed: int
) -> None:
    harmed = seen[family_id, variant, seed].harmed
    assert any(harmed[:3]) or family_id == "broken-measurement"
    assert not any(harmed[10:])


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("family_id", "variant"), [v for v in VARIANTS if not FAMILIES[v[0]].healthy])
def test_what_is_faulty_does_not_within_ten_minutes(
    seen: dict[tuple[str, str, int], Seen], family_id: str, variant: str, seed: int
) -> None:
    harmed = seen[family_id, variant, seed].harmed
    if variant == "leaky-runtime":
        waves = sum(b and not a for a, b in zip([False, *harmed], harmed, strict=False))
        assert waves >= 2, "replicas are killed in waves"
        return
    assert sum(harmed[:11]) >= 9, "harm from the first minutes on"
    assert harmed[10], "and still after ten"
