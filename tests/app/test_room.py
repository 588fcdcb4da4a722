"""A live attempt: frames that miss nothing, and a log that survives whatever happens to the process."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradatim.app import App
from gradatim.app.room import LOG_IN_FRAME, Room
from gradatim.core.errors import GradatimError, InputError, StateError

Again = Callable[[], App]
LAB = "incident-response"


def frame(room: Room) -> dict[str, Any]:
    """Everything a page shows, without the cursor."""
    shown = room.since(None)
    del shown["cursor"]
    shown["annotations"].sort(key=lambda m: (m["t_s"], m["kind"], m["text"]))
    return shown


# ---------------------------------------------------------------------- what a page gets
def test_hello_and_frames_are_json_without_nan(room: Room) -> None:
    room.advance(700)
    hello, news = room.hello(), room.since(None)
    json.dumps(hello, allow_nan=False)
    json.dumps(news, allow_nan=False)
    assert len(hello["series"]) >= 60 and len(hello["actions"]) >= 20
    assert hello["clock"]["t_s"] == 1900.0 == news["t_s"]
    assert set(news["ticks"]["series"]) == {s["id"] for s in hello["series"]}
    assert all(len(v) == len(news["ticks"]["t"]) for v in news["ticks"]["series"].values())


STEP = st.one_of(
    st.floats(0.05, 0.9),
    st.floats(1.0, 95.0),
    st.sampled_from([10.0, 9.999, 10.001, 60.0]),
    st.sampled_from(["ack", "page", "note", "silence"]),
)
TALK = {
    "ack": {"kind": "acknowledge", "alert": "all"},
    "page": {"kind": "page", "team": "web"},
    "note": {"kind": "status_update", "impact": "degraded"},
    "silence": {"kind": "silence", "alert": "all", "for_s": 60},
}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Room:
    app = App(tmp_path_factory.mktemp("watched"))
    return app.room(app.start(LAB, seed=9)["id"])


@settings(max_examples=7, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2400), st.lists(STEP, min_size=3, max_size=25))
def test_frames_repeat_nothing_and_miss_nothing(watched: Room, skip: int, steps: list[float | str]) -> None:
    """Frames over any way to cut time, put together, are what one look at the end shows."""
    room = watched
    room.rewind(1200.0)
    if skip:
        room.advance(skip)
    first = room.since(None)
    cursor = first["cursor"]
    begin = max(0.0, first["t_s"] // 10 * 10 - 600.0)
    ticks, series = list(first["ticks"]["t"]), dict(first["ticks"]["series"])
    marks, log, truncated = list(first["annotations"]), list(first["log"]), len(first["log"]) >= LOG_IN_FRAME
    for step in steps:
        if isinstance(step, str):
            assert room.act(TALK[step])["accepted"]
        else:
            room.advance(step)
        news = room.since(cursor)
        cursor = json.loads(json.dumps(news["cursor"]))
        ticks += news["ticks"]["t"]
        for name, values in news["ticks"]["series"].items():
            series[name] = series.get(name, []) + values
        marks += news["annotations"]
        truncated |= len(news["log"]) >= LOG_IN_FRAME
        log += news["log"]
    whole = room.since(None)
    assert ticks == whole["ticks"]["t"] == [10.0 * (i + 1) for i in range(len(ticks))]
    assert series == whole["ticks"]["series"]

    def told(m: dict[str, Any]) -> str:
        return json.dumps(m, sort_keys=True)

    assert sorted(map(told, marks)) == sorted(map(told, whole["annotations"]))
    if not truncated:
        end = room.clock()["t_s"]
        every = [x for x in room.log(limit=2000)["lines"] if begin <= x["t_s"]]
        assert every == room.log(before_s=end + 1, limit=2000)["lines"][-len(every) :]
        assert log[-2000:] == every
        assert all(a["t_s"] <= b["t_s"] for a, b in itertools.pairwise(log))


def test_two_actions_at_one_moment_are_told_once_each(room: Room) -> None:
    room.advance(100)
    cursor = room.since(None)["cursor"]
    told = []
    # In alphabetical order each would come before the one before it.
    for kind in ("silence", "page", "ack"):
        room.act(TALK[kind])
        news = room.since(cursor)
        cursor = news["cursor"]
        told += [m["text"] for m in news["annotations"]]
    assert [t.split()[0].rstrip(":") for t in told] == ["silence", "page", "acknowledge"]


def test_an_alert_that_fires_is_told_once_even_when_actions_came_between(room: Room) -> None:
    cursor, told = None, []
    for _ in range(14):
        before = room.clock()["t_s"]
        room.next_alert(600)
        news = room.since(cursor)
        cursor = news["cursor"]
        told += [(m["t_s"], m["text"]) for m in news["annotations"] if m["kind"] == "alert"]
        room.act(TALK["ack"])
        assert room.clock()["t_s"] > before
    shown = [(m["t_s"], m["text"]) for m in room.since(None)["annotations"] if m["kind"] == "alert"]
    assert sorted(told) == sorted(shown) and len(shown) == len(set(shown)) >= 1


def test_a_cursor_of_another_room_starts_from_nothing(again: Again, room: Room) -> None:
    """A killed server may have been ahead of its disk; its pages must not keep columns that never happened."""
    room.advance(900)
    ghost = room.since(None)["cursor"]
    rebuilt = again().room(room.id)
    rebuilt.advance(5)
    news = rebuilt.since(ghost)
    assert news["ticks"]["t"] and news["ticks"]["t"][0] == 10.0


def test_the_operators_estimate_of_the_loss_is_near_the_truth(finished: tuple[App, str]) -> None:
    app, attempt = finished
    room = app.room(app.fork(attempt, 8399.0)["id"])
    estimate = room.since(None)["lost"]["usd"]
    spent = sum(app.score(attempt)["by_cause_usd"][c] for c in ("answers", "changes", "capacity", "pages"))
    # It reckons with usual prices; what an answer is worth on this day differs.
    assert 0.5 * spent < estimate < 2 * spent


# ---------------------------------------------------------------------- time
def test_the_clock_stands_on_whole_milliseconds_and_always_moves(room: Room) -> None:
    for seconds in (1e-9, 0.0004, 0.0006, 1 / 3, 9.9999):
        before = room.clock()["t_s"]
        after = room.advance(seconds)["t_s"]
        assert after > before and after == round(after * 1000) / 1000
    for bad in (0, -1, float("nan"), float("inf"), "10", True, None, 1e7):
        with pytest.raises(InputError, match="cannot advance"):
            room.advance(bad)  # type: ignore[arg-type]


def test_the_next_alert_ends_whatever_the_limit(room: Room) -> None:
    at = room.clock()["t_s"]
    assert room.next_alert(0.0003)["t_s"] == pytest.approx(at, abs=0.002)
    assert room.next_alert(25.0004)["t_s"] == pytest.approx(at + 25, abs=0.01)
    clock = room.next_alert(1e9)
    assert at < clock["t_s"] <= clock["horizon_s"]


@pytest.mark.parametrize("family", ["metastable-overload", "late-labels"])
def test_a_search_in_stretches_ends_where_a_look_after_every_tick_would(app: App, family: str) -> None:
    """It runs past what came and goes back: nothing of that may be seen, nor change what follows."""
    rooms = [app.room(app.start(LAB, seed=12, family=family)["id"]) for _ in range(2)]
    for each in rooms:
        each.advance(13.3)
    for stop in range(5):
        tick_by_tick(rooms[0])
        assert rooms[1].next_alert()["t_s"] == rooms[0].clock()["t_s"]
        assert frame(rooms[1]) == frame(rooms[0])
        if stop == 1:
            for each in rooms:
                assert each.act({"kind": "scale", "replicas": 13})["accepted"]
                assert each.act({"kind": "trace"})["accepted"]


def tick_by_tick(room: Room) -> None:
    """The next alert or message, looked for after every tick: what the search has to agree with."""
    s = room._session
    began_s, mail = s.world.now_s, len(s.inbox())
    while s.book.first_new_alert_after(began_s) is None and len(s.inbox()) == mail:
        s.advance(s.world.tick_s - s.world.now_s % s.world.tick_s)


def test_the_horizon_is_never_passed(room: Room) -> None:
    room.advance(7199.9995)
    clock = room.advance(1e6)
    assert clock["t_s"] == clock["horizon_s"] == 8400.0 and clock["ended"]
    refused = room.act(TALK["ack"])
    assert not refused["accepted"] and "over" in refused["reason"]
    assert "over" in room.preview(TALK["ack"])["problems"][0]
    assert room.advance(60)["t_s"] == 8400.0
    assert room.next_alert()["t_s"] == 8400.0


# ---------------------------------------------------------------------- acting
def test_a_refused_action_is_not_logged(app: App, room: Room) -> None:
    before = frame(room)
    for action in (
        {"kind": "ramp"},
        {"kind": "shed"},
        7,
        None,
        {"kind": "answer", "message": "q-share", "fact": "some"},
    ):
        receipt = room.act(action)
        assert not receipt["accepted"] and receipt["reason"]
        assert room.preview(action)["problems"], action
    assert app.store.actions(room.id) == [] and frame(room) == before


def test_notes_are_kept_or_refused(room: Room, again: Again) -> None:
    room.set_notes("what I think é 🛫")
    assert again().room(room.id).notes() == "what I think é 🛫"
    for bad in ("x" * 100_001, "\ud800", None, 7):
        with pytest.raises(InputError):
            room.set_notes(bad)  # type: ignore[arg-type]
    assert room.notes() == "what I think é 🛫"


def test_many_threads_in_one_room_keep_one_log(app: App, room: Room) -> None:
    errors: list[BaseException] = []

    def work(i: int) -> None:
        try:
            for _ in range(4):
                room.advance(3.5)
                room.act({"kind": "page", "team": "web"})
                room.since(None)
                room.observe()
        except BaseException as e:
            errors.append(e)

    threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    kept = app.store.actions(room.id)
    assert len(kept) == 16 and [a.ordinal for a in kept] == list(range(16))
    steps = room.submission()["actions"]
    assert [a.t_s * 1000 for a in kept] == pytest.approx([s["t_ms"] for s in steps])


# ---------------------------------------------------------------------- after a kill
def test_a_rebuilt_room_shows_the_same(room: Room, again: Again, play: Callable[[Room], None]) -> None:
    play(room)
    rebuilt = again().room(room.id)
    assert rebuilt.clock() == room.clock()
    assert frame(rebuilt) == frame(room)
    assert rebuilt.observe() == room.observe()
    assert rebuilt.hello()["history"] == room.hello()["history"]
    assert rebuilt.submission() == room.submission()


# ---------------------------------------------------------------------- two processes at once
def test_another_process_that_acted_is_followed_and_nothing_is_lost(
    room: Room, again: Again, app: App
) -> None:
    other = again().room(room.id)
    room.advance(60)
    assert room.act({"kind": "page", "team": "web"})["accepted"]
    other.advance(30)
    assert other.act({"kind": "page", "team": "data"})["accepted"]
    assert other.clock()["t_s"] == 1260.0, "it acts where the log stands"
    assert room.act({"kind": "page", "team": "mobile"})["accepted"]
    teams = [a.action["team"] for a in app.store.actions(room.id)]
    assert teams == ["web", "data", "mobile"]
    result = app.finish(room.id)
    assert app.replay(room.id)["matches"] and result["signals"]["actions"] == 3


def test_another_process_that_rewound_is_noticed(room: Room, again: Again) -> None:
    room.advance(300)
    room.act({"kind": "page", "team": "web"})
    other = again().room(room.id)
    other.rewind(1300.0)
    room.act({"kind": "page", "team": "data"})
    assert [s["action"]["team"] for s in room.submission()["actions"]] == ["data"]
    assert room.clock()["t_s"] == 1300.0


def test_another_process_that_ended_it_is_noticed(room: Room, again: Again, app: App) -> None:
    other = again()
    verdict = other.finish(room.id)
    with pytest.raises(StateError, match="finished") as e:
        room.act({"kind": "page", "team": "web"})
    assert f"gradatim lab score {room.id}" in e.value.next
    with pytest.raises(StateError, match="finished"):
        app.room(room.id)
    assert app.finish(room.id) == verdict
    with pytest.raises(StateError, match="finished"):
        room.rewind(1200.0)


def test_a_disk_that_refuses_leaves_the_room_as_it_was(room: Room, app: App) -> None:
    """The write fails: the action is not confirmed and not in the room either."""
    app.store.timeout_s = 0.05
    held = threading.Event()
    done = threading.Event()

    def hold() -> None:
        with app.store.writing():
            held.set()
            done.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait(30)
    try:
        with pytest.raises(StateError):
            room.act({"kind": "shed", "share": 0.5})
    finally:
        done.set()
        thread.join()
    assert room.submission()["actions"] == [] and app.store.actions(room.id) == []
    assert room.act({"kind": "shed", "share": 0.5})["accepted"]


# ---------------------------------------------------------------------- going back
def test_rewind_forgets_from_then_on_and_the_rest_is_as_never_having_been(
    room: Room, app: App, again: Again
) -> None:
    room.advance(100)
    room.act({"kind": "page", "team": "web"})
    room.advance(100)
    before = frame(room)
    for seconds, action in ((0.25, {"kind": "shed", "share": 0.9}), (300, {"kind": "restart"})):
        room.advance(seconds)
        room.act(action)
    room.advance(200)
    room.rewind(1400.25)
    assert len(room.submission()["actions"]) == 1, "an action at that very moment is forgotten too"
    room.rewind(1400.0)
    assert frame(room) == before
    assert again().room(room.id).clock() == room.clock()
    assert app.attempt(room.id)["rewinds"] == 2
    assert len(app.store.withdrawn_actions(room.id)) == 2
    for bad in (1399.0 - 400, 1401.0, float("nan"), "1300", None, True):
        with pytest.raises(InputError, match="cannot rewind"):
            room.rewind(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize("to_s", [1333.33337, 1333.0004999, 1333.9999999])
def test_a_rewind_to_a_fraction_of_a_millisecond_still_replays(app: App, room: Room, to_s: float) -> None:
    room.advance(200)
    room.rewind(to_s)
    assert room.clock()["t_s"] == round(to_s * 1000) / 1000
    room.act({"kind": "shed", "share": 0.5})
    app.finish(room.id)
    assert app.replay(room.id)["matches"]


def test_a_cursor_from_before_a_rewind_starts_anew(room: Room) -> None:
    room.advance(700)
    cursor = room.since(None)["cursor"]
    room.rewind(1300.0)
    news = room.since(cursor)
    assert news["cursor"]["generation"] != cursor["generation"]
    assert news["ticks"]["t"][0] == 10.0


def test_queries_and_the_log_answer_bad_questions_clearly(room: Room) -> None:
    with pytest.raises(GradatimError):
        room.query("DROP TABLE log")
    with pytest.raises(GradatimError):
        room.log(level="LOUD")
    assert room.query("SELECT count(*) AS n FROM log")["rows"][0][0] == room.since(None)["log_total"]
