import dataclasses

import numpy as np
import pytest

from gradatim.sim.telemetry.alerts import AlertBook
from gradatim.sim.telemetry.record import Event
from gradatim.sim.telemetry.rules import rules
from gradatim.sim.telemetry.telemetry import Telemetry

KEYS = {"id", "name", "severity", "since_s", "value", "unit", "state", "summary"}


def book(record):
    return AlertBook(Telemetry(record))


def test_rules_watch_series_that_exist(quiet):
    known = Telemetry(quiet).by_id
    found = rules(quiet)
    assert 12 <= len(found) <= 16
    assert len({r.name for r in found}) == len(found)
    assert {c.series for r in found for c in r.clauses} <= known.keys()
    assert {r.severity for r in found} == {"page", "ticket"}


def test_quiet_instances_have_noise_tickets_and_no_page(made):
    counts = []
    for seed in range(30):
        fired = [x for x in book(made(seed=seed)).transitions(1200.0) if x.state == "firing"]
        assert not [x for x in fired if x.severity == "page"], seed
        counts.append(len(fired))
    assert min(counts) >= 1
    assert np.mean(counts) >= 2
    assert max(counts) <= 8


@pytest.mark.parametrize(
    "harm",
    [
        {"bad_from": 300, "bad_to": 840},
        {"bad_from": 300, "bad_to": 330},
        {"bad_from": 300, "bad_to": 840, "bad_share": 0.95},
        {"bad_from": 300, "bad_to": 840, "bad_share": 0.15},
        {"bad_from": 300, "bad_to": 420, "surge": 1.6, "bad_share": 0.3},
    ],
)
def test_the_first_page_has_one_name_whatever_happens(made, harm):
    pages = [x for x in book(made(seed=8, **harm)).transitions() if x.severity == "page"]
    assert pages[0].name == "GoodputFastBurn"
    assert 3000.0 < pages[0].t_s <= 3180.0


def test_alerts_fire_resolve_and_carry_the_contracted_fields(harmed):
    b = book(harmed)
    during = {a["name"]: a for a in b.evaluate(4800.0)}
    assert during["GoodputFastBurn"].keys() >= KEYS
    assert {during[n]["state"] for n in ("GoodputFastBurn", "LatencyP99High", "GatewayErrors")} == {"firing"}
    assert "too fast" in during["GoodputFastBurn"]["summary"]
    after = {a["name"]: a for a in b.evaluate()}
    assert after["GoodputFastBurn"]["state"] == "resolved"
    assert 5000.0 < after["GoodputFastBurn"]["until_s"] < 5400.0
    assert b.evaluate(4800.0)[0]["severity"] == "page"


def test_stepwise_evaluation_equals_evaluation_at_once(harmed):
    telemetry = Telemetry(dataclasses.replace(harmed, now_s=100.0))
    steps = AlertBook(telemetry)
    for now in (700.0, 3055.0, 3060.0, 3100.0, 5000.0, 8400.0):
        telemetry.update(dataclasses.replace(harmed, now_s=now))
        steps.evaluate()
    assert steps.transitions() == book(harmed).transitions()


def test_an_alert_knows_only_what_was_visible_when_it_fired(harmed):
    first = book(harmed).first_new_alert_after(3000.0)
    assert first is not None
    assert first.name == "GoodputFastBurn"
    # The last value used ended a lag earlier.
    value = Telemetry(harmed).values()["slo.burn_5m"]
    tick = int((first.t_s - 10.0) / 10.0) - 1
    assert first.value == value[tick]
    assert value[tick - 1] <= 14.4
    early = book(dataclasses.replace(harmed, now_s=first.t_s - 0.5))
    assert early.first_new_alert_after(3000.0) is None


def test_acknowledgement_and_silence_come_from_the_journal(harmed):
    journal = (
        Event(4000.0, "ack", "notify", "acknowledged", {"alert": "GoodputFastBurn#1"}),
        Event(4100.0, "silence", "notify", "silenced", {"alert": "QueueDepth", "until_s": 4600.0}),
    )
    b = book(dataclasses.replace(harmed, journal=journal))

    def states(t):
        return {a["name"]: a["state"] for a in b.evaluate(t)}

    assert states(3990.0)["GoodputFastBurn"] == "firing"
    assert states(4000.0)["GoodputFastBurn"] == "acknowledged"
    assert states(4200.0)["QueueDepth"] == "silenced"
    assert states(4700.0)["QueueDepth"] == "firing"
    assert states(8400.0)["GoodputFastBurn"] == "resolved"


def test_missing_data_is_neither_firing_nor_healthy(harmed):
    ticks = {k: a.copy() for k, a in harmed.ticks.items()}
    for a in ticks.values():
        a[400:600] = 0
    hist = harmed.latency_hist.copy()
    hist[400:600] = 0
    b = book(dataclasses.replace(harmed, ticks=ticks, latency_hist=hist))
    during = {(a["name"], a["state"]) for a in b.evaluate(5500.0)}
    assert ("LatencyP99High", "no data") in during
    # It fired before the data stopped, and goes on firing: silence is not health.
    assert ("LatencyP99High", "firing") in during
    assert ("GatewayErrors", "resolved") not in during


def test_rewinding_the_telemetry_rewinds_the_alerts(made):
    t = Telemetry(made(seed=4, bad_from=300, bad_to=840))
    b = AlertBook(t)
    assert b.first_new_alert_after(2900.0) is not None
    t.rewind(2900.0)
    t.update(made(seed=4))
    assert not [x for x in b.transitions() if x.severity == "page"]
