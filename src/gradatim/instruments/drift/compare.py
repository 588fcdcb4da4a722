"""One column against its reference: how far apart, and whether that is more than sampling gives."""

from __future__ import annotations

import math
from collections.abc import Iterable

from gradatim.instruments.drift import distances
from gradatim.instruments.drift.categorical import compare_categories
from gradatim.instruments.drift.chance import chi2_sf, holm, normal_point, shares_p
from gradatim.instruments.drift.finding import ColumnResult, Finding, What
from gradatim.instruments.drift.numeric import compare_numbers
from gradatim.instruments.drift.profile import ColumnProfile
from gradatim.instruments.drift.settings import Settings

DAY_S = 86400.0


def compare(reference: ColumnProfile, current: ColumnProfile, settings: Settings) -> ColumnResult:
    """Every test of one column; nothing is adjusted or decided yet."""
    result = ColumnResult(reference.name, reference.kind)
    factor = max(reference.inflation, current.inflation)
    result.measures |= {
        "rows_reference": reference.rows,
        "rows_current": current.rows,
        "missing_share_reference": _share(reference.missing, reference.rows),
        "missing_share_current": _share(current.missing, current.rows),
        "variance_inflation": factor,
    }
    shares: tuple[tuple[What, int, int, float], ...] = (
        ("missing", reference.missing, current.missing, settings.share),
        ("unreadable", reference.unparsed, current.unparsed, settings.broken),
        ("infinite", reference.infinite, current.infinite, settings.broken),
    )
    for what, before, after, limit in shares:
        if before or after:
            result.findings.append(
                _share_finding(what, before, reference.rows, after, current.rows, limit, factor)
            )
    if reference.kind == "empty":
        result.state, result.remark = "not compared", "the reference holds no value"
    elif not current.known or not reference.known:
        result.remark = "no value to compare" if current.rows else "the current file lacks the column"
    elif reference.kind == "category":
        compare_categories(result, reference, current, settings, factor)
    elif reference.kind == "time":
        _compare_times(result, reference, current, settings)
    else:
        compare_numbers(result, reference, current, settings, factor)
    return result


def gone(reference: ColumnProfile) -> ColumnResult:
    """A column that the current file does not have: no test is needed."""
    text = f"the column is not there; the reference has it in {reference.rows:,} rows"
    return ColumnResult(reference.name, reference.kind, [Finding("column gone", 1.0, 0.0, 0.0, text)])


def decide(results: Iterable[ColumnResult], settings: Settings) -> int:
    """Adjust all p-values together and set each column's state; returns the number of tests."""
    listed = list(results)
    findings = [f for result in listed for f in result.findings]
    tests = len(findings) + sum(result.silent for result in listed)
    for finding, p in zip(findings, holm([f.p for f in findings], tests), strict=True):
        finding.p_adjusted = p
    for result in listed:
        real = result.real(settings.alpha)
        if any(f.large for f in real):
            result.state = "drift"
        elif result.state != "not compared":
            result.state = "small" if real else "same"
    return tests


def smallest_visible(n: float, m: float, tests: int, alpha: float) -> float:
    """The shift in standard deviations that is seen with a chance of 0.8 at level alpha / (2 tests)."""
    if n <= 0 or m <= 0:
        return math.inf
    z = normal_point(1 - alpha / (2 * max(1, tests))) + normal_point(0.8)
    return z * math.sqrt(1 / n + 1 / m)


def _compare_times(
    result: ColumnResult, reference: ColumnProfile, current: ColumnProfile, settings: Settings
) -> None:
    """Times move on, so only what should stay is compared: the hours of the day, and nothing older."""
    import numpy as np

    spans = []
    for side, name in ((reference, "reference"), (current, "current")):
        result.measures[f"first_{name}_s"], result.measures[f"last_{name}_s"] = side.minimum, side.maximum
        spans.append((side.maximum or 0) - (side.minimum or 0))
    if min(spans) >= 2 * DAY_S:
        before, after = np.array(reference.hours, float), np.array(current.hours, float)
        statistic, df = distances.chi_square(before, after)
        js = distances.jensen_shannon_beyond_noise(before, after)
        result.measures |= {"js_distance_beyond_noise": js, "chi_square": statistic, "chi_square_df": df}
        result.findings.append(
            Finding(
                "hour of day",
                js / settings.js * settings.effect,
                settings.effect,
                chi2_sf(statistic, df),
                f"the hours of the day moved by JS {js:.3f}",
            )
        )
    else:
        result.remark = "less than two days: the hours of the day were not compared"


def _share_finding(
    what: What, before: int, n: int, after: int, m: int, limit: float, factor: float
) -> Finding:
    change = _share(after, m) - _share(before, n)
    p = shares_p(before / factor, n / factor, after / factor, m / factor)
    return Finding(
        what, abs(change), limit, p, f"{what}: {_share(after, m):.2%} of rows, {_share(before, n):.2%} before"
    )


def _share(count: float, rows: float) -> float:
    return count / rows if rows else 0.0
