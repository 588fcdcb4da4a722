import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gradatim.core.streams import Stream, purpose_key
from gradatim.sim.telemetry.noise import Unquiet, bell, bits, draw_excursions, keys, smooth, uniform, wander


@given(st.integers(0, 2**128 - 1), st.lists(st.integers(0, 2**40), min_size=1, max_size=20))
def test_bits_and_uniform_are_those_of_the_core_streams(seed, entities):
    key = np.uint64(purpose_key(seed, "telemetry/x"))
    stream = Stream(seed, "telemetry/x")
    array = np.array(entities, dtype=np.int64)
    assert bits(key, array).tolist() == [stream.bits(e) for e in entities]
    assert uniform(key, array).tolist() == [stream.uniform(e) for e in entities]


def test_bell_has_unit_deviation_and_bounded_tails():
    x = bell(keys(1, ["a"])[0], np.arange(200_000))
    assert abs(x.mean()) < 0.01
    assert abs(x.std() - 1.0) < 0.01
    assert np.abs(x).max() < 3.47


def test_smooth_meets_its_lattice_and_is_continuous():
    key = keys(2, ["a"])[0]
    lattice = np.arange(50, dtype=np.float64)
    assert np.array_equal(smooth(key, lattice), bell(key, lattice))
    fine = smooth(key, np.linspace(0, 20, 20_001))
    assert np.abs(np.diff(fine)).max() < 0.02


def test_wander_is_autocorrelated_and_of_unit_size():
    x = wander(keys(3, [f"s{i}" for i in range(60)])[:, None], np.arange(2000)[None, :])
    assert 0.85 < x.std() < 1.05
    correlation = np.mean([np.corrcoef(row[:-1], row[1:])[0, 1] for row in x])
    assert 0.4 < correlation < 0.8


@given(st.integers(0, 700), st.integers(1, 100))
def test_wander_of_a_part_is_the_part_of_the_wander(lo, n):
    key = keys(4, ["a", "b"])[:, None]
    whole = wander(key, np.arange(840)[None, :])
    assert np.array_equal(wander(key, np.arange(lo, lo + n)[None, :])[:, : 840 - lo], whole[:, lo : lo + n])


@given(st.integers(0, 10_000), st.integers(60, 3000))
def test_excursions_lie_in_the_shift_and_have_the_promised_number(seed, n):
    series = [Unquiet(f"s{i}", 1, 9.0 if i < 8 else 0.0) for i in range(30)]
    first = n // 7
    found = draw_excursions(seed, series, first, n)
    alerting = [e for e in found if int(e.name[1:]) < 8]
    assert 2 <= len(alerting) <= 4
    assert 6 <= len(found) - len(alerting) <= 9
    assert all(first <= e.first < n and e.length >= 4 for e in found)
    assert all(e.height >= 8.0 for e in found)
    outside = found[0].at(np.array([found[0].first - 1, found[0].first + found[0].length]))
    assert outside.tolist() == [0.0, 0.0]
