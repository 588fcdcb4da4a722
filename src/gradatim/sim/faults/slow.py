"""Draws that the families of days share, so that nothing incidental tells one from another."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from gradatim.core.streams import Stream
from gradatim.sim.faults import draws
from gradatim.sim.faults.scenario import (
    SLOW,
    Change,
    DataFault,
    ModelRelease,
    Scenario,
    ServiceConfig,
    Shock,
    Span,
    Truth,
)
from gradatim.sim.flights.state import Alteration

HOUR_S = 3600.0
AIRPORT_NAMES = ("EWR", "JFK", "LGA")
CANDIDATE = 2
_CODE = (
    "feature code 7.{n}: look-ups in one call",
    "feature code 7.{n}: typed rows",
    "feature code 7.{n}: fewer copies",
)
TIME_ZONES = "time zone table of the feature service renewed"
REGISTER = "register of aircraft renewed"
QUOTA = "feature store: quota per job 40 GB to 20 GB"
MODEL = "model v6 at 100 % (was v5)"
BESIDE, BESIDE_SHARE = "beside", 0.5
JUST_S, DECOY_SHARE = 900.0, 0.9
"""Of the shifts that no change of the last minutes has brought about: how many have one there all the same."""


def onset(seed: int) -> float:
    """When the first thing happens: two to twelve hours into the shift, on the hour."""
    return SLOW.start_s + HOUR_S * Stream(seed, "slow/onset").integer(2, 12)


def config(seed: int) -> ServiceConfig:
    """The service of days: a region's traffic on three replicas."""
    s = Stream(seed, "slow/service")
    return replace(draws.config(seed), base_rate_per_s=s.between(2.6, 3.0, 1), replicas=3)


def change(
    seed: int, at_s: float, kind: Literal["deploy", "config"], component: str, text: str, who: int = 3
) -> Change:
    """A change with its number."""
    return Change(draws.change_id(seed, at_s), at_s, kind, component, draws.person(seed, who), text)


def feature_release(seed: int, at_s: float, who: int = 3) -> Change:
    """A release of the feature code. The harmful ones and the others read alike."""
    s = Stream(seed, "slow/feature-code")
    return change(seed, at_s, "deploy", "features", s.choice(_CODE, 1).format(n=s.integer(2, 9, 2)), who)


def airport(seed: int) -> int:
    """The airport of a variant that concerns one."""
    return Stream(seed, "slow/airport").integer(0, 2)


def scenario(
    seed: int,
    family: str,
    variant: str,
    *,
    healthy: bool,
    at_s: float,
    shocks: tuple[Shock, ...],
    changes: tuple[Change, ...],
    truth: Truth,
) -> Scenario:
    """A scenario of days, with changes that have nothing to do with it."""
    s = Stream(seed, "slow/others")
    extra: list[Change] = []
    more: list[Shock] = []
    taken = {c.id for c in changes}

    def free(at: float) -> float:
        while draws.change_id(seed, at) in taken:
            at -= 500.0
        taken.add(draws.change_id(seed, at))
        return at

    def release(at: float, who: int) -> None:
        """An innocent release of the model."""
        extra.append(change(seed, at, "deploy", "predict", MODEL, who))
        more.append(ModelRelease(extra[-1].at_s, CANDIDATE, 1.0, extra[-1].id, innocent=True))

    at = free(at_s - s.integer(1200, 9000, 2))
    extra.append(draws.coincidence(seed, at, 1))
    kinds = {a.group for x in shocks if isinstance(x, DataFault) for a in x.state}
    if not healthy and s.uniform(10) < BESIDE_SHARE and "aircraft" not in kinds:
        # Beside what does harm something else moves in the same hours, and does none.
        hour = at_s + HOUR_S * s.integer(-1, 1, 11)
        new = s.uniform(12) < 0.5
        since = free(hour - s.integer(60, 240, 13))
        extra.append(change(seed, since, "config", "features", REGISTER, 46))
        moved = Alteration("register_new" if new else "register_empty", "aircraft")
        more.append(DataFault(hour, BESIDE, (moved,), change=extra[-1].id, harmless=True))
        truth = replace(
            truth,
            spans=(
                *truth.spans,
                Span(hour, SLOW.horizon_s, "beside it: the register of aircraft, harmless", False),
            ),
        )
    decoy = ""
    if not any(0 <= at_s - c.at_s <= JUST_S for c in (*changes, *extra)) and s.uniform(7) < DECOY_SHARE:
        decoy = s.choice(("code", TIME_ZONES, REGISTER, QUOTA, MODEL), 8)
        since = free(at_s - s.integer(60, 240, 9))
        if decoy == MODEL and not any(isinstance(x, ModelRelease) for x in shocks):
            release(since, 44)
        elif decoy == "code":
            extra.append(feature_release(seed, since, 44))
        else:
            decoy = TIME_ZONES if decoy == MODEL else decoy
            extra.append(change(seed, since, "config", "features", decoy, 44))
    herring = s.uniform(4)
    if (
        herring < 0.35
        and decoy != "code"
        and not any(c.component == "features" and c.kind == "deploy" for c in changes)
    ):
        extra.append(feature_release(seed, free(at_s - s.integer(600, 5400, 5)), 42))
    elif herring > 0.65 and not any(isinstance(x, ModelRelease) for x in (*shocks, *more)):
        release(free(at_s - s.integer(600, 5400, 6)), 43)
    return Scenario(
        family=family, variant=variant, healthy=healthy, config=config(seed), shocks=(*shocks, *more),
        changes=(*changes, *extra), onset_s=at_s, truth=truth, pace=SLOW,
    )  # fmt: skip
