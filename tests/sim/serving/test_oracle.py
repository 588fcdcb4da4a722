"""The kernel with lanes and the kernel with one plain heap live the same life, to the bit."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradatim.sim.serving import Simulator

from .worlds import assert_same, operators, play, setups


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), seed=st.integers(0, 2**128 - 1))
def test_lanes_and_heap_agree_under_random_control(data: st.DataObject, seed: int) -> None:
    setup = data.draw(setups())
    moves = data.draw(operators(setup))
    fast = play(Simulator(setup, seed), moves, 40.0)
    plain = play(Simulator(setup, seed, oracle=True), moves, 40.0)
    assert_same(fast, plain)
