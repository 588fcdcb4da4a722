import dataclasses
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradatim.core.errors import InputError
from gradatim.sim.telemetry.history import calendar
from gradatim.sim.telemetry.logcontext import Block, Context
from gradatim.sim.telemetry.logs import Logs, matcher
from gradatim.sim.telemetry.record import Event
from gradatim.sim.telemetry.telemetry import Telemetry
from gradatim.sim.telemetry.templates import TEMPLATES


@pytest.fixture(scope="module")
def calm(quiet):
    return Logs(Telemetry(quiet), calendar(3))


@pytest.fixture(scope="module")
def loud(harmed):
    return Logs(Telemetry(harmed), calendar(3))


def test_there_are_forty_templates_over_the_components_in_three_levels():
    assert len(TEMPLATES) >= 40
    assert len({t.text for t in TEMPLATES}) == len(TEMPLATES)
    assert len({t.component for t in TEMPLATES}) >= 9
    assert {t.level for t in TEMPLATES} == {"I", "W", "E"}


def test_every_template_has_its_driver_and_its_fields(harmed):
    telemetry = Telemetry(harmed)
    context = Context(Block(telemetry, 400, 401), 400)
    drivers = context.drivers()
    for template in TEMPLATES:
        assert template.driver in drivers, template
        for name in re.findall(r"\{(\w+)\}", template.text):
            for u in (0.0, 0.5, 1 - 2**-53):
                assert context.field(name, u) != ""


def test_a_shift_has_ten_thousand_lines_even_when_nothing_happens(calm):
    assert len(calm.lines(1200.0, 8400.0)) >= 10_000
    assert calm.count() == len(calm.lines())


def test_most_templates_are_seen_in_an_ordinary_shift(calm, loud):
    def form(text):
        return re.sub(r"\{\w+\}|'|\d+(\.\d+)?", "", text)

    texts = [f"{x.component} {x.message}" for x in calm.lines() + loud.lines()]
    seen = 0
    for t in TEMPLATES:
        pattern = re.compile(re.sub(r"\\\{\w+\\\}", ".+?", re.escape(f"{t.component} {t.text}")) + "$")
        seen += any(pattern.match(x) for x in texts)
    assert seen >= 45


def test_lines_follow_what_happened(loud):
    def n(word, lo, hi):
        return len(loud.lines(lo, hi, match=word))

    for word in ("timeout", "client gone", "queue full", "no try left"):
        assert n(word, 3000.0, 5000.0) > 20 * n(word, 1000.0, 3000.0) > -1, word
        assert n(word, 3000.0, 5000.0) > 50, word


def test_lines_are_the_same_in_portions(harmed, loud):
    telemetry = Telemetry(dataclasses.replace(harmed, now_s=1000.0))
    steps = Logs(telemetry, calendar(3))
    for now in (1000.0, 1234.0, 3600.0, 8400.0):
        telemetry.update(dataclasses.replace(harmed, now_s=now))
        steps.count()
    assert steps.lines() == loud.lines()


def test_lines_come_in_order_of_time_and_never_from_the_future(harmed):
    logs = Logs(Telemetry(dataclasses.replace(harmed, now_s=4005.0)))
    lines = logs.lines()
    times = [x.t_s for x in lines]
    assert times == sorted(times)
    assert times[-1] <= 4000.0
    assert logs.lines(newest_first=True) == lines[::-1]
    assert logs.lines(newest_first=True, limit=7) == lines[::-1][:7]


@settings(max_examples=30)
@given(st.floats(0, 8400), st.floats(0, 8400))
def test_a_range_of_time_is_a_range_of_lines(loud, a, b):
    lo, hi = min(a, b), max(a, b)
    assert loud.lines(lo, hi) == [x for x in loud.lines() if lo <= x.t_s < hi]


def test_filters_by_word_level_and_component(loud):
    some = loud.lines(match="Timeout | retry", component="gateway")
    assert some
    assert all("timeout" in x.message or "retry" in x.message for x in some)
    assert {x.level for x in loud.lines(level="W")} == {"W", "E"}
    assert {x.component for x in loud.lines(component="weather")} == {"weather"}
    assert loud.lines(match="|| |") == loud.lines()


@pytest.mark.parametrize(
    "hostile", ["(a+)+$", "[", "\\", "(?P<x>" + "a" * 50, ".*" * 80, "%_'; drop table log"]
)
def test_a_pattern_is_text_and_costs_linear_time(loud, hostile):
    began = time.process_time()
    assert loud.lines(match=hostile) == []
    assert time.process_time() - began < 1.0


def test_filters_that_are_too_long_are_refused_with_all_problems():
    with pytest.raises(InputError) as e:
        matcher("|".join(["abcdefghijk"] * 30))
    assert len(e.value.problems) == 2
    with pytest.raises(InputError, match="level"):
        Logs.lines(object.__new__(Logs), level="X")


def test_no_line_claims_a_try_that_nobody_made(harmed, loud):
    most = int(harmed.samples["attempts"].max())
    tries = [int(m.group(1)) for x in loud.lines() if (m := re.search(r"(?:try|retry) (\d+)", x.message))]
    assert max(tries) <= max(most, 2)


def test_sampled_requests_keep_their_number(harmed, loud):
    numbers = {int(m.group(1)) for x in loud.lines() if (m := re.search(r"req s(\d{7})", x.message))}
    assert numbers
    assert numbers <= set(harmed.samples["request"].tolist())


def test_changes_and_actions_are_logged(quiet):
    journal = (
        Event(2000.0, "own", "gateway", "shed 20 % of web"),
        Event(2001.0, "message", "notify", "hello"),
    )
    record = dataclasses.replace(quiet, journal=journal)
    changes = calendar(3)
    logs = Logs(Telemetry(record), changes)
    assert [x.message for x in logs.lines(1990.0, 2010.0, match="operator")] == ["operator: shed 20 % of web"]
    assert not logs.lines(match="hello")
    for c in changes:
        assert len(logs.lines(match=c.id)) == (0 <= c.at_s < 8400)


def test_rewinding_the_telemetry_rewinds_the_log(made):
    t = Telemetry(made(seed=4, bad_from=300, bad_to=840))
    logs = Logs(t)
    before = logs.lines(0.0, 2990.0)
    t.rewind(2995.0)
    t.update(made(seed=4, now_s=4000.0))
    assert logs.lines(0.0, 2990.0) == before
    assert logs.lines(3010.0, 4000.0) == Logs(Telemetry(made(seed=4, now_s=4000.0))).lines(3010.0, 4000.0)
