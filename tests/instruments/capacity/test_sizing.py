"""Sizes against queueing theory."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradatim.instruments.capacity.serving import Service, run
from gradatim.instruments.capacity.sizing import erlang_replicas, size, symptoms, vpa_replicas
from gradatim.sim.queueing import erlang_c

# servers, load per server, probability to wait: the project's reference/queueing.csv.
REFERENCE = [
    (1, 0.8, 0.800000),
    (2, 0.8, 0.711111),
    (4, 0.8, 0.596432),
    (8, 0.7, 0.270603),
    (8, 0.8, 0.457645),
    (8, 0.9, 0.701533),
    (16, 0.9, 0.591343),
]


@pytest.mark.parametrize(("servers", "rho", "wait"), REFERENCE)
def test_erlang_c_answers_with_the_reference_number_of_servers(servers: int, rho: float, wait: float) -> None:
    """A promise that the reference system just keeps needs that system; one that it just breaks needs more."""
    mean_s, patience_s = 0.1, 0.05
    rate = servers * rho / mean_s
    late = wait * math.exp(-servers * (1 - rho) * patience_s / mean_s)
    service = Service(mean_s, slots=1, target_s=mean_s + patience_s)
    assert erlang_replicas(service, rate, 1 - late - 1e-5) == servers
    answer = erlang_replicas(service, rate, 1 - late + 1e-5)
    assert answer is not None and answer > servers


def test_erlang_c_has_no_answer_below_the_service_time() -> None:
    assert erlang_replicas(Service(0.1, target_s=0.1), 10.0, 0.99) is None


@pytest.mark.parametrize("rho", [0.5, 0.8])
def test_one_replica_is_the_queue_of_theory(rho: float) -> None:
    """M/M/4: the share answered within t, from the distribution of the time in the system (Kleinrock I, 3.5)."""
    c, mean_s, t = 4, 0.05, 0.15
    service = Service(mean_s, 1.0, c, 100_000, t, 1e4, 1)
    rate = rho * c / mean_s
    wait, leave = erlang_c(c, rho), c * (1 - rho)
    u = t / mean_s
    late = math.exp(-u) + wait * (math.exp(-u) - math.exp(-leave * u)) / (leave - 1)
    found = run(service, rate, 1, seed=5)
    assert found.good == pytest.approx(1 - late, abs=0.012)
    assert found.utilisation == pytest.approx(rho, abs=0.02)


def test_a_plan_keeps_its_promise_with_a_zone_lost_and_one_less_does_not() -> None:
    service = Service(0.05, 0.5, 2, 32, 0.25)
    plan = size(service, 120.0, 0.99, 3, seed=2)
    assert plan.least is not None and plan.replicas is not None and plan.replicas % 3 == 0
    assert plan.replicas >= math.ceil(plan.least * 1.5)
    assert run(service, 120.0, plan.least, 2).good >= 0.99
    assert run(service, 120.0, plan.least - 1, 2).good < 0.99
    assert run(service, 120.0, plan.replicas, 2, lost=plan.replicas // 3).good >= 0.99
    shown = symptoms(plan, service, 0.99)
    assert shown[0][1] is not None and shown[0][1] > 1.0
    assert [p.replicas for p in plan.curve] == sorted({p.replicas for p in plan.curve})


def test_no_number_of_replicas_mends_a_slow_service() -> None:
    plan = size(Service(0.2, 1.0, 4, 64, 0.3), 50.0, 0.99, 1, seed=1)
    assert plan.replicas is None and "idle replica" in plan.why_not


def test_a_part_of_a_large_fleet_answers_like_the_whole() -> None:
    service = Service(0.02, 1.0, 2, 64, 0.1)
    small, large = run(service, 1_500.0, 20, 3), run(service, 15_000.0, 200, 3)
    assert small.good == pytest.approx(large.good, abs=0.01)


def test_the_vertical_autoscaler_looks_at_the_last_day_and_not_at_the_peak() -> None:
    rate = np.concatenate([np.full(200, 1_000.0), np.full(96, 10.0)])
    assert vpa_replicas(Service(0.1, slots=1), rate) == math.ceil(10 * 0.1 * 1.15)
