"""Slower after something was released or moved: a model, a runtime, a setting, a host.

The first page is that of an overload. Four variants differ in what is slow, in its scope and in what undoes it:

- `slow-model`: a new model version needs more time for an item; roll the model back;
- `leaky-runtime`: a new runtime keeps memory for every item, replicas are killed in waves; roll the runtime back;
- `patient-batches`: a setting makes batches wait to be full; set it back;
- `slow-host`: nothing was released, five replicas share a host that is slow; drain them.

Source: the pattern of a release that passes its tests and fails under load is described in Beyer, Jones, Petoff,
Murphy (eds.), "Site Reliability Engineering", O'Reilly 2016, chapters 8 and 22.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from gradatim.core.streams import Stream
from gradatim.sim.faults import draws
from gradatim.sim.faults.scenario import (
    BatchingChange,
    Change,
    ModelRelease,
    RuntimeRelease,
    Scenario,
    Shock,
    SlowReplicas,
    Span,
    Truth,
)

NEW_VERSION = 2


class SlowRelease:
    """Family 12."""

    id = "slow-release"
    title = "Slower since something changed"
    healthy = False
    variants: tuple[str, ...] = ("slow-model", "leaky-runtime", "patient-batches", "slow-host")

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "slow-release")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at = draws.onset(seed, start_s, horizon_s)
        drawn: Callable[[int, Stream, float, float], tuple[Shock, Change | None, Truth]] = getattr(
            self, "_" + name.replace("-", "_")
        )
        shock, change, truth = drawn(seed, s, at, horizon_s)
        scenario = Scenario(
            family=self.id,
            variant=name,
            healthy=False,
            config=draws.config(seed),
            shocks=(shock,),
            changes=(
                *((change,) if change is not None else ()),
                draws.coincidence(seed, at - s.integer(120, 900, 4)),
            ),
            onset_s=at,
            truth=truth,
        )
        return draws.with_herring(seed, scenario)

    def _slow_model(self, seed: int, s: Stream, at: float, end: float) -> tuple[Shock, Change, Truth]:
        since = at - s.integer(8, 25, 8)
        change = self._change(seed, since, "deploy", draws.MODEL)
        factor = s.between(2.3, 3.0, 3)
        return (
            ModelRelease(since, NEW_VERSION, factor, change.id),
            change,
            Truth(
                "predict",
                "slow_model",
                "all",
                "The new model needs more time for an item than the fleet has",
                (Span(at, end, f"model v3: {factor:.1f} times the time for an item", True),),
                "Batches took longer from the minute of the deploy on and did not recover, demand was as usual, the "
                "cache was warm. Shedding and more replicas only pay for the new model's time; rolling the model "
                "back gives the old time back at once.",
            ),
        )

    def _leaky_runtime(self, seed: int, s: Stream, at: float, end: float) -> tuple[Shock, Change, Truth]:
        since = at - s.integer(60, 240, 5)
        change = self._change(seed, since, "deploy", draws.RUNTIME.format(s.integer(14, 19, 6)))
        leak = s.between(1.5, 2.1, 3)
        return (
            RuntimeRelease(since, leak, change.id),
            change,
            Truth(
                "predict",
                "memory_leak",
                "all",
                "The new runtime keeps memory for every item, and replicas are killed in waves",
                (Span(at, end, "every item served leaves memory behind until the replica is killed", True),),
                "Memory climbed on every replica alike since the runtime's deploy; each wave of restarts took most "
                "of the fleet away for a minute, and calm followed, which looks like recovery. Restarting only sets "
                "the clock back. Rolling the runtime back ends it.",
            ),
        )

    def _patient_batches(self, seed: int, s: Stream, at: float, end: float) -> tuple[Shock, Change, Truth]:
        wait_ms = s.integer(9, 14, 3) * 100
        since = at - s.integer(8, 25, 8)
        change = self._change(seed, since, "config", draws.BATCHING)
        return (
            BatchingChange(since, 16, wait_ms / 1000.0, change.id),
            change,
            Truth(
                "predict",
                "batch_wait",
                "all",
                "Batches wait to be full, and nobody waits that long",
                (Span(at, end, f"a batch waits up to {wait_ms} ms for sixteen requests", True),),
                "Replicas were mostly idle, queues were short, and answers were slow all the same: requests waited "
                "for company. The change calendar has the setting in the same minute. Setting it back is a matter "
                "of half a minute; scaling up makes it worse, because each replica's batch then fills more slowly.",
            ),
        )

    def _slow_host(self, seed: int, s: Stream, at: float, end: float) -> tuple[Shock, None, Truth]:
        first = s.integer(0, 3, 3)
        same = tuple(range(first, first + 10, 2))
        named = ", ".join(map(str, same[:-1])) + f" and {same[-1]}"
        factor = s.between(10.0, 14.0, 7)
        return (
            SlowReplicas(at, same, factor),
            None,
            Truth(
                "hosts",
                "slow_hardware",
                "one_host",
                f"Replicas {named} share a slow host",
                (Span(at, end, f"replicas {named} take {factor:.0f} times as long", True),),
                "Seven of twelve replicas were as fast as ever; five finished almost nothing, and most requests that "
                "were sent to them timed out. The mean over the fleet hides it, the table of replicas shows it. "
                "Draining the five ends it; restarting everything brings them back as slow as before.",
            ),
        )

    def _change(self, seed: int, at: float, kind: Literal["deploy", "config"], text: str) -> Change:
        return Change(draws.change_id(seed, at), at, kind, "predict", draws.person(seed, 3), text)
