"""A size as people write it: in the metric's own unit, or in per cent of what it is compared with."""

from __future__ import annotations

import math
from typing import NamedTuple


class Size(NamedTuple):
    """`value` is NaN when the text was no finite number; of a percentage it is the share."""

    value: float
    relative: bool


def read_size(text: str) -> Size:
    """`0.5`, or `5%` of the control or baseline (then value 0.05 and relative)."""
    relative = text.endswith("%")
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        value = math.nan
    return Size(value / 100 if relative else value, relative)
