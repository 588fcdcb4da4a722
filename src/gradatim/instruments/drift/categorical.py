"""A category: other shares, values that are new, values that are gone?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gradatim.instruments.drift import distances
from gradatim.instruments.drift.chance import chi2_sf
from gradatim.instruments.drift.finding import ColumnResult, Finding, What
from gradatim.instruments.drift.merging import bucket_of
from gradatim.instruments.drift.profile import BUCKETS, ColumnProfile
from gradatim.instruments.drift.settings import Settings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def compare_categories(
    result: ColumnResult, reference: ColumnProfile, current: ColumnProfile, settings: Settings, factor: float
) -> None:
    """Add the findings and measures of a category; `factor` is its variance inflation."""
    import numpy as np

    names, before, after = _cells(reference, current)
    new = {v: c for v, c in current.categories.items() if v not in reference.categories}
    new_rows = sum(new.values()) + (sum(current.buckets) if reference.all_named else 0)
    # Which values are too rare to stand alone is decided by both sides together: a rule that looked at one side
    # would find its rare values to be rarer on the other. The far tail of chi-square needs more than the usual five.
    names, before, after = _pooled(names, before, after, 12 * factor)
    statistic, df = distances.chi_square(before, after, 0.0)
    p = chi2_sf(statistic / factor, df)
    js = distances.jensen_shannon(before, after)
    js_sure = distances.jensen_shannon_beyond_noise(before / factor, after / factor)
    changes = after / current.known - before / reference.known
    most = int(np.argmax(np.abs(changes)))
    result.measures |= {
        "js_distance": js,
        "js_distance_beyond_noise": js_sure,
        "psi": distances.psi(before, after),
        "psi_noise_95": distances.psi_noise(
            int(np.count_nonzero(before + after)), reference.known / factor, current.known / factor
        ),
        "chi_square": statistic,
        "chi_square_df": df,
        "chi_square_p": p,
        "categories_reference": len(reference.categories),
        "new_categories": len(new),
        "new_category_share": new_rows / current.known,
    }
    told = f"; most: {names[most]} {changes[most]:+.1%}" if names[most] else ""
    result.findings.append(
        Finding(
            "categories",
            js_sure / settings.js * settings.effect,
            settings.effect,
            p,
            f"shares of the categories moved by JS {js_sure:.3f}{told}",
        )
    )
    if reference.all_named:
        _appeared(result, "new category", new, new_rows, reference, current, settings, factor)
        lost = {v: c for v, c in reference.categories.items() if not current.categories.get(v)}
        _appeared(result, "vanished category", lost, sum(lost.values()), current, reference, settings, factor)
        result.measures["vanished_categories"] = len(lost)
    else:
        result.remark = "too many values to name all: a new one cannot be told from a rare one"


def _cells(
    reference: ColumnProfile, current: ColumnProfile
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Counts of both sides over the same cells: every value by name, or 64 buckets where a side has too many.

    The values that a side with buckets still names are those that were frequent in it: to compare them alone
    would find them rarer on the other side, so then all are counted by bucket.
    """
    import numpy as np

    if reference.all_named and current.all_named:
        values = list(reference.categories | current.categories)
        sides = [
            np.array([side.categories.get(v, 0) for v in values], float) for side in (reference, current)
        ]
        return [f'"{v if len(v) <= 40 else v[:37] + "…"}"' for v in values], sides[0], sides[1]
    counts = []
    for side in (reference, current):
        buckets = np.array(side.buckets, float)
        for value, count in side.categories.items():
            buckets[bucket_of(value)] += count
        counts.append(buckets)
    return [""] * BUCKETS, counts[0], counts[1]


def _pooled(
    names: list[str], before: NDArray[np.float64], after: NDArray[np.float64], least: float
) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
    """Put cells together that are expected to hold fewer than `least` rows on the smaller side."""
    import numpy as np

    n, m = before.sum(), after.sum()
    rare = (before + after) * min(n, m) / (n + m) < least
    if not rare.any():
        return names, before, after
    kept = [name for name, out in zip(names, rare.tolist(), strict=True) if not out]
    return (
        [*kept, "rare values"],
        np.append(before[~rare], before[rare].sum()),
        np.append(after[~rare], after[rare].sum()),
    )


def _appeared(
    result: ColumnResult,
    what: What,
    found: dict[str, int],
    rows: int,
    without: ColumnProfile,
    having: ColumnProfile,
    settings: Settings,
    factor: float,
) -> None:
    """Values that one side has and the other has not.

    If both sides are draws from one population, a value with t rows in all has them all on this side with
    the chance (m / (n + m))^t; summed over every value that is at least as frequent as the most frequent new one,
    that bounds the chance to see such a one.
    """
    if not rows:
        result.silent += 1
        return
    top = max(found.values(), default=rows)
    n, m = without.known / factor, having.known / factor
    together = {v: without.categories.get(v, 0) + having.categories.get(v, 0) for v in having.categories}
    side = math.log(m / (n + m))
    p = min(1.0, sum(math.exp(side * t / factor) for t in together.values() if t >= top))
    first = max(found, key=lambda v: found[v]) if found else "many"
    share = rows / having.known
    text = (
        f"{share:.2%} of rows are of {_values(len(found))} that the reference has not, most of them "
        f'"{_shown(first, top)}"'
        if what == "new category"
        else f"{_values(len(found))} with {share:.2%} of the reference's rows do not occur, most of them "
        f'"{_shown(first, top)}"'
    )
    result.findings.append(Finding(what, share, settings.share, p, text))


def _values(count: int) -> str:
    return f"{count:,} value{'s' if count != 1 else ''}"


def _shown(value: str, rows: float) -> str:
    """A category's name; what fewer than five rows have may be a person's and is not shown."""
    if rows < 5:
        return "(a rare value)"
    return value if len(value) <= 40 else value[:37] + "…"
