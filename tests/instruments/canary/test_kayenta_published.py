"""Kayenta's own published case of its Mann-Whitney interval, number by number.

Source: spinnaker/kayenta (Apache-2.0), MannWhitneySuite.scala, "tie out intermediate variables": two series of 210
error percentages, mostly zero, and what R's wilcox.test gave for them. The order of the points does not matter, so the
values above zero are listed by size. The root finder's tolerance of 1e-4 leaves the ends of the interval crossed.
"""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.instruments.canary.kayenta.judge import judge
from gradatim.instruments.canary.kayenta.mannwhitney import RankSum, shift
from gradatim.instruments.canary.kayenta.settings import Rule

POINTS = 210
# fmt: off
EXPERIMENT = (
    1.234567901234584, 1.3333333333333286, 1.3513513513513544, 1.3698630136986196, 1.3888888888888857,
    1.4285714285714164, 1.4285714285714164, 1.4285714285714448, 1.4492753623188293, 1.470588235294116,
    1.5151515151515156, 1.5151515151515156, 1.5625, 1.5625, 1.5625000000000142, 1.5873015873015817,
    1.6129032258064484, 1.6393442622950687, 1.6393442622950687, 1.6666666666666572, 1.6666666666666572,
    1.6666666666666714, 1.6949152542372872, 1.7241379310344769, 1.7241379310344769, 1.7543859649122737,
    1.754385964912288, 1.7857142857142776, 1.818181818181813, 1.818181818181813, 1.818181818181813,
    1.818181818181813, 1.8518518518518476, 1.8518518518518476, 1.8518518518518476, 1.8518518518518619,
    1.8518518518518619, 1.8867924528301785, 1.8867924528301927, 1.8867924528301927, 1.9230769230769198,
    1.9607843137255117, 1.9607843137255117, 2.0000000000000284, 2.040816326530603, 2.040816326530603,
    2.439024390243887, 2.564102564102555, 2.702702702702709, 2.8169014084507182, 2.985074626865682,
    3.0303030303030454, 3.125000000000014, 3.1746031746031633, 3.225806451612911, 3.333333333333343,
    3.333333333333343, 3.3898305084745743, 3.4482758620689538, 3.5714285714285836, 3.703703703703681,
    4.081632653061206, 4.1095890410959015, 5.555555555555557,
)
CONTROL = (
    1.3888888888888857, 1.470588235294116, 1.492537313432834, 1.492537313432834, 1.492537313432834,
    1.5384615384615614, 1.5625000000000142, 1.5873015873015817, 1.6393442622950687, 1.6949152542373014,
    1.7241379310344769, 1.754385964912288, 1.7857142857142776, 1.8518518518518619, 2.5000000000000284,
    2.9850746268656536, 3.124999999999986,
)
# fmt: on


def series(above: tuple[float, ...]) -> np.ndarray:
    return np.concatenate([np.zeros(POINTS - len(above)), above])


def test_the_published_intermediate_values() -> None:
    canary, baseline = series(EXPERIMENT), series(CONTROL)
    low, high = canary.min() - baseline.max(), canary.max() - baseline.min()
    assert (low, high) == pytest.approx((-3.124999999999986, 5.555555555555557), rel=1e-12)
    z, statistic = 1.9599639845400536, RankSum(canary, baseline)
    assert [statistic.at(low) - z, statistic.at(high) - z] == pytest.approx(
        [17.090968923762254, -20.997687930433106], abs=1e-9
    )
    assert [statistic.at(low) + z, statistic.at(high) + z] == pytest.approx(
        [21.01089689284236, -17.077759961353], abs=1e-9
    )


def test_the_published_interval_and_estimate() -> None:
    found = shift(series(EXPERIMENT), series(CONTROL), 0.95)
    assert found.low == pytest.approx(3.521755377702165e-5, abs=1e-9)
    assert found.estimate == pytest.approx(2.6279243045155653e-5, abs=1e-9)
    assert found.high == pytest.approx(2.02456461662334e-5, abs=1e-9)


def test_its_errors_rose_and_the_judge_says_so() -> None:
    assert judge(Rule("errors", direction="increase"), series(CONTROL), series(EXPERIMENT)).label == "High"
    assert judge(Rule("errors", direction="increase"), series(EXPERIMENT), series(CONTROL)).label == "Pass"
