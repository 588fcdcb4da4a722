"""The measurements of the simulator: its speed, its faithfulness, and the run that compiles it."""

from __future__ import annotations

from typing import Any


def bench_serving() -> dict[str, Any]:
    """Requests per CPU-second of the serving kernel and its peers, see `gradatim.sim.serving.bench`."""
    from gradatim.sim.serving.bench import bench_serving as measure

    return dict(measure())


def bench_queue(**queue: Any) -> dict[str, Any]:
    """One plain queue run by the serving kernel, with theory, see `gradatim.sim.serving.queue.run_queue`."""
    from gradatim.sim.serving.queue import run_queue

    return {**run_queue(**queue)._asdict(), "wait_unit": "mean service time"}


def compile_kernel() -> None:
    """Run a small queue and fit a small forest, so that numba compiles what they use into its cache."""
    from gradatim.sim.flights.fit import compile_forest

    bench_queue(servers=1, rho=0.5, customers=10_000)
    compile_forest()
