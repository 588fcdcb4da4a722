"""The benchmark measures what it says, and the kernel outcome is the one promised on every x86-64."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from gradatim.core.canonical import outcome_digest
from gradatim.core.errors import InputError
from gradatim.sim.serving import Setup, Simulator
from gradatim.sim.serving.bare import run_bare, sequential_state
from gradatim.sim.serving.bench import CLIENT, POOL, SCENARIOS, bench_serving, rates_of, setup_of
from gradatim.sim.serving.warm import sources_digest

NAMES = {
    "steady70.requests_per_cpu_s", "steady70.share_of_bare", "bare70.requests_per_cpu_s",
    "diurnal90.requests_per_cpu_s", "storm.requests_per_cpu_s", "mm8_rho08.requests_per_cpu_s",
    "mm8_rho08.simpy_customers_per_cpu_s", "mm8_rho08.times_simpy",
}  # fmt: skip


def outcome(sim: Simulator) -> str:
    rows = sim.samples()
    return outcome_digest(
        {
            "totals": sim.totals(),
            "hist": sim.latency_hist.sum(0).tolist(),
            "replicas": sim.replica_ticks.sum((0,)).tolist(),
            "finished": rows["finished_s"].view("i8").tolist(),
        }
    )


def test_every_figure_is_there() -> None:
    figures = bench_serving(20_000, repeats=1)
    assert set(figures) == NAMES
    assert all(isinstance(v, float) and v > 0.0 for v in figures.values())


def test_bad_arguments() -> None:
    with pytest.raises(InputError) as e:
        bench_serving(5, repeats=0)
    assert len(e.value.problems) == 2


def test_the_bare_loop_simulates_the_same_system() -> None:
    answered, failed, end_s = run_bare(
        300_000, POOL.replicas, POOL.max_batch, POOL.max_wait_s, POOL.queue_limit, POOL.base_s, POOL.per_item_s,
        POOL.noise, CLIENT.timeout_s, CLIENT.max_attempts, CLIENT.backoff_s, rates_of(SCENARIOS["steady70"]), 1.0,
        sequential_state(1),
    )  # fmt: skip
    setup, horizon_s = setup_of(SCENARIOS["steady70"], 300_000)
    sim = Simulator(setup, 1)
    sim.run(horizon_s)
    t = sim.totals()
    assert answered + failed == 300_000
    assert failed <= 3 and t["failed"] <= 3
    assert end_s == pytest.approx(300_000 / (t["arrivals"] / horizon_s), rel=0.01)


def test_storm_is_a_storm() -> None:
    setup, horizon_s = setup_of(SCENARIOS["storm"], 200_000)
    sim = Simulator(setup, 1)
    sim.run(horizon_s)
    t = sim.totals()
    assert t["retries"] > 0.5 * t["arrivals"] and t["failed"] > 0.1 * t["arrivals"]


def test_the_outcome_is_the_promised_one(hour: Setup) -> None:
    sim = Simulator(hour, 20130711)
    sim.run(1800.0)
    sim.change_pool("canary", weight=0.4, slots=3)
    sim.change_client("app", jitter=False, backoff_s=0.3)
    sim.restart(1)
    sim.run(3600.0)
    assert outcome(sim) == PROMISED


def test_another_process_finds_the_same_outcome(hour: Setup) -> None:
    sim = Simulator(hour, 6)
    sim.run(600.0)
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_bench import outcome\n"
        "from conftest import hour\n"
        "from gradatim.sim.serving import Simulator\n"
        "sim = Simulator(hour.__wrapped__(), 6); sim.run(600.0); print(outcome(sim))"
    )
    here = os.path.dirname(__file__)  # noqa: PTH120
    out = subprocess.run([sys.executable, "-c", code, here], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == outcome(sim)


def test_digest_of_the_sources_needs_no_numpy() -> None:
    code = (
        "import sys; import gradatim.sim.serving.warm as w; print(w.sources_digest(), 'numba' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.split() == [sources_digest(), "False"]


PROMISED = "8dea33eedfcebe7f9a12f03bc99c22176667a8d1"
