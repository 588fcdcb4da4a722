"""What the model monitors of a slow instance report, once an hour, by airport and for all.

Computed from one answer in eight of what was served, and from labels as the store has them: late, and sometimes
wrong. Nothing here knows a fault.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradatim.sim.flights.fit import auc, sigmoid
from gradatim.sim.flights.state import COLUMNS, GROUPS, State
from gradatim.sim.flights.window import BLOCK_S
from gradatim.sim.platform import modelops
from gradatim.sim.platform.quality import BREAK_EVEN_LOG_ODDS, Fitted, Quality, Serving
from gradatim.sim.platform.vocabulary import FIRST_FIT
from gradatim.sim.telemetry.series_model import AREAS, METRICS

if TYPE_CHECKING:
    from gradatim.sim.platform.world import World

FRESH_H, MATURE_FROM_H, MATURE_TO_H = 12, 34, 22
RANGES = {
    "temp_f": (-20.0, 115.0), "dewp_f": (-30.0, 90.0), "humid_pct": (0.0, 100.0), "wind_dir_deg": (0.0, 360.0),
    "wind_kt": (0.0, 80.0), "gust_kt": (0.0, 100.0), "precip_in": (0.0, 4.0), "pressure_mb": (930.0, 1060.0),
    "visib_mi": (0.0, 10.0), "minute_of_day": (0.0, 1439.0), "origin_delay_min": (-60.0, 600.0),
    "carrier_delay_min": (-60.0, 600.0), "dest_delay_min": (-60.0, 600.0),
    "seats": (1.0, 500.0), "built": (1950.0, 2031.0),
}  # fmt: skip
GAP_BAND_PP, AIRPORT_GAP_BAND_PP, GAP_LEAST = 34.0, 55.0, 1000
OVERDUE_BAND_PCT = 18.0
ZERO_BAND_PCT, NULL_BAND_PCT, RANGE_BAND_PCT, AGE_BAND_H = 12.0, 8.0, 4.0, 5.0
PSI_BANDS = {"congestion": 4.0, "weather": 6.5, "clock": 0.8, "aircraft": 0.5}
PSI_BINS = 8
PSI_LEAST = 1e-3


_Served = tuple[tuple[int, int, State, tuple[Fitted, ...]], ...]
"""What answered: (first block, version, data state, its fit if it is one) for every change, in order."""


class _Fed(NamedTuple):
    """What a data state looks like, item by item: for each group the share of its values that are out of range or
    missing beyond the usual, and for each column the bin, -1 where nothing is known.
    """

    outside: NDArray[np.float64]
    missing: NDArray[np.float64]
    bins: dict[int, NDArray[np.int64]]


class Monitors:
    """The hourly figures of one world: a function of what has served, worked out when somebody looks."""

    def __init__(self, quality: Quality, hours: int) -> None:
        self.quality = quality
        self._values: NDArray[np.float64] = np.full((hours, len(AREAS), len(METRICS)), np.nan)
        self._done = 0
        self._rows = quality.sample
        self._flight = quality.window.items.flight
        self._origin = quality.window.items.origin
        self._due_s = quality.due_s
        self._soon = quality.window.items.horizon <= 1
        self._p = np.zeros(quality.sample.shape, dtype=np.float64)
        self._chances: dict[tuple[int, State, tuple[Fitted, ...]], NDArray[np.float64]] = {}
        # Worlds that differ in talk or in capacity alone have the same figures: each hour is worked out once.
        self._known: dict[tuple[int, _Served, bool], NDArray[np.float64]] = {}
        self._edges = _cut(quality.window.items.features)
        self._fed: dict[State, _Fed] = {}
        self._usual: dict[int, dict[int, NDArray[np.float64]]] = {}

    def forget(self) -> None:
        """After a rewind: what served may be another now. Views that were given out keep what they showed."""
        self._values, self._done = np.full_like(self._values, np.nan), 0

    def upto(self, world: World, hours: int) -> NDArray[np.float64]:
        """float64[hours of the instance, areas, metrics], filled for the first `hours`; NaN after them."""
        while self._done < min(hours, len(self._values)):
            self._step(world, self._done)
            self._done += 1
        return self._values

    def _step(self, world: World, hour: int) -> None:
        serving = world.ops.serving
        assert serving is not None
        blocks = range(hour * 6, min(hour * 6 + 6, len(self._rows)))
        served = _served(serving, blocks.stop)
        log_odds: list[NDArray[np.float64]] = []
        state: State = ()
        for b in blocks:
            _, version, state, fit = next(s for s in reversed(served) if s[0] <= b or s is served[0])
            z = modelops.answers(world, version, state)
            if (version, state, fit) not in self._chances:
                self._chances[version, state, fit] = sigmoid(z)
            self._p[b] = self._chances[version, state, fit][self._rows[b]]
            log_odds.append(z[self._rows[b]])
        mended = serving.labels_mended_s is not None and serving.labels_mended_s <= (hour + 1) * 3600.0
        known = self._known.get((hour, served, mended))
        if known is not None:
            self._values[hour] = known
            return
        out = self._values[hour]
        rows = self._rows[blocks.start : blocks.stop].ravel()
        z_all, p_all = np.concatenate(log_odds), self._p[blocks.start : blocks.stop].ravel()
        joined, late, zero = self.quality.recorded((hour + 1) * 3600.0, serving.labels_mended_s)
        fresh = self._cohort(hour - FRESH_H, hour, joined)
        mature = self._cohort(hour - MATURE_FROM_H, hour - MATURE_TO_H, joined)
        fed, origin = self._looked_at(state), self._origin[rows]
        for i in range(len(AREAS)):
            mine = np.ones(len(rows), dtype=bool) if i == 0 else origin == i - 1
            if not mine.any():
                continue
            m = dict.fromkeys(METRICS, float("nan"))
            m["offer_pct"] = 100.0 * float((z_all[mine] > BREAK_EVEN_LOG_ODDS).mean())
            m["score_pct"] = 100.0 * float(p_all[mine].mean())
            self._gap(m, "fresh", fresh, i, late)
            self._gap(m, "mature", mature, i, late)
            self._labels(m, fresh, i, zero, (hour + 1) * 3600.0)
            self._inputs(m, fed, rows[mine], hour, state, i)
            out[i] = [m[name] for name in METRICS]
        bands = self._bands(out)
        out[:, METRICS.index("out")] = (bands > 1.0).sum(axis=0)
        out[0, METRICS.index("out")] = (bands.max(axis=1) > 1.0).sum()
        self._known[hour, served, mended] = out.copy()

    def _cohort(
        self, first_h: int, last_h: int, joined: NDArray[np.bool_]
    ) -> tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]]:
        """(items, predicted, joined) of the answers of some hours that ask at most twelve hours ahead."""
        part = slice(max(0, first_h) * 6, max(0, last_h) * 6)
        rows, p = self._rows[part].ravel(), self._p[part].ravel()
        soon = self._soon[rows]
        return rows[soon], p[soon], joined[self._flight[rows[soon]]]

    def _gap(
        self,
        m: dict[str, float],
        name: str,
        cohort: tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]],
        area: int,
        late: NDArray[np.bool_],
    ) -> None:
        rows, p, known = cohort
        use = known if area == 0 else known & (self._origin[rows] == area - 1)
        n = int(use.sum())
        m[f"{name}_n"] = float(n)
        if n >= 50:
            y = late[self._flight[rows[use]]]
            m[f"{name}_gap_pp"] = 100.0 * float(p[use].mean() - y.mean())
            if name == "mature" and area == 0:
                m["mature_auc"] = auc(p[use], y)

    def _labels(
        self,
        m: dict[str, float],
        fresh: tuple[NDArray[np.int32], NDArray[np.float64], NDArray[np.bool_]],
        area: int,
        zero: NDArray[np.bool_],
        now_s: float,
    ) -> None:
        rows, _, known = fresh
        mine = np.ones(len(rows), dtype=bool) if area == 0 else self._origin[rows] == area - 1
        if mine.any():
            m["joined_pct"] = 100.0 * float(known[mine].mean())
            due = mine & (self._due_s[self._flight[rows]] <= now_s)
            if due.sum() >= GAP_LEAST:
                m["overdue_pct"] = 100.0 * float(1.0 - known[due].mean())
        use = known & mine
        if area == 0 and use.sum() >= 400:
            # By flight, not by answer: one arrival in fifty is on the minute.
            flights = np.unique(self._flight[rows[use]])
            exact = flights.astype(np.int64) * 2654435761 % 1000 < 20
            m["zero_delay_pct"] = 100.0 * float((zero[flights] | exact).mean())

    def _inputs(
        self, m: dict[str, float], fed: _Fed, rows: NDArray[np.int32], hour: int, state: State, area: int
    ) -> None:
        outside, missing = fed.outside[rows].mean(axis=0), fed.missing[rows].mean(axis=0)
        for g, (group, columns) in enumerate(COLUMNS.items()):
            m[f"{group}_null_pct"] = 100.0 * max(0.0, float(missing[g]))
            m[f"{group}_out_of_range_pct"] = 100.0 * float(outside[g])
            if area == 0 or group == "clock":
                usual = self._hour_usual(hour)
                m[f"{group}_psi"] = max(_psi(fed.bins[c][rows], usual[c]) for c in columns)
            m[f"{group}_age_h"] = _age_h(group, hour, state, area)

    def _looked_at(self, state: State) -> _Fed:
        if state not in self._fed:
            x, usual = self.quality.features(state), self.quality.window.items.features
            outside, missing = np.empty((len(x), len(GROUPS))), np.empty((len(x), len(GROUPS)))
            for g, (group, names) in enumerate(GROUPS.items()):
                part = x[:, list(COLUMNS[group])]
                low, high = (np.array([RANGES[c][k] for c in names]) for k in (0, 1))
                with np.errstate(invalid="ignore"):
                    outside[:, g] = ((part < low) | (part > high)).mean(axis=1)
                # Gusts and delays are unknown now and then; what counts is more of it than usual.
                missing[:, g] = np.isnan(part).mean(axis=1) - np.isnan(usual[:, list(COLUMNS[group])]).mean(
                    axis=1
                )
            bins = {
                c: np.where(np.isnan(x[:, c]), -1, np.searchsorted(edges, x[:, c]))
                for c, edges in self._edges.items()
            }
            self._fed[state] = _Fed(outside, missing, bins)
        return self._fed[state]

    def _hour_usual(self, hour: int) -> dict[int, NDArray[np.float64]]:
        """Column -> usual shares of its bins at this time of day, over all days of the window."""
        of_day = hour % 24
        if of_day not in self._usual:
            n_hours = len(self._rows) // 6
            near = [x for h in range(of_day, n_hours, 24) for x in (h - 1, h, h + 1) if 0 <= x < n_hours]
            rows = np.concatenate([self._rows[h * 6 : h * 6 + 6].ravel() for h in near])
            healthy = self._looked_at(()).bins
            self._usual[of_day] = {c: _shares(b[rows]) for c, b in healthy.items()}
        return self._usual[of_day]

    def _bands(self, out: NDArray[np.float64]) -> NDArray[np.float64]:
        """float64[monitors, areas]: how far each monitor is from its middle; 1 is the edge of its band."""

        def column(name: str) -> NDArray[np.float64]:
            return np.nan_to_num(out[:, METRICS.index(name)])

        # One airport's answers of half a day are fewer, and its gap is wider by chance.
        gap = np.where(np.arange(len(AREAS)) == 0, GAP_BAND_PP, AIRPORT_GAP_BAND_PP)
        bands = [
            np.abs(column("fresh_gap_pp")) / gap * (column("fresh_n") >= GAP_LEAST),
            column("zero_delay_pct") / ZERO_BAND_PCT,
            column("overdue_pct") / OVERDUE_BAND_PCT,
        ]
        for g in GROUPS:
            bands += [
                column(f"{g}_null_pct") / NULL_BAND_PCT, column(f"{g}_out_of_range_pct") / RANGE_BAND_PCT,
                column(f"{g}_psi") / PSI_BANDS[g], column(f"{g}_age_h") / AGE_BAND_H,
            ]  # fmt: skip
        return np.asarray(bands)


def _served(serving: Serving, upto_block: int) -> _Served:
    """What answered before `upto_block`; of changes inside one block the last one counts."""
    found: dict[int, tuple[int, int, State, tuple[Fitted, ...]]] = {}
    for t, version, state in serving.since:
        first = math.ceil(t / BLOCK_S)
        if first < upto_block or not found:
            fit = (serving.fits[version - FIRST_FIT],) if version >= FIRST_FIT else ()
            found[first] = (first, version, state, fit)
    return tuple(found.values())


def _cut(x: NDArray[np.float64]) -> dict[int, NDArray[np.float64]]:
    """Column -> inner edges of bins with about equal counts."""
    out = {}
    for columns in COLUMNS.values():
        for c in columns:
            known = np.sort(x[:, c][~np.isnan(x[:, c])])
            out[c] = (
                known[(np.arange(1, PSI_BINS) * len(known)) // PSI_BINS]
                if len(known)
                else np.zeros(PSI_BINS - 1)
            )
    return out


def _age_h(group: str, hour: int, state: State, area: int) -> float:
    """Hours since the newest row of a group's table; half an hour is usual."""
    oldest = 0.4 if group in ("weather", "congestion") else 0.0
    for a in state:
        if a.group == group and a.kind == "frozen" and (area == 0 or area - 1 in a.airports):
            oldest = max(oldest, hour + 1.0 - a.hour)
        if a.group == group and a.kind == "yesterday":
            oldest = max(oldest, 24.4)
    return oldest


def _shares(binned: NDArray[np.int64]) -> NDArray[np.float64]:
    known = binned[binned >= 0]
    return np.asarray(np.bincount(known, minlength=PSI_BINS) / max(1, len(known)))


def _psi(binned: NDArray[np.int64], usual: NDArray[np.float64]) -> float:
    """Population stability index of bins against usual shares."""
    if np.count_nonzero(binned >= 0) < 50:
        return 0.0
    now, then = np.maximum(_shares(binned), PSI_LEAST), np.maximum(usual, PSI_LEAST)
    return float(((now - then) * np.log(now / then)).sum())
