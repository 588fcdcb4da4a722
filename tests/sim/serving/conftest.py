"""Systems that several tests share."""

from __future__ import annotations

import numpy as np
import pytest

from gradatim.sim.serving import ClientPolicy, Demand, PoolSettings, RetryBudget, Setup


@pytest.fixture
def hour() -> Setup:
    """An hour at about 8 requests a second, two classes of clients, two pools."""
    rng = np.random.default_rng(2)
    demand = Demand(
        rate_per_s=8.0 + 4.0 * np.sin(np.arange(60) / 5.0),
        item_pool=rng.integers(0, 100, (6, 64)).astype(np.int32),
        item_segment=(np.arange(100) % 3).astype(np.uint8),
        n_users=5_000,
    )
    clients = (
        ClientPolicy("app", 3.0, timeout_s=0.5, backoff_s=0.2),
        ClientPolicy("partner", 1.0, timeout_s=2.0, max_attempts=5, jitter=False, retry_budget=RetryBudget()),
    )
    pools = (
        PoolSettings(
            "main", weight=0.9, replicas=3, max_replicas=6, per_item_s=0.25, noise=0.6, leak_mb_per_item=0.1
        ),
        PoolSettings("canary", version=1, weight=0.1, replicas=1, max_replicas=2, per_item_s=0.2, noise=0.6),
    )
    return Setup(demand, clients, pools, values=rng.integers(-(10**6), 10**6, (100, 5)))
