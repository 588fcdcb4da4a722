"""Telemetry of platforms that really ran."""

import re

import numpy as np
import pytest

from gradatim.sim.faults.metastable import Metastable
from gradatim.sim.faults.surge import Quiet, Surge
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.logs import Logs
from gradatim.sim.telemetry.tables import visible
from gradatim.sim.telemetry.telemetry import Telemetry

START_S, HORIZON_S = 1200.0, 2600.0


def world_of(family, seed=5, **how):
    scenario = family.draw(seed, start_s=START_S, horizon_s=HORIZON_S, **how)
    return World(scenario, seed, start_s=START_S, horizon_s=HORIZON_S)


@pytest.fixture(scope="module")
def calm():
    world = world_of(Quiet())
    world.advance(HORIZON_S)
    return world


def test_a_real_record_fills_every_series(calm):
    telemetry = Telemetry(calm.record())
    for name, v in telemetry.values().items():
        version_in_reserve = re.match(r"predict\.v\w+\.", name) is not None
        assert version_in_reserve or np.isfinite(v[60:]).all(), name
    latest = telemetry.latest()
    assert 80 < latest["gateway.requests_per_s"] < 150
    assert latest["gateway.good_pct"] > 99
    assert 20 < latest["predict.cpu_pct"] < 95
    assert 0.8 < latest["features.hit_share"] <= 1


def test_a_real_quiet_shift_has_no_page_and_thousands_of_lines(calm):
    telemetry = Telemetry(calm.record())
    assert not [x for x in AlertBook(telemetry).transitions() if x.severity == "page"]
    assert Logs(telemetry, calm.changes).count() > 4000
    rows = visible(telemetry, AlertBook(telemetry).evaluate(), calm.changes)
    assert all(
        len(next(iter(t.values()))) for name, t in rows.items() if name not in ("alerts", "model_quality")
    )


def test_watching_changes_nothing_in_a_real_world(calm):
    watched = world_of(Quiet())
    telemetry = Telemetry(watched.record())
    book, logs = AlertBook(telemetry), Logs(telemetry, watched.changes)
    for now in (1300.0, 1777.0, 2000.0, HORIZON_S):
        watched.advance(now)
        telemetry.update(watched.record())
        visible(telemetry, book.evaluate(), watched.changes)
        logs.count()
    assert watched.sim.totals() == calm.sim.totals()
    for name, a in watched.sim.ticks.items():
        assert np.array_equal(a, calm.sim.ticks[name]), name
    assert logs.lines() == Logs(Telemetry(calm.record()), calm.changes).lines()


@pytest.mark.parametrize(
    ("family", "variant"),
    [
        (Metastable(), "everyone-retries"),
        (Metastable(), "cold-cache"),
        (Surge(), "blip"),
        (Surge(), "campaign"),
    ],
)
def test_the_first_page_of_a_real_overload_has_one_name(family, variant):
    world = world_of(family, variant=variant)
    world.advance(HORIZON_S)
    book = AlertBook(Telemetry(world.record()))
    pages = [x for x in book.transitions() if x.severity == "page"]
    assert pages[0].name == "GoodputFastBurn"
    assert world.scenario.onset_s < pages[0].t_s <= world.scenario.onset_s + 120
