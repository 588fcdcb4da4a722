"""What a debrief teaches holds on the shift it speaks of."""

from __future__ import annotations

import pytest

from gradatim.content.senior_ai_engineer.reliability.incident_response.lesson import LESSONS
from gradatim.lab import catalogue
from gradatim.lab.reference import Bench
from gradatim.sim.faults import FAMILIES, family
from gradatim.sim.platform.vocabulary import AIRPORTS

LAB = "incident-response"
PICKED = (
    ("metastable-overload", "cold-cache"),
    ("slow-release", "leaky-runtime"),
    ("traffic-surge", "blip"),
    ("broken-measurement", "lost-counts"),
    ("feature-skew", "skew-one-airport"),
)


def test_there_is_a_lesson_for_every_graded_cause() -> None:
    causes = {
        family(f).draw(7, start_s=1200.0, horizon_s=8400.0, variant=v).truth.mechanism
        for f in FAMILIES
        for v in family(f).variants
    }
    assert causes == set(LESSONS)
    assert all(x.tempting and x.apart and x.sign for x in LESSONS.values())


@pytest.mark.parametrize(("family_id", "variant"), PICKED)
def test_the_sign_comes_before_the_senior_knows_and_temptation_costs(family_id: str, variant: str) -> None:
    live = catalogue.lab(LAB).live
    seed = next(s for s in range(400) if live.scenario(s, family_id).variant == variant)
    chosen = None if live.family_of(seed) == family_id else family_id
    instance = catalogue.lab(LAB).instance(seed, chosen)
    senior = Bench(instance).play("senior").steps
    told = live.lesson(instance.timeline, senior)
    scenario = live.scenario(seed, family_id)
    first_s = min(
        getattr(s, "at_s", scenario.onset_s) for s in scenario.shocks if not getattr(s, "innocent", False)
    )
    assert told["knowable_s"] is not None
    assert first_s < told["knowable_s"] <= told["saw_s"], "not before anything happened, not after the senior"
    assert all(row["more_usd"] > 0 for row in told["tempting"])
    assert any(row["value"] != row["usual"] for row in told["saw"])
    if scenario.truth.scope in AIRPORTS:
        clock = next(row for row in told["saw"] if row["series"] == "features.clock_psi")
        assert clock["label"].endswith(f", {scenario.truth.scope}")
        assert clock["value"] > 0.5 > clock["usual"]
