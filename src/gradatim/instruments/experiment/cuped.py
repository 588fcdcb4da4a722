"""CUPED: the part of a metric that was known before the experiment is taken out of its variance.

Source: Deng, Xu, Kohavi and Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data", WSDM 2013. The covariate must not be touched by the treatment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gradatim.instruments.experiment.sample import Values


class Adjusted(NamedTuple):
    """Both arms' values after the adjustment.

    Args:
        control, treatment: adjusted values; their means' difference is the adjusted effect.
        theta: the slope of the metric on the covariate.
        variance_removed: share of the within-arm variance that the covariate explained, 0 to 1.
        covariate_gap_se: difference of the covariate's means in its standard errors; large means that the arms
            were unlike before anything was done to them.
    """

    control: Values
    treatment: Values
    theta: float
    variance_removed: float
    covariate_gap_se: float


def adjust(control: Values, treatment: Values, before_control: Values, before_treatment: Values) -> Adjusted:
    """Subtract theta times the centred covariate, theta pooled within the arms."""
    import math

    import numpy as np

    yc, yt = control - control.mean(), treatment - treatment.mean()
    xc, xt = before_control - before_control.mean(), before_treatment - before_treatment.mean()
    spread = float(xc @ xc + xt @ xt)
    # A covariate that does not vary beyond rounding explains nothing.
    scale = float(np.abs(before_control).max(initial=0.0) + np.abs(before_treatment).max(initial=0.0))
    if spread <= (1e-12 * scale) ** 2 * (len(xc) + len(xt)):
        return Adjusted(control, treatment, 0.0, 0.0, 0.0)
    theta = float(xc @ yc + xt @ yt) / spread
    total = float(yc @ yc + yt @ yt)
    removed = theta**2 * spread / total if total > 0 else 0.0
    centre = float(np.concatenate([before_control, before_treatment]).mean())
    error = math.sqrt(xc.var(ddof=1) / len(xc) + xt.var(ddof=1) / len(xt))
    gap = float(before_treatment.mean() - before_control.mean()) / error if error > 0 else 0.0
    return Adjusted(
        control - theta * (before_control - centre),
        treatment - theta * (before_treatment - centre),
        theta,
        min(1.0, removed),
        gap,
    )
