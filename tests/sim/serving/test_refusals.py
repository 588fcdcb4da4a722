"""What makes no sense is refused, all of it at once, and nothing is changed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from gradatim.core.errors import InputError, UnknownName
from gradatim.sim.serving import (
    Autoscaler,
    ClientPolicy,
    Demand,
    GatewaySettings,
    PoolSettings,
    RetryBudget,
    Setup,
    Simulator,
)

GOOD = Setup(Demand(rate_per_s=np.array([5.0] * 60)))


def test_all_problems_at_once() -> None:
    setup = Setup(
        Demand(
            rate_per_s=np.array([1.0, -2.0]),
            times_s=np.array([3.0, 1.0]),
            bucket_s=0.0,
            item_pool=np.zeros((1, 3), np.int32),
            n_users=0,
        ),
        clients=(
            ClientPolicy("a", timeout_s=-1.0, max_attempts=9, retry_budget=RetryBudget(ratio=-1.0)),
            ClientPolicy("a", share=math.nan, admit_share=1.5),
        ),
        pools=(
            PoolSettings(
                version=4, replicas=7, max_replicas=2, per_item_s=0.0, noise=2.0, routing="best",  # type: ignore[arg-type]
                autoscaler=Autoscaler(target=0.0, interval_s=7.0),
            ),
        ),
        gateway=GatewaySettings(on_failure="shrug", outstanding_limit=-1),  # type: ignore[arg-type]
        values=np.zeros((1, 3), np.int64),
        sample_share=2.0,
    )  # fmt: skip
    with pytest.raises(InputError) as e:
        Simulator(setup, 0)
    text = "\n".join(e.value.problems)
    for word in (
        "rate_per_s", "times_s", "bucket_s", "item_pool", "n_users", "same name", "timeout_s", "max_attempts", "ratio",
        "share", "admit_share", "version", "replicas", "take no time", "noise", "routing", "target", "interval_s",
        "on_failure", "outstanding_limit", "values", "sample_share",
    ):  # fmt: skip
        assert word in text, word
    assert len(e.value.problems) >= 22


@pytest.mark.parametrize(
    "setup",
    [
        replace(GOOD, demand=Demand()),
        replace(GOOD, demand=Demand(rate_per_s=np.array([math.nan]))),
        replace(GOOD, demand=Demand(times_s=np.array([1.0, math.inf]))),
        replace(GOOD, demand=Demand(rate_per_s=np.ones(3), item_pool=np.array([[0, 1]]))),
        replace(GOOD, clients=()),
        replace(GOOD, clients=(ClientPolicy(share=0.0),)),
        replace(GOOD, clients=(ClientPolicy(max_attempts=2.5),)),  # type: ignore[arg-type]
        replace(GOOD, pools=(PoolSettings(),) * 5),
        replace(GOOD, pools=(PoolSettings(base_mb=10.0, limit_mb=5.0),)),
        replace(GOOD, pools=(PoolSettings(queue_limit=0, max_wait_s=1.0),)),
        replace(GOOD, values=np.zeros((1, 4))),
        replace(GOOD, values=np.zeros((2, 4), np.int64)),
    ],
)
def test_bad_setups(setup: Setup) -> None:
    with pytest.raises(InputError):
        Simulator(setup, 0)


def test_words_where_numbers_belong_are_named_not_crashed_on() -> None:
    words = {f: "many" for f in ClientPolicy.__slots__ if f not in ("name", "jitter", "retry_budget")}
    numbers = {f: "many" for f in PoolSettings.__slots__ if f not in ("name", "cancel", "autoscaler")}
    setup = replace(
        GOOD,
        clients=(ClientPolicy(**words),),  # type: ignore[arg-type]
        pools=(PoolSettings(**numbers, autoscaler=Autoscaler("a", "b", "c", "d", "e")),),  # type: ignore[arg-type]
    )
    with pytest.raises(InputError) as e:
        Simulator(setup, 0)
    assert len(e.value.problems) == len(words) + len(numbers) + 5


def test_bad_seed() -> None:
    for seed in (-1, 1 << 128):
        with pytest.raises(ValueError, match="seed"):
            Simulator(GOOD, seed)


def test_bad_controls_change_nothing() -> None:
    sim = Simulator(GOOD, 0)
    sim.run(100.0)
    before = (sim.clients, sim.pools, sim.gateway, sim.totals())
    for error, call in (
        (InputError, lambda: sim.run(99.0)),
        (InputError, lambda: sim.run(math.inf)),
        (InputError, lambda: sim.run(math.nan)),
        (UnknownName, lambda: sim.change_client("nobody", timeout_s=1.0)),
        (UnknownName, lambda: sim.change_client(3, timeout_s=1.0)),
        (UnknownName, lambda: sim.change_client(0, time_out=1.0)),
        (InputError, lambda: sim.change_client(0, timeout_s="soon")),
        (InputError, lambda: sim.change_pool(0, replicas=2)),
        (InputError, lambda: sim.change_pool(0, max_replicas=8)),
        (InputError, lambda: sim.change_gateway(good_s=math.nan)),
        (InputError, lambda: sim.change_values(np.zeros((1, 5), np.int64))),
        (UnknownName, lambda: sim.restart(5)),
        (UnknownName, lambda: sim.drain(-1)),
        (InputError, lambda: sim.slow(0, 0.0)),
    ):
        with pytest.raises(error):
            call()
    assert before == (sim.clients, sim.pools, sim.gateway, sim.totals())
    sim.restart(0)
    with pytest.raises(InputError, match="cannot be restarted"):
        sim.restart(0)
