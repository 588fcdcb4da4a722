"""Does a change last? Every window of the current data against the whole reference."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gradatim.instruments.drift import distances
from gradatim.instruments.drift.chance import chi2_sf, shares_p

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from gradatim.instruments.drift.finding import ColumnResult
    from gradatim.instruments.drift.profile import ColumnProfile
    from gradatim.instruments.drift.settings import Settings
    from gradatim.instruments.drift.windows import Windows

# Fewer rows than this say nothing about a distribution; the window is shown as "too few".
LEAST_ROWS = 50
# A change lasts when it is seen in this many windows in a row, up to the last one.
IN_A_ROW = 2
# Level at which the windows after a run still show the change, all their rows together.
SURE_OF_ITS_END = 0.01
# Groups a window is compared on: many show a single value better, few are steadier in a small window.
LEAST_GROUPS, MOST_GROUPS, ROWS_A_GROUP = 10, 48, 60


@dataclass
class Persistence:
    """One column over time.

    Attributes:
        starts_s: begin of each window, seconds since 1970 UTC.
        rows: values in each.
        effects: each window's distance from the reference in units of its limit; None with too few rows.
        flagged: windows that are beyond the limit, beyond sampling noise, and beyond what the reference's own
            windows show.
        natural: the greatest effect among the reference's own windows, in the same unit; None without them.
        since_s: begin of the run of flagged windows that reaches the end; None if there is none.
    """

    starts_s: list[float]
    rows: list[int]
    effects: list[float | None]
    flagged: list[bool]
    natural: float | None
    since_s: float | None = None
    episodes: list[tuple[float, float]] = field(default_factory=list)

    @property
    def lasts(self) -> bool:
        return self.since_s is not None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "windows": len(self.starts_s),
            "windows_with_too_few_rows": self.effects.count(None),
            "windows_changed": sum(self.flagged),
            "lasts": self.lasts,
            "since": None if self.since_s is None else when(self.since_s),
            "natural_effect_over_limit": self.natural,
            "effect_over_limit": self.effects,
            "window_starts": [when(s) for s in self.starts_s],
        }


def when(seconds: float) -> str:
    """A moment in UTC, as ISO 8601 to the minute."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.strftime("%Y-%m-%d" if seconds % 86400 == 0 else "%Y-%m-%dT%H:%MZ")


def over_time(
    result: ColumnResult,
    reference: ColumnProfile,
    current: Windows,
    before: Windows | None,
    settings: Settings,
    tests: int,
) -> Persistence | None:
    """Compare each window of one column with the whole reference; None where the column has no windows."""
    import numpy as np

    numbers, counts = current.table(result.name)
    whole, at, spread = _reference_groups(reference, counts.shape[1])
    if whole is None or not counts.sum():
        return None
    groups = int(min(MOST_GROUPS, max(LEAST_GROUPS, np.median(counts.sum(axis=1)) / ROWS_A_GROUP)))
    used = whole + counts.sum(axis=0)
    starts = distances.equal_mass(whole, groups) if at is not None else np.flatnonzero(used)
    lost = _share(reference.missing + reference.unparsed + reference.infinite, reference.rows)
    natural = None
    if before is not None:
        _, own = before.table(result.name)
        own = own[own.sum(axis=1) >= LEAST_ROWS]
        if len(own) >= 8:
            natural = max(_effect(one, whole - one, at, spread, starts, settings) for one in own)
    level = settings.alpha / (max(1, tests) * len(numbers))

    factor = reference.inflation

    def look(one: NDArray[np.int64], all_rows: int, level: float) -> tuple[float, bool]:
        """How far these rows are from the reference, in units of the limit, and whether that is a change."""
        rows = int(one.sum())
        gone = abs(_share(all_rows - rows, all_rows) - lost) / settings.share
        p = shares_p(
            lost * reference.rows / factor,
            reference.rows / factor,
            (all_rows - rows) / factor,
            all_rows / factor,
        )
        changed = gone >= 1.0 and p < level
        effect = 0.0
        if rows >= LEAST_ROWS and len(starts) > 1:
            effect = _effect(one, whole, at, spread, starts, settings)
            before_groups, now_groups = _groups(whole, starts, at), _groups(one, starts, at)
            statistic, df = distances.chi_square(before_groups, now_groups, 12 * factor)
            moved = effect >= max(1.0, natural or 0.0)
            changed = changed or (moved and chi2_sf(statistic / factor, df) < level)
        return max(effect, gone if gone >= 1.0 else 0.0), changed

    rows_in_all = current.rows_in_order()
    effects: list[float | None] = []
    flagged = []
    for one, all_rows in zip(counts, rows_in_all, strict=True):
        effect, changed = look(one, all_rows, level) if all_rows >= LEAST_ROWS else (None, False)
        effects.append(effect)
        flagged.append(changed)
    times = [current.start_s(number) for number in numbers]
    made = Persistence(times, [int(c.sum()) for c in counts], effects, flagged, natural)
    _runs(made, current.size_s)
    if made.episodes and not made.lasts:
        # The windows after it show no change one by one: do they together? Of a change that was seen in several
        # windows a weaker sign will do, since then the question is whether it ended.
        last = max(i for i, seen in enumerate(flagged) if seen)
        begin, _ = made.episodes[-1]
        seen = sum(flagged[times.index(begin) :])
        after, all_rows = counts[last + 1 :].sum(axis=0), sum(rows_in_all[last + 1 :])
        enough = SURE_OF_ITS_END if seen >= IN_A_ROW else level
        if all_rows >= LEAST_ROWS and look(after, all_rows, enough)[1]:
            made.since_s, _ = made.episodes.pop()
    return made


def _reference_groups(
    reference: ColumnProfile, wide: int
) -> tuple[NDArray[np.int64] | None, NDArray[np.float64] | None, float]:
    """The reference's counts by coarse group, where each group stands, and its standard deviation."""
    import numpy as np

    from gradatim.instruments.drift.merging import bucket_of

    whole = np.zeros(wide, np.int64)
    if reference.kind == "category":
        whole += np.asarray(reference.buckets, np.int64)
        for value, count in reference.categories.items():
            whole[bucket_of(value)] += count
        return whole, None, 0.0
    if reference.grid is None or reference.counts is None or reference.sums is None:
        return None, None, 0.0
    positions = reference.grid.positions(reference.counts, reference.sums)
    group = reference.grid.group_of
    whole += np.bincount(group, weights=reference.counts, minlength=wide).astype(np.int64)
    sums = np.bincount(group, weights=reference.counts * positions, minlength=wide)
    at = np.divide(sums, whole, out=np.zeros(wide), where=whole > 0)
    used = len(reference.grid.coarse)
    blank = np.flatnonzero(whole[:used] == 0)
    firsts = reference.grid.positions(np.zeros_like(reference.counts), np.zeros(reference.grid.bins))
    at[blank] = firsts[reference.grid.coarse[blank]]
    at[used:] = at[used - 1] if used else 0.0
    mean = float(np.average(positions, weights=reference.counts))
    spread = float(np.sqrt(np.average((positions - mean) ** 2, weights=reference.counts)))
    return whole, at, spread


def _share(count: float, rows: float) -> float:
    return count / rows if rows else 0.0


def _groups(
    counts: NDArray[np.int64], starts: NDArray[np.int64], at: NDArray[np.float64] | None
) -> NDArray[np.int64] | NDArray[np.float64]:
    return distances.grouped(counts, starts) if at is not None else counts[starts]


def _effect(
    one: NDArray[np.int64],
    whole: NDArray[np.int64],
    at: NDArray[np.float64] | None,
    spread: float,
    starts: NDArray[np.int64],
    settings: Settings,
) -> float:
    """Distance of a window from the reference over its limit: the greater of the two measures."""
    js = distances.jensen_shannon_beyond_noise(_groups(whole, starts, at), _groups(one, starts, at))
    weight = js / settings.js
    if at is not None and spread > 0:
        moved, _ = distances.wasserstein(whole, one, at, at, 1.0, 1.0)
        weight = max(weight, moved / spread / settings.effect)
    return float(weight)


def _runs(made: Persistence, size_s: float) -> None:
    """Runs of flagged windows; windows with too few rows neither begin nor end one."""
    told = [i for i, effect in enumerate(made.effects) if effect is not None]
    runs: list[list[int]] = []
    for place, i in enumerate(told):
        if not made.flagged[i]:
            continue
        if runs and place and told[place - 1] == runs[-1][-1]:
            runs[-1].append(i)
        else:
            runs.append([i])
    for run in runs:
        if told and run[-1] == told[-1] and len(run) >= min(IN_A_ROW, len(told)):
            made.since_s = made.starts_s[run[0]]
        else:
            made.episodes.append((made.starts_s[run[0]], made.starts_s[run[-1]] + size_s))
