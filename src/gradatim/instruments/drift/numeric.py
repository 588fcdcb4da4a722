"""A number, or the length of a text: moved, out of range, or stuck on one value?"""

from __future__ import annotations

import math

from gradatim.instruments.drift import distances
from gradatim.instruments.drift.chance import beyond_p, chi2_sf, kolmogorov_sf, shares_p
from gradatim.instruments.drift.finding import ColumnResult, Finding
from gradatim.instruments.drift.profile import ColumnProfile
from gradatim.instruments.drift.settings import Settings


def compare_numbers(
    result: ColumnResult, reference: ColumnProfile, current: ColumnProfile, settings: Settings, factor: float
) -> None:
    """Add the findings and measures of a numeric column; `factor` is its variance inflation."""
    import numpy as np

    grid, before, after = reference.grid, reference.counts, current.counts
    assert grid is not None and before is not None and after is not None
    assert reference.sums is not None and current.sums is not None
    n, m = reference.known / factor, current.known / factor
    at_before = grid.positions(before, reference.sums)
    at_after = grid.positions(after, current.sums)
    mean = float(np.average(at_before, weights=before))
    low, high = float(grid.edges[0]), float(grid.edges[-1])
    spread = math.sqrt(max(0.0, float(np.average((at_before - mean) ** 2, weights=before))))
    # A single value a million deviations away must not decide: far mass counts as ten deviations away.
    reach = 10 * spread if spread else 10 * max(abs(mean), 1.0)
    at_after = np.clip(at_after, low - reach, high + reach)
    mean_after = float(np.average(at_after, weights=after))
    distance, error = distances.wasserstein(before, after, at_before, at_after, n, m)
    starts = distances.equal_mass(before + after, max(2, min(20, int(min(n, m) / 15))))
    tens = distances.equal_mass(before, 10)
    coarse_before, coarse_after = distances.grouped(before, starts), distances.grouped(after, starts)
    ks = distances.kolmogorov_smirnov(before, after)
    slack = reference.slack / reference.known + current.slack / current.known
    ks_sure = max(0.0, ks - slack)
    p_ks = kolmogorov_sf(ks_sure * math.sqrt(n * m / (n + m)))
    statistic, df = distances.chi_square(coarse_before, coarse_after, 12 * factor)
    # Rows moved by merging could make the shape differ: then only the part of KS beyond them counts.
    p_shape = 1.0 if slack else chi2_sf(statistic / factor, df)
    js = distances.jensen_shannon(coarse_before, coarse_after)
    js_sure = distances.jensen_shannon_beyond_noise(coarse_before / factor, coarse_after / factor)
    groups = len(tens)
    in_sd = distance / spread if spread > 0 and math.isfinite(distance / spread) else None
    unit = "characters" if result.kind == "text" else "value"
    result.measures |= {
        "wasserstein": distance,
        "wasserstein_sd": in_sd,
        "wasserstein_sd_low": None if in_sd is None else max(0.0, in_sd - 1.96 * error / spread),
        "wasserstein_sd_high": None if in_sd is None else in_sd + 1.96 * error / spread,
        "ks": ks,
        "ks_p": p_ks,
        "ks_slack": slack,
        "js_distance": js,
        "js_distance_beyond_noise": js_sure,
        "psi": distances.psi(distances.grouped(before, tens), distances.grouped(after, tens)),
        "psi_bins": groups,
        "psi_noise_95": distances.psi_noise(groups, n, m),
        "chi_square": statistic,
        "chi_square_df": df,
        "mean_reference": mean,
        "mean_current": mean_after,
        "sd_reference": spread,
        "unit": unit,
        "minimum_reference": reference.minimum,
        "maximum_reference": reference.maximum,
        "minimum_current": current.minimum,
        "maximum_current": current.maximum,
    }
    # Without a spread any other value matters by its share; where numbers overflow only the shape is left.
    moved = in_sd / settings.effect if in_sd is not None else ks / settings.share if spread == 0 else 0.0
    weight = max(moved, js_sure / settings.js)
    shown = f"{in_sd:.3g} standard deviations" if in_sd is not None else f"{ks:.1%} of rows"
    result.findings.append(
        Finding(
            "distribution",
            weight * settings.effect,
            settings.effect,
            min(1.0, 2 * min(p_ks, p_shape)),
            f"moved by {shown} (JS {js_sure:.3f}, KS {ks:.3f}, mean {mean:.4g} to {mean_after:.4g})",
        )
    )
    _range_findings(result, reference, current, settings, factor)
    _spike_findings(result, reference, current, settings, factor)


def _range_findings(
    result: ColumnResult, reference: ColumnProfile, current: ColumnProfile, settings: Settings, factor: float
) -> None:
    """Rows beyond everything that the reference holds. The end bins of a grid are just that, or narrower."""
    assert reference.counts is not None and current.counts is not None and reference.grid is not None
    n, m = reference.known / factor, current.known / factor
    for what, end, extreme in (("above range", -1, reference.maximum), ("below range", 0, reference.minimum)):
        out = int(current.counts[end])
        # Rows that a merge may have moved into or out of this bin count as if they had been in it.
        inside = int(reference.counts[end]) + 2 * reference.slack
        if not out:
            result.silent += 1
            continue
        if inside:
            # The sample did not reach the end of the reference; its own rows there are the comparison.
            # Only more of them is a finding; fewer is the distribution's business.
            more = out / current.known > inside / reference.known
            p = shares_p(inside / factor, n, out / factor, m) if more else 1.0
        else:
            p = beyond_p(int(out / factor), int(n), max(int(m), int(out / factor)))
        share = out / current.known - inside / reference.known
        result.measures[what.replace(" ", "_") + "_share"] = out / current.known
        shown = f"{extreme:.6g}" if extreme is not None else "the reference"
        result.findings.append(
            Finding(
                what,  # type: ignore[arg-type]
                max(0.0, share),
                settings.broken,
                p,
                f"{out / current.known:.2%} of rows lie {what.split()[0]} everything in the reference ({shown})"
                if not inside
                else f"{out / current.known:.2%} of rows lie in the outermost bin, "
                f"{inside / reference.known:.2%} before",
            )
        )


def _spike_findings(
    result: ColumnResult, reference: ColumnProfile, current: ColumnProfile, settings: Settings, factor: float
) -> None:
    """Single values that take another share of the rows: an error code, a default, a clipped sensor."""
    import numpy as np

    assert reference.counts is not None and current.counts is not None and reference.grid is not None
    values = sorted(reference.spikes | current.spikes)
    if not values:
        return
    worst: Finding | None = None
    bins = reference.grid.index(np.asarray(values))
    for value, place in zip(values, bins.tolist(), strict=True):
        before, after = int(reference.counts[place]), int(current.counts[place])
        if reference.slack:
            # What a merge may have moved is taken as moved the way that leaves the least change.
            same = round(after / current.known * reference.known)
            before = min(max(same, before - 2 * reference.slack), before + 2 * reference.slack)
            before = max(0, before)
        change = after / current.known - before / reference.known
        p = shares_p(before / factor, reference.known / factor, after / factor, current.known / factor)
        finding = Finding(
            "one value",
            abs(change),
            settings.share,
            min(1.0, p * len(values)),
            f"the value {value:.6g} makes {after / current.known:.2%} of rows, {before / reference.known:.2%} before",
        )
        if worst is None or (finding.p, -finding.effect) < (worst.p, -worst.effect):
            worst = finding
    if worst is not None:
        result.findings.append(worst)
