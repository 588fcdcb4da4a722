"""The formulas against published numbers, and the kernel against the formulas."""

from __future__ import annotations

import math

import pytest

from gradatim.core.errors import InputError
from gradatim.sim import queueing
from gradatim.sim.serving.queue import QueueResult, run_queue

# servers, rho, Erlang B, Erlang C, mean wait: the project's reference/queueing.csv (computed), rounded there.
REFERENCE = [
    (1, 0.8, 0.444444, 0.800000, 4.0),
    (2, 0.8, 0.329897, 0.711111, 1.777778),
    (4, 0.8, 0.228145, 0.596432, 0.745541),
    (8, 0.7, 0.100152, 0.270603, 0.112751),
    (8, 0.8, 0.144394, 0.457645, 0.286028),
    (8, 0.9, 0.190313, 0.701533, 0.876916),
    (16, 0.9, 0.126412, 0.591343, 0.369590),
]
# rho, then mean time in the system for d = 1, 2, 3, 5: reference/power_of_two.csv (Mitzenmacher's sum).
CHOICES = [
    (0.50, {1: 2.00, 2: 1.2657, 3: 1.1252, 5: 1.0313}),
    (0.70, {1: 3.33, 2: 1.6145, 3: 1.3568, 5: 1.1681}),
    (0.90, {1: 10.0, 2: 2.6141, 3: 2.0279, 5: 1.6329}),
]


@pytest.mark.parametrize(("servers", "rho", "b", "c", "wq"), REFERENCE)
def test_erlang(servers: int, rho: float, b: float, c: float, wq: float) -> None:
    assert queueing.erlang_b(servers, servers * rho) == pytest.approx(b, abs=6e-7)
    assert queueing.erlang_c(servers, rho) == pytest.approx(c, abs=6e-7)
    assert queueing.mmc_wait(servers, rho) == pytest.approx(wq, abs=6e-7)


@pytest.mark.parametrize(("rho", "times"), CHOICES)
def test_mean_field_of_choices(rho: float, times: dict[int, float]) -> None:
    for d, w in times.items():
        assert queueing.choices_time(rho, d) == pytest.approx(w, rel=1.1e-3)


def test_textbook_cases() -> None:
    assert queueing.md1_wait(0.8) == pytest.approx(2.0)  # half of M/M/1
    # Erlang's own table: 10 lines, 5 erlangs lose 1.838 %.
    assert queueing.erlang_b(10, 5.0) == pytest.approx(0.018385, abs=1e-6)
    # M/M/1/1 loses rho / (1 + rho); M/M/1/3 at rho 1 has four equally likely states.
    assert queueing.mmck(1, 0.5, 1).blocking == pytest.approx(1 / 3)
    full = queueing.mmck(1, 1.0, 3)
    assert full.blocking == pytest.approx(0.25)
    assert full.wq == pytest.approx(1.0)  # L_q = (0 + 0 + 1 + 2) / 4, accepted 0.75 per unit
    # A queue of no length is Erlang's loss system; a very long one is M/M/c.
    assert queueing.mmck(8, 0.8, 8).blocking == pytest.approx(queueing.erlang_b(8, 6.4))
    assert queueing.mmck(4, 0.8, 2000).wq == pytest.approx(queueing.mmc_wait(4, 0.8))
    assert queueing.mmck(2, 50.0, 3000).blocking == pytest.approx(1.0 - 1.0 / 50.0)
    with pytest.raises(ValueError, match="below the number of servers"):
        queueing.mmck(4, 0.5, 3)


def test_what_has_no_closed_form_says_so() -> None:
    assert queueing.theory(8, 0.8, "det", None, None).wq is None
    assert queueing.theory(1, 0.8, "det", 5, None) == (None, None, None)
    assert queueing.theory(1, 0.8, "det", None, 2).w is None
    assert queueing.theory(8, 0.8, "det", 8, None).blocking == pytest.approx(queueing.erlang_b(8, 6.4))


def assert_faithful(r: QueueResult) -> None:
    """Within 1 % or three standard errors, whichever is larger; and the errors themselves are small."""
    assert r.theory_wq is not None and r.theory_w is not None and r.theory_blocking is not None
    assert abs(r.wq - r.theory_wq) <= max(0.01 * r.theory_wq, 3.0 * r.se_wq)
    assert abs(r.w - r.theory_w) <= max(0.01 * r.theory_w, 3.0 * r.se_w)
    assert abs(r.blocking - r.theory_blocking) <= max(0.01 * r.theory_blocking, 3.0 * r.se_blocking)
    assert r.se_w <= 0.05 * r.theory_w
    assert r.se_blocking <= 0.01


@pytest.mark.parametrize(
    ("servers", "rho"), [(1, 0.5), (1, 0.8), (2, 0.8), (4, 0.8), (8, 0.7), (8, 0.9), (16, 0.9)]
)
def test_mmc(servers: int, rho: float) -> None:
    assert_faithful(run_queue(servers, rho, customers=1_000_000, seed=12))


def test_standard_errors_are_honest_under_heavy_load() -> None:
    # The variance of the mean wait of n customers of M/M/1 is rho (2 + 5 rho - 4 rho^2 + rho^3) /
    # ((1 - rho)^4 n) (Daley 1968): a standard error of 0.5 at rho 0.95 even for 2.7 million of them.
    rho = 0.95
    r = run_queue(1, rho, customers=3_000_000, seed=5)
    assert_faithful(r)
    true = math.sqrt(rho * (2 + 5 * rho - 4 * rho**2 + rho**3) / (1 - rho) ** 4 / 2_700_000)
    assert 0.6 * true <= r.se_wq <= 1.6 * true


def test_standard_errors_cover_the_truth() -> None:
    z = []
    for seed in range(16):
        r = run_queue(1, 0.8, customers=100_000, seed=seed)
        z.append((r.wq - 4.0) / r.se_wq)
    assert max(abs(x) for x in z) < 3.5
    assert 0.5 < math.sqrt(sum(x * x for x in z) / len(z)) < 1.6


@pytest.mark.parametrize("rho", [0.5, 0.8, 0.9])
def test_md1(rho: float) -> None:
    assert_faithful(run_queue(1, rho, "det", customers=1_000_000, seed=3))


@pytest.mark.parametrize(
    ("servers", "rho", "capacity", "service"),
    [(1, 0.8, 5, "exp"), (3, 1.4, 7, "exp"), (8, 0.8, 8, "exp"), (8, 0.8, 8, "det"), (16, 0.9, 16, "exp")],
)
def test_capacity(servers: int, rho: float, capacity: int, service: str) -> None:
    assert_faithful(run_queue(servers, rho, service, capacity, customers=500_000, seed=7))


@pytest.mark.parametrize(("rho", "d"), [(0.5, 1), (0.7, 2), (0.9, 2), (0.7, 3), (0.9, 5)])
def test_choices(rho: float, d: int) -> None:
    assert_faithful(run_queue(1, rho, choices=d, replicas=1000, customers=2_000_000, seed=9))


def test_few_replicas_are_worse_than_the_limit() -> None:
    r = run_queue(1, 0.9, choices=2, replicas=10, customers=400_000, seed=9)
    assert r.theory_w is not None and r.w > r.theory_w * 1.02


def test_every_problem_is_named() -> None:
    with pytest.raises(InputError) as e:
        run_queue(0, math.nan, "gamma", customers=-5, seed=-1, replicas=7, warmup=2.0)
    text = "\n".join(e.value.problems)
    for word in ("servers", "rho", "gamma", "customers", "seed", "replicas", "warmup"):
        assert word in text
    for bad in (
        {"rho": 1.0},
        {"rho": -0.1},
        {"rho": math.inf, "capacity": 9},
        {"rho": 0.5, "capacity": 3},
        {"rho": 0.5, "choices": 0},
        {"rho": 0.5, "choices": 2, "capacity": 9},
        {"rho": 0.5, "choices": 2, "replicas": 0},
    ):
        with pytest.raises(InputError):
            run_queue(4, **bad)  # type: ignore[arg-type]
