"""How each mechanism meets guardrails: what a guardrail can see of it, what it costs, how long it usually lasts.

A family of faults adds one `Exposure` for each of its variants, or one for all of them, to `EXPOSURES`. Ranges are
wider than those of the shifts: a guardrail has to hold for the next incident, not for the last one. Healthy
families whose shifts need no guardrail stand in `HARMLESS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Range = tuple[float, float]
Entry = Literal["model", "runtime", "config", "client", "weather", "bookings", "labels", "job", "none"]
"""By what it comes in: a release, an upstream file, a job that stops; or by nothing that a gate could see."""

USUAL_USD = 13_500
"""What one incident usually costs when no guardrail stands in its way."""

_BAD: dict[str, Range] = {"bad_answers_pct": (20, 80)}
_STORM: dict[str, Range] = {"abandoned_work_pct": (60, 100), "queue_depth": (50, 80)}


class Exposure(NamedTuple):
    """One mechanism as guardrails meet it.

    Attributes:
        says: what it is, for the debrief.
        entry: by what it comes in.
        find_min, mend_min: minutes until somebody knows the cause, then until it is mended, without guardrails.
        canary: by how much a canary is worse, by metric, as a share; `memory` in megabytes for each request served.
        shown: what a metric of an alert rule shows while it lasts.
        size: what a limit or a rule is held against, by the limit's or the check's name. A retry storm has
            `headroom` (how many attempts a request the fleet can carry) and a leak `memory_mb_per_min`.
        stale: whose data grow old.
        latent: it does no harm until something else happens: alarms say nothing while it is rolled out.
        ignores_remote: the client at fault reads no remote configuration.
        usual_usd: what one incident of it usually costs.
    """

    says: str
    entry: Entry
    find_min: Range
    mend_min: Range
    canary: Mapping[str, Range] = {}
    shown: Mapping[str, Range] = {}
    size: Mapping[str, Range] = {}
    stale: str = ""
    latent: bool = False
    ignores_remote: bool = False
    usual_usd: float = USUAL_USD


_CODE = Exposure(
    "an error code of an upstream written as a value",
    "weather",
    find_min=(2880, 7200),
    mend_min=(240, 720),
    shown={"one_value_pct": (25, 60), "score_shift_pct": (3, 12)},
    size={"one_value": (0.25, 0.6)},
)
_SKEW = Exposure(
    "a feature computed differently when serving",
    "model",
    find_min=(2880, 8640),
    mend_min=(120, 480),
    canary={"score": (0.05, 0.2)},
    shown={"train_serve_gap_pct": (8, 40), "score_shift_pct": (4, 15)},
)
EXPOSURES: dict[str, dict[str, Exposure]] = {
    "metastable-overload": {
        "everyone-retries": Exposure(
            "a retry storm of all clients",
            "none",
            find_min=(10, 20),
            mend_min=(25, 45),
            shown={
                **_BAD,
                "attempts_per_request": (2.2, 3.6),
                "abandoned_work_pct": (60, 100),
                "queue_depth": (50, 80),
            },
            size={"headroom": (1.16, 1.5)},
        ),
        "one-release": Exposure(
            "a client release that retries hard",
            "client",
            find_min=(15, 25),
            mend_min=(30, 50),
            canary={"attempts": (0.012, 0.05)},
            shown={
                **_BAD,
                "attempts_per_request": (1.9, 3.4),
                "abandoned_work_pct": (60, 100),
                "queue_depth": (50, 80),
            },
            size={"headroom": (1.16, 1.5)},
            latent=True,
            ignores_remote=True,
        ),
        "cold-cache": Exposure(
            "a cache emptied under load",
            "none",
            find_min=(8, 15),
            mend_min=(25, 45),
            shown={**_BAD, "cache_miss_pct": (55, 96), "queue_depth": (30, 60)},
            size={"store_reads": (36, 44)},
        ),
        "deep-queue": Exposure(
            "a queue limit raised too far",
            "config",
            find_min=(12, 22),
            mend_min=(25, 45),
            shown={**_BAD, "abandoned_work_pct": (70, 100), "queue_depth": (250, 2000)},
            size={"queue": (400, 4000)},
            latent=True,
        ),
    },
    "slow-release": {
        "slow-model": Exposure(
            "a model version that needs more time",
            "model",
            find_min=(15, 30),
            mend_min=(8, 20),
            canary={"latency": (0.3, 2.0), "good_answers": (0.01, 0.04)},
            shown={**_BAD, "batch_slowness": (1.3, 3.0), "queue_depth": (30, 70)},
        ),
        "leaky-runtime": Exposure(
            "a runtime that keeps memory",
            "runtime",
            find_min=(40, 90),
            mend_min=(10, 20),
            canary={"memory": (0.12, 2.1)},
            shown={**_BAD, "memory_mb": (3000, 4096)},
            size={"memory_mb_per_min": (60, 900)},
        ),
        "patient-batches": Exposure(
            "a setting that lets batches wait",
            "config",
            find_min=(20, 35),
            mend_min=(5, 12),
            canary={"latency": (0.6, 10.0), "good_answers": (0.01, 0.3)},
            shown={**_BAD, "batch_wait_ms": (250, 1400)},
            size={"batch_wait": (250, 1400)},
        ),
        "slow-host": Exposure(
            "a host that slows its replicas down",
            "none",
            find_min=(40, 70),
            mend_min=(3, 7),
            shown={**_BAD, "replica_spread": (2.5, 14)},
        ),
    },
    "bad-code": {
        **dict.fromkeys(("code-served", "code-one-airport"), _CODE),
        **dict.fromkeys(
            ("code-trained", "code-before-training"),
            _CODE._replace(says="an error code joined as an arrival on time", entry="labels"),
        ),
    },
    "feature-skew": {
        **dict.fromkeys(("skew-clock-utc", "skew-one-airport"), _SKEW._replace(entry="config")),
        "skew-model-side": _SKEW._replace(says="a model trained on another definition of a feature"),
        "skew-metric-provider": _SKEW._replace(
            says="an upstream that changed its units", entry="weather", canary={}
        ),
    },
    "stale-features": {
        "": Exposure(
            "a feature job that stopped",
            "job",
            find_min=(2880, 7200),
            mend_min=(60, 300),
            shown={"score_shift_pct": (2, 6)},
            stale="features",
        )
    },
    "broken-measurement": {
        "lost-counts": Exposure(
            "a collector that loses counts",
            "none",
            find_min=(60, 120),
            mend_min=(2, 5),
            shown={"callers_gap_pct": (8, 60)},
            usual_usd=3_200,
        ),
        "doubled-errors": Exposure(
            "an exporter that counts failures twice",
            "none",
            find_min=(60, 120),
            mend_min=(2, 5),
            shown={"callers_gap_pct": (8, 50)},
            usual_usd=3_200,
        ),
        "frozen-after-blip": Exposure(
            "counters that froze",
            "none",
            find_min=(60, 120),
            mend_min=(2, 5),
            shown={"callers_gap_pct": (5, 60)},
            stale="counters",
            usual_usd=3_200,
        ),
        "lost-slowly": Exposure(
            "a collector that loses counts, more by and by",
            "none",
            find_min=(60, 120),
            mend_min=(2, 5),
            shown={"callers_gap_pct": (8, 60)},
            usual_usd=3_200,
        ),
    },
}

HEALTHY = frozenset({"broken-measurement"})
"""Families whose service is well: they have no siblings that harm."""

HARMLESS = frozenset({"traffic-surge", "late-labels", "harmless-shift", "quiet"})
"""Families whose shifts harm nobody for long: nothing to prevent."""


def of_variant(family: str, variant: str) -> Exposure | None:
    """The exposure of a shift's cause; None where there is nothing to prevent.

    Raises:
        KeyError: the family has no exposure yet.
    """
    if family in HARMLESS:
        return None
    own = EXPOSURES[family]
    return own[variant] if variant in own else own[""]


def others(family: str, variant: str) -> tuple[Exposure, ...]:
    """The exposures of a family's other variants; of the variant itself when it is the only one."""
    own = EXPOSURES[family]
    return tuple(e for name, e in own.items() if name != variant) or tuple(own.values())


def siblings(family: str) -> tuple[Exposure, ...]:
    """The exposures of all other faulty families; none for a healthy one."""
    if family in HEALTHY or family in HARMLESS:
        return ()
    return tuple(e for f, own in EXPOSURES.items() if f != family and f not in HEALTHY for e in own.values())
