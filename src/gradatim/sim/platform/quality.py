"""The model-quality side of a slow instance: versions, data states, what answers are worth, and retraining.

Every answer is valued by (model version, data state): one vectorised prediction when a pair first appears, kept for
the life of the world. Which pair serves is worked out from the faults that are active and from what operators set.
The mutable part is `Serving`, small and copied with the operator state; everything here is a cache or a function.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradatim.core.money import micro
from gradatim.sim.faults.scenario import DataFault, LabelFault, Scenario
from gradatim.sim.flights import draws
from gradatim.sim.flights.features import LEAD_H, features_at
from gradatim.sim.flights.fit import auc, fit, intercept, sigmoid
from gradatim.sim.flights.forest import Forest, load_forest
from gradatim.sim.flights.prices import load_prices
from gradatim.sim.flights.state import GROUPS, Alteration, State, altered
from gradatim.sim.flights.values import ROUTES, fallback_offers
from gradatim.sim.flights.window import Window
from gradatim.sim.flights.year import load_year
from gradatim.sim.platform.vocabulary import CURRENT, DAYS_VERSIONS, FIRST_FIT, PREVIOUS

UNWARRANTED_USD, ACTING_SHARE = -33.0, 0.006
BREAK_EVEN_LOG_ODDS = -0.5978370007556204
"""log(33 / 60), written out."""
HISTORY_EVERY = 8
JOIN_LAG_S = 3600
UPSTREAM_MEND_S = 3 * 3600.0


class Fitted(NamedTuple):
    """All that decides a fit: when, on which rows, what was quarantined from when, what had served, which labels."""

    at_s: float
    rows: str
    quarantined: tuple[tuple[str, float], ...]
    since: tuple[tuple[float, int, State], ...]
    labels_mended_s: float | None


@dataclass
class Serving:
    """The mutable part: what is active, set, and served since when."""

    faults: set[str] = field(default_factory=set)
    modes: dict[str, str] = field(default_factory=lambda: dict.fromkeys(GROUPS, "live"))
    quarantined: dict[str, float] = field(default_factory=dict)
    labels_mended_s: float | None = None
    paged_s: list[float] = field(default_factory=list)
    since: list[tuple[float, int, State]] = field(default_factory=list)
    fits: list[Fitted] = field(default_factory=list)
    tests: dict[int, str] = field(default_factory=dict)


class Fit(NamedTuple):
    """A registered fit and its offline figures, in per cent but the AUC."""

    forest: Forest
    rows: int
    auc: float
    predicted_pct: float
    late_pct: float


class Quality:
    """Everything about one instance's models that does not change: caches and pure functions."""

    def __init__(self, window: Window, scenario: Scenario, seed: int) -> None:
        self.window, self.scenario, self.seed = window, scenario, seed
        self._features: dict[State, NDArray[np.float64]] = {}
        self._log_odds: dict[tuple[int, State, Fitted | None], NDArray[np.float64]] = {}
        self._values: dict[tuple[int, State, Fitted | None], NDArray[np.int64]] = {}
        self._fits: dict[Fitted, Fit] = {}
        self._shift: dict[int, float] = {}
        items = window.items
        sheet = load_prices()
        late = micro(sheet.warranted_offer_usd * ACTING_SHARE)
        on_time = micro(UNWARRANTED_USD * ACTING_SHARE)
        self._if_offered = np.where(items.late, late, on_time).astype(np.int64)
        self._routes = np.asarray(sheet.route_micro, dtype=np.int64)
        self.landed_s = _landed_s(seed, window)
        self.sample = window.item_pool[:, ::8]
        self.healthy = self.values(CURRENT, ())
        self.label_faults = tuple(s for s in scenario.shocks if isinstance(s, LabelFault))

    # ------------------------------------------------------------------ predictions
    def features(self, state: State) -> NDArray[np.float64]:
        """float64[n_items, features] in `state`."""
        if state not in self._features:
            self._features[state] = altered(self.window, state)
        return self._features[state]

    def log_odds(
        self, version: int, state: State, fitted: Fit | None = None, key: Fitted | None = None
    ) -> NDArray[np.float64]:
        """float64[n_items]: calibrated log-odds of a version fed with `state`."""
        at = (version, state, key)
        if at not in self._log_odds:
            forest = self._packaged(version) if fitted is None else fitted.forest
            raw = forest.log_odds(self.features(state))
            if fitted is None:
                if version not in self._shift:
                    healthy = raw if state == () else forest.log_odds(self.window.items.features)
                    self._shift[version] = self._calibration(healthy)
                raw += self._shift[version]
            self._log_odds[at] = raw
        return self._log_odds[at]

    def values(
        self, version: int, state: State, fitted: Fit | None = None, key: Fitted | None = None
    ) -> NDArray[np.int64]:
        """int64[n_items] micro-dollars of an answer."""
        at = (version, state, key)
        if at not in self._values:
            offers = self.log_odds(version, state, fitted, key) > BREAK_EVEN_LOG_ODDS
            self._values[at] = np.where(offers, self._if_offered, 0)
        return self._values[at]

    @staticmethod
    def _packaged(version: int) -> Forest:
        if version == PREVIOUS:
            return load_forest("v2")
        # The candidate is the current model built anew: whatever becomes worse with it is not its trees.
        return load_forest("season")

    def _calibration(self, log_odds: NDArray[np.float64]) -> float:
        """The shift that brings a packaged model's mean to these days' late rate: last week's recalibration."""
        pool = self.window.item_pool[:, ::8].ravel()
        return intercept(log_odds[pool], self.window.items.late[pool].astype(np.float64))

    @cached_property
    def usual_usd(self) -> float:
        """What an answer is worth on average when all is well, to a tenth of a cent: the operators' own estimate."""
        return round(float(self.healthy[self.sample].mean()) / 1e6, 3)

    # ------------------------------------------------------------------ what serves
    def state(self, serving: Serving, version: int) -> State:
        """What `version` is fed now."""
        out: list[Alteration] = []
        for fault in self.data_faults:
            if fault.name in serving.faults and fault.version in (None, version):
                for a in fault.state:
                    mode = serving.modes[a.group]
                    if mode == "live":
                        held = a.kind == "code" and a.group in serving.quarantined
                        out.append(a._replace(kind="missing") if held else a)
        for group, mode in serving.modes.items():
            if mode == "missing":
                out.append(Alteration("missing", group))
            elif mode == "last_good" and group in ("weather", "congestion"):
                out.append(Alteration("yesterday", group))
        return tuple(out)

    @property
    def data_faults(self) -> tuple[DataFault, ...]:
        """The scenario's data faults in order."""
        return tuple(s for s in self.scenario.shocks if isinstance(s, DataFault))

    def table(self, serving: Serving, versions: tuple[int, ...]) -> NDArray[np.int64]:
        """int64[n_items, versions + 3] relative to what the current model says when all is well.

        Only the columns of `versions` are filled; the others repeat the current version's.
        """
        out = np.empty((self.window.n_items, len(DAYS_VERSIONS) + len(ROUTES)), dtype=np.int64)
        out[:, : len(DAYS_VERSIONS)] = self.served(serving, versions[0])[1][:, None]
        for v in versions[1:]:
            out[:, v] = self.served(serving, v)[1]
        out[:, versions[0]] = self.served(serving, versions[0])[1]
        table = np.where(fallback_offers(self.window), self._if_offered, 0)
        out[:, -len(ROUTES)] = table
        out[:, -len(ROUTES) + 1 :] = 0
        out[:, -len(ROUTES) :] += self._routes
        out -= self.healthy[:, None]
        return out

    def served(self, serving: Serving, version: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """(log-odds, values) of `version` in the state of now."""
        state = self.state(serving, version)
        if version < FIRST_FIT:
            return self.log_odds(version, state), self.values(version, state)
        key = serving.fits[version - FIRST_FIT]
        fitted = self.fitted(key)
        return self.log_odds(version, state, fitted, key), self.values(version, state, fitted, key)

    # ------------------------------------------------------------------ labels
    def recorded(
        self, t_s: float, mended_s: float | None
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.bool_]]:
        """(joined, late, zero) per flight as the label store has it at `t_s`.

        `zero` marks rows whose delay is the error code. `mended_s`: when the join was last re-run over good rows.
        """
        w = self.window
        joined = self.landed_s + JOIN_LAG_S <= t_s
        late = w.flights.late.copy()
        zero = np.zeros(len(late), dtype=np.bool_)
        origin = load_year().origin[w.flights.row]
        for f in self.label_faults:
            inside = np.isin(origin, f.airports)
            if f.kind == "slow":
                due = self.landed_s + np.where(late, f.slow_h * 3600.0, 0.0) + JOIN_LAG_S
                hit = inside & (self.landed_s >= f.at_s) & (self.landed_s < f.until_s)
                joined = np.where(hit, due <= t_s, joined)
                continue
            if mended_s is not None and t_s >= mended_s:
                continue
            scheduled = self._scheduled_s
            hit = inside & (scheduled >= f.at_s) & (scheduled < min(f.until_s, t_s))
            zero |= hit
            late = np.where(hit, False, late)
            joined = joined | hit
        return joined, late, zero

    @property
    def due_s(self) -> NDArray[np.int64]:
        """int64[n_flights]: when each arrival should have been joined, two hours late at most."""
        return np.asarray(self._scheduled_s + 2 * 3600 + JOIN_LAG_S, dtype=np.int64)

    @cached_property
    def _scheduled_s(self) -> NDArray[np.int64]:
        """int64[n_flights]: scheduled arrival in seconds of the window."""
        w = self.window
        departs = w.flights.departs_min - w.start_hour * 60
        return np.asarray((departs + load_year().block_min[w.flights.row]) * 60, dtype=np.int64)

    # ------------------------------------------------------------------ retraining
    def fitted(self, key: Fitted) -> Fit:
        """The model of a fit: real, on the rows and labels that the store had when it ended."""
        if key not in self._fits:
            self._fits[key] = self._fit(key)
        return self._fits[key]

    def _fit(self, key: Fitted) -> Fit:
        upto_s, quarantined, since = key.at_s, dict(key.quarantined), key.since
        items = self.window.items
        joined, late, zero = self.recorded(upto_s, key.labels_mended_s)
        asked_s = items.dep_s - np.asarray(LEAD_H)[items.horizon] * 3600
        use = joined[items.flight] & (asked_s <= upto_s)
        label_from = quarantined.get("labels")
        if label_from is not None:
            use &= ~(zero[items.flight] & (items.dep_s >= label_from))
        x = np.empty_like(items.features)
        starts = np.array([t for t, _, _ in since])
        which = np.maximum(np.searchsorted(starts, asked_s, side="right") - 1, 0)
        for k, (_, _, state) in enumerate(since):
            mine = which == k
            x[mine] = self.features(state)[mine]
            for a in state:
                if a.kind == "code" and a.group in quarantined:
                    use &= ~(mine & (asked_s >= quarantined[a.group]))
        recent = np.flatnonzero(use)
        y = late[items.flight[recent]]
        xs, ys = x[recent], y
        calibrate = np.ones(len(recent), dtype=np.bool_)
        if key.rows == "all" or len(recent) < 1000:
            hx, hy = _history()
            xs, ys = np.vstack([hx, xs]), np.r_[hy, ys]
            calibrate = np.r_[np.zeros(len(hy), dtype=np.bool_), calibrate]
        forest = fit(xs, ys, calibrate)
        z = forest.log_odds(xs[-min(len(xs), 4000) :])
        tail = ys[-len(z) :]
        return Fit(
            forest,
            len(xs),
            auc(z, tail),
            100.0 * float(sigmoid(z).mean()),
            100.0 * float(tail.mean()) if len(tail) else 0.0,
        )


def _history() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Rows of January and February: the archive that every retrain on all rows reads."""
    year = load_year()
    rows = np.flatnonzero(year.landed[: year.day_rows[59]])[::HISTORY_EVERY]
    lead = np.asarray(LEAD_H, dtype=np.int64)[np.arange(len(rows)) % 3]
    return features_at(year, rows, lead), year.late[rows]


def _landed_s(seed: int, window: Window) -> NDArray[np.int64]:
    """int64[n_flights]: when each flight's arrival is known, seconds of the window. Late flights land late."""
    year, flights = load_year(), window.flights
    scheduled = (flights.departs_min - window.start_hour * 60 + year.block_min[flights.row]) * 60
    u = draws.uniforms(seed, "flights/arrival", np.arange(len(flights.row)))
    root = np.sqrt(1.0 - u)
    minutes = np.where(flights.late, np.minimum(16.0 + 30.0 / root, 240.0), 15.0 - 30.0 * u)
    return np.asarray(scheduled + np.floor(minutes).astype(np.int64) * 60, dtype=np.int64)
