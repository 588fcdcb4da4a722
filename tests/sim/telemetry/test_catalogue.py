from collections import Counter
from dataclasses import replace

from gradatim.sim.faults import family
from gradatim.sim.faults.scenario import SLOW
from gradatim.sim.platform.world import World
from gradatim.sim.telemetry.catalogue import COMPONENTS, PANELS
from gradatim.sim.telemetry.telemetry import Telemetry, catalogue, panels


def test_there_are_enough_series_over_enough_components(quiet):
    found = catalogue(quiet)
    assert len(found) >= 70
    assert len({s.component for s in found}) >= 9
    assert {s.component for s in found} == set(COMPONENTS)


def test_ids_are_unique_and_labels_are_unique_within_a_component(quiet):
    found = catalogue(quiet)
    assert max(Counter(s.id for s in found).values()) == 1
    assert max(Counter((s.component, s.label) for s in found).values()) == 1


def test_every_panel_has_one_to_three_series_of_its_own_unit(quiet):
    assert len(PANELS) == 8
    by_panel = {p.id: [s for s in catalogue(quiet) if s.panel == p.id] for p in PANELS}
    assert {s.panel for s in catalogue(quiet)} == {None, *by_panel}
    for panel in PANELS:
        assert 1 <= len(by_panel[panel.id]) <= 3
        assert {s.unit for s in by_panel[panel.id]} == {panel.unit}


def test_a_shift_of_days_has_eight_panels_of_its_own():
    scenario = family("quiet").draw(3, start_s=1200.0, horizon_s=8400.0)
    world = World(replace(scenario, pace=SLOW, onset_s=SLOW.horizon_s), 3)
    record = world.record()
    found, eight = catalogue(record), panels(record)
    assert len(eight) == 8
    assert {s.panel for s in found} == {None, *(p.id for p in eight)}
    for panel in eight:
        own = [s for s in found if s.panel == panel.id]
        assert 1 <= len(own) <= 3, panel.id
        assert {s.unit for s in own} == {panel.unit}, panel.id


def test_lags_are_those_of_a_real_pipeline(quiet):
    lags = [s.lag_s for s in catalogue(quiet)]
    assert min(lags) >= 10
    assert max(lags) <= 300
    assert sum(lag <= 20 for lag in lags) > len(lags) / 2
    assert any(s.resolution_s >= 60 for s in catalogue(quiet))


def test_every_series_has_values_on_a_quiet_shift(quiet):
    values = Telemetry(quiet).values()
    unused = {i for i in values if i.startswith("predict.v41.")}
    for name, v in values.items():
        assert name in unused or (v[60:] == v[60:]).all(), name
