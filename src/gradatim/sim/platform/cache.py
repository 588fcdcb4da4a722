"""The feature cache in front of the feature store: a hit rate with a memory, stepped once a tick.

An item whose features are cached is cheap; a miss asks the store. Misses that the store answers in time fill
the cache; entries expire. Beyond its capacity the store times out, and a lookup that times out fills nothing:
that is the loop that keeps a cold cache cold under load.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CacheSettings:
    """Rates per second; `warm` is the hit rate at rest under normal load."""

    store_capacity_per_s: float = 40.0
    fill_per_miss: float = 8e-5
    expiry_per_s: float = 4.4e-4
    ceiling: float = 0.97
    miss_cost: float = 3.2


@dataclass
class FeatureCache:
    """Hit rate and what it does to the cost of an item."""

    settings: CacheSettings
    hit_rate: float = 0.95
    lookup_ms: float = 3.0
    misses_per_s: float = 0.0
    filled_share: float = 1.0

    def step(self, items_per_s: float, dt_s: float, prewarm_per_s: float = 0.0) -> None:
        """One tick of `dt_s` seconds in which replicas computed `items_per_s`."""
        c = self.settings
        misses = items_per_s * (1.0 - self.hit_rate)
        load = misses / c.store_capacity_per_s
        # Up to its capacity the store answers all; beyond it, time-outs take a growing share of what it does.
        self.filled_share = 1.0 if load <= 1.0 else max(0.01, 1.0 - 1.6 * (load - 1.0))
        fill = misses * self.filled_share * c.fill_per_miss + prewarm_per_s
        rate = fill - c.expiry_per_s * self.hit_rate
        self.hit_rate = min(c.ceiling, max(0.0, self.hit_rate + rate * dt_s))
        self.misses_per_s = misses
        self.lookup_ms = 3.0 + (1.0 - self.hit_rate) * 18.0 * (1.0 + 4.0 * max(0.0, min(load - 0.7, 2.0)))

    def cost_factor(self) -> float:
        """How much longer an item takes than with the usual warm cache (1.0 at a hit rate of 0.95)."""
        usual = 0.95 + 0.05 * self.settings.miss_cost
        now = self.hit_rate + (1.0 - self.hit_rate) * self.settings.miss_cost
        return now / usual
