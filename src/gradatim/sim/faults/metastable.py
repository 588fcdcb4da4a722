"""Metastable overload: a short trigger pushes the service into a state that keeps itself up.

The trigger is gone after minutes; the overload stays, because what the overload causes (retries, abandoned work,
a cache that cannot fill) is enough load to continue it. Four variants share the first symptom and differ in what
ends them:

In all but `cold-cache` a smaller trigger comes again some fifty minutes later: relief without the cure does not
last.

- `everyone-retries`: no client has a retry budget; capping retries (or shedding, then ramping) ends it;
- `one-release`: one client's new release retries hard and ignores remote configuration; only its traffic needs
  holding at the gateway, and only its release needs undoing;
- `cold-cache`: the feature cache was emptied, the store cannot refill it at this load; load must come off until
  the hit rate is back, then ramp;
- `deep-queue`: a queue limit was raised; replicas work off requests whose clients left; bound the queue.

Source: Bronson, Aghayev, Charapko, Zhu, "Metastable failures in distributed systems", HotOS 2021; Huang et al.,
"Metastable failures in the wild", OSDI 2022.
"""

from __future__ import annotations

from dataclasses import replace

from gradatim.core.streams import Stream
from gradatim.sim.faults import draws
from gradatim.sim.faults.scenario import (
    CacheFlush,
    Change,
    ClientRelease,
    QueueLimitChange,
    Scenario,
    SlowFleet,
    Span,
    Truth,
)


def _again(s: Stream, at: float) -> SlowFleet:
    """The smaller trigger of later."""
    start = at + s.integer(2700, 3300, 11)
    return SlowFleet(start, start + s.integer(60, 90, 12), s.between(3.0, 3.6, 13))


class Metastable:
    """Family 10."""

    id = "metastable-overload"
    title = "Overload that keeps itself up"
    healthy = False
    variants: tuple[str, ...] = ("everyone-retries", "one-release", "cold-cache", "deep-queue")

    def draw(self, seed: int, *, start_s: float, horizon_s: float, variant: str | None = None) -> Scenario:
        s = Stream(seed, "metastable")
        name = variant or self.variants[s.integer(0, 3, 1)]
        at = draws.onset(seed, start_s, horizon_s)
        scenario: Scenario = getattr(self, "_" + name.replace("-", "_"))(seed, s, at, horizon_s)
        return draws.with_herring(seed, scenario)

    def _everyone_retries(self, seed: int, s: Stream, at: float, end: float) -> Scenario:
        until = at + s.integer(100, 200, 2)
        return Scenario(
            family=self.id,
            variant="everyone-retries",
            healthy=False,
            config=draws.config(seed, bounded=False),
            shocks=(SlowFleet(at, until, s.between(3.0, 4.0, 3)), _again(s, at)),
            changes=(draws.coincidence(seed, at - s.integer(120, 900, 4)),),
            onset_s=at,
            truth=Truth(
                "clients",
                "retry_amplification",
                "all",
                "A retry storm of all clients, long after its trigger was gone",
                (
                    Span(at, until, "trigger: every replica slow", True),
                    Span(until, end, "retries of all clients keep the fleet full", True),
                ),
                "The fleet was fast again minutes after the trigger. Attempts stayed far above first attempts: each "
                "request was tried to its limit because no client had a retry budget. More replicas do not help "
                "while each of them works for clients that have gone. A retry budget, or shedding until the queues "
                "are empty and ramping back, ends it for good.",
            ),
        )

    def _one_release(self, seed: int, s: Stream, at: float, end: float) -> Scenario:
        client = ("ios", "android")[s.integer(0, 1, 5)]
        since = at - s.integer(1500, 4200, 6)
        release = f"3.9.{s.integer(0, 7, 10)}"
        change = Change(
            draws.change_id(seed, since),
            since,
            "deploy",
            "clients",
            draws.person(seed, 3),
            draws.APP.format(client, release),
        )
        until = at + s.integer(90, 160, 2)
        return Scenario(
            family=self.id,
            variant="one-release",
            healthy=False,
            config=draws.config(seed),
            shocks=(
                ClientRelease(change.at_s, client, draws.HARD_RETRIES, change.id),
                SlowFleet(at, until, s.between(3.0, 4.0, 3)),
                _again(s, at),
            ),
            changes=(change, draws.coincidence(seed, at - s.integer(120, 900, 4))),
            onset_s=at,
            truth=Truth(
                "clients",
                "retry_amplification",
                client,
                f"{client} {release} retries seven times and ignores remote configuration",
                (
                    Span(
                        max(change.at_s, 0.0), end, f"{client} {release} live: built-in retry policy", False
                    ),
                    Span(at, until, "trigger: every replica slow", True),
                    Span(until, end, f"{client} retries keep the fleet full", True),
                ),
                f"Three of four clients kept to their retry budget; {client} made several times as many attempts as "
                f"requests. Its release reads no remote configuration, so a retry budget changes nothing: hold "
                f"{client} back at the gateway until the queues are empty, and undo the release. Shedding everyone "
                "ends the overload too, at the price of the clients that did nothing wrong.",
            ),
        )

    def _cold_cache(self, seed: int, s: Stream, at: float, end: float) -> Scenario:
        cfg = draws.config(seed)
        return Scenario(
            family=self.id,
            variant="cold-cache",
            healthy=False,
            config=cfg,
            shocks=(CacheFlush(at, s.between(0.04, 0.12, 8)),),
            changes=(draws.coincidence(seed, at - s.integer(120, 900, 4)),),
            onset_s=at,
            truth=Truth(
                "features",
                "cold_cache",
                "all",
                "The feature cache was emptied and the load kept it from filling",
                (
                    Span(at, at + 60.0, "trigger: a cache node is replaced, its content lost", True),
                    Span(
                        at,
                        end,
                        "cache cold, feature store saturated: lookups time out before they fill it",
                        True,
                    ),
                ),
                "The hit rate fell at the first minute and stayed down; the feature store ran at its limit, so most "
                "lookups timed out and put nothing into the cache. Capping retries is not enough: with a cold cache "
                "even first attempts are more than the store can serve. Take most of the load off, let the hit rate "
                "come back, then ramp. Restarting replicas only takes capacity away meanwhile.",
            ),
        )

    def _deep_queue(self, seed: int, s: Stream, at: float, end: float) -> Scenario:
        cfg = draws.config(seed, queue_limit=64)
        cfg = replace(cfg, base_rate_per_s=cfg.base_rate_per_s * draws.DEEP_TRAFFIC)
        limit = (2048, 3072, 4096)[s.integer(0, 2, 9)]
        since = at - s.integer(1500, 4200, 6)
        change = Change(
            draws.change_id(seed, since),
            since,
            "config",
            "predict",
            draws.person(seed, 3),
            draws.QUEUE.format(limit),
        )
        until = at + s.integer(240, 360, 2)
        return Scenario(
            family=self.id,
            variant="deep-queue",
            healthy=False,
            config=cfg,
            shocks=(
                QueueLimitChange(change.at_s, limit, change.id),
                SlowFleet(at, until, s.between(3.0, 4.0, 3)),
                _again(s, at),
            ),
            changes=(change, draws.coincidence(seed, at - s.integer(120, 900, 4))),
            onset_s=at,
            truth=Truth(
                "predict",
                "abandoned_work",
                "all",
                f"Queues {limit} deep, full of requests nobody waited for",
                (
                    Span(
                        max(change.at_s, 0.0),
                        end,
                        f"queue limit {limit}: harmless until something is slow",
                        False,
                    ),
                    Span(at, until, "trigger: every replica slow", True),
                    Span(until, end, "replicas answer requests whose clients left long ago", True),
                ),
                "Replicas were busy and fast, and almost nothing they finished was in time: a request waited longer "
                "than its client. Retries were capped, so capping them again changed nothing. Bounding the queue "
                "(or undoing the change that raised it, or dropping abandoned work) ends it within a minute.",
            ),
        )
