"""Scenarios before anything is simulated: pure in the seed, and alike in form."""

from __future__ import annotations

import dataclasses
import itertools
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.errors import UnknownName
from gradatim.sim.faults import FAMILIES, family
from gradatim.sim.faults.scenario import (
    ClientRelease,
    DataFault,
    DemandSurge,
    NightlyRetrain,
    QueueLimitChange,
    Scenario,
    SlowFleet,
    as_dict,
)
from gradatim.sim.faults.slow import BESIDE
from gradatim.sim.platform.vocabulary import CLIENTS, COMPONENTS, MECHANISMS, SCOPES

START_S, HORIZON_S = 1200.0, 8400.0
SEEDS = st.integers(0, (1 << 128) - 1)
VARIANTS = [(f.id, v) for f in FAMILIES.values() for v in f.variants]


def draw(family_id: str, seed: int, **how: Any) -> Scenario:
    return family(family_id).draw(seed, start_s=START_S, horizon_s=HORIZON_S, **how)


@given(st.sampled_from(sorted(FAMILIES)), SEEDS)
def test_a_scenario_is_a_pure_function_of_the_seed(family_id: str, seed: int) -> None:
    scenario = draw(family_id, seed)
    assert scenario == draw(family_id, seed)
    assert scenario == draw(family_id, seed, variant=scenario.variant)
    assert scenario.family == family_id and scenario.variant in FAMILIES[family_id].variants
    json.dumps(as_dict(scenario), allow_nan=False)


@pytest.mark.parametrize("family_id", [f.id for f in FAMILIES.values() if len(f.variants) > 1])
def test_every_variant_is_drawn_about_as_often(family_id: str) -> None:
    drawn = [draw(family_id, seed).variant for seed in range(400)]
    assert len(FAMILIES[family_id].variants) >= 4
    for variant in FAMILIES[family_id].variants:
        assert 60 <= drawn.count(variant) <= 145, variant


@pytest.mark.parametrize(("family_id", "variant"), VARIANTS)
@given(seed=SEEDS)
def test_everything_happens_inside_the_shift_and_in_whole_seconds(
    family_id: str, variant: str, seed: int
) -> None:
    scenario = draw(family_id, seed, variant=variant)
    start_s, horizon_s = scenario.pace.start_s, scenario.pace.horizon_s
    if scenario.shocks:
        # Ten minutes to look around before, an hour to work after; two hours and two days on a shift of days.
        before, after = (7200, 2 * 86_400) if scenario.slow else (600, 3600)
        assert start_s + before <= scenario.onset_s <= horizon_s - after
    else:
        assert scenario.onset_s == horizon_s
    nights = {s.change for s in scenario.shocks if isinstance(s, NightlyRetrain)}
    beside = {s.change for s in scenario.shocks if isinstance(s, DataFault) and s.name == BESIDE}
    for shock in scenario.shocks:
        assert shock.at_s < horizon_s and shock.at_s == int(shock.at_s)
        if isinstance(shock, SlowFleet | DemandSurge):
            assert scenario.onset_s <= shock.at_s < shock.until_s < HORIZON_S
            assert shock.until_s == int(shock.until_s) and shock.factor > 1
    spans = sorted((s.at_s, s.until_s) for s in scenario.shocks if isinstance(s, SlowFleet))
    assert all(a[1] < b[0] for a, b in itertools.pairwise(spans)), "one slow-down at a time"
    for change in scenario.changes:
        # The nightly retrain learns what went wrong before it; what moves beside a fault may come an hour after it.
        assert change.id in nights | beside or -horizon_s < change.at_s < scenario.onset_s, (
            "a change comes before its effect"
        )
    for span in scenario.truth.spans:
        assert 0 <= span.from_s < span.to_s <= horizon_s


@pytest.mark.parametrize(("family_id", "variant"), VARIANTS)
def test_the_truth_is_said_in_the_words_of_a_diagnosis(family_id: str, variant: str) -> None:
    for seed in range(12):
        scenario = draw(family_id, seed, variant=variant)
        truth = scenario.truth
        assert truth.component in COMPONENTS and truth.mechanism in MECHANISMS and truth.scope in SCOPES
        well = truth.mechanism in ("nothing_wrong", "telemetry_fault", "label_delay", "harmless_shift")
        assert scenario.healthy == well == FAMILIES[family_id].healthy
        assert not (scenario.healthy and any(s.harm for s in truth.spans))
        assert truth.headline and truth.teach
        assert set(scenario.config.clients) == set(CLIENTS)


def test_a_culprit_is_a_change_that_is_in_the_history() -> None:
    for variant, kind in (("one-release", ClientRelease), ("deep-queue", QueueLimitChange)):
        for seed in range(20):
            scenario = draw("metastable-overload", seed, variant=variant)
            (culprit,) = [s for s in scenario.shocks if isinstance(s, kind)]
            (change,) = [c for c in scenario.changes if c.id == culprit.change]
            assert change.at_s == culprit.at_s


def test_a_culprit_looks_like_an_innocent_change() -> None:
    """Same fields, one form of number, names and times from the same hats; never alone in the history."""
    culprits, innocents = [], []
    for seed in range(150):
        for family_id in ("metastable-overload", "traffic-surge"):
            scenario = draw(family_id, seed)
            guilty = {s.change for s in scenario.shocks if isinstance(s, ClientRelease | QueueLimitChange)}
            culprits += [(scenario, c) for c in scenario.changes if c.id in guilty]
            innocents += [(scenario, c) for c in scenario.changes if c.id not in guilty]
            assert any(c.id not in guilty for c in scenario.changes), "an innocent change is always there"
            assert len({c.id for c in scenario.changes}) == len(scenario.changes)
    assert len(culprits) > 40
    form = re.compile(r"C-\d{4}")
    for _, c in (*culprits, *innocents):
        assert form.fullmatch(c.id) and c.kind in ("deploy", "config") and c.component in COMPONENTS
    assert {c.who for _, c in culprits} & {c.who for _, c in innocents}
    ids = [sorted((c.at_s, c.id) for c in s.changes) for s, _ in culprits]
    assert all([i for _, i in row] == sorted(i for _, i in row) for row in ids), "numbers go up with time"


def test_incidental_settings_do_not_tell_the_family() -> None:
    """Rate, attempts and backoff come from the same draws whatever the family."""
    for seed in range(40):
        a = draw("metastable-overload", seed, variant="cold-cache").config
        b = draw("traffic-surge", seed).config
        assert a == b
        release = draw("metastable-overload", seed, variant="one-release").config
        assert release == a
        storm = draw("metastable-overload", seed, variant="everyone-retries").config
        unbounded = {n: dataclasses.replace(p, budget=None) for n, p in a.clients.items()}
        assert storm == dataclasses.replace(a, clients=unbounded)
        assert draw("metastable-overload", seed).onset_s == draw("traffic-surge", seed).onset_s


def test_an_unknown_family() -> None:
    with pytest.raises(UnknownName, match="meta"):
        family("meta")
