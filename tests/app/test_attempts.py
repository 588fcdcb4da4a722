"""Attempts from start to debrief, and everything that can be wrong with what is handed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradatim.app import App
from gradatim.app.debrief import work_out
from gradatim.core.errors import InputError, PolicyError, StateError, UnknownName, VersionMismatch
from gradatim.store import NewAttempt

LAB = "incident-response"
Finished = tuple[App, str]
Log = list[tuple[float, dict[str, Any]]]


# ---------------------------------------------------------------------- start
@pytest.mark.parametrize("seed", [-1, 1 << 128, 1.5, True, "7"])
def test_a_seed_out_of_range_starts_nothing(app: App, seed: Any) -> None:
    with pytest.raises(InputError, match="seed"):
        app.start(LAB, seed=seed)
    assert app.attempts() == []


def test_unknown_names_give_the_nearest(app: App) -> None:
    for call, near in (
        (lambda: app.start("incident-respnse"), LAB),
        (lambda: app.start(LAB, family="trafic-surge"), "traffic-surge"),
        (lambda: app.lab("incident"), LAB),
    ):
        with pytest.raises(UnknownName) as e:
            call()
        assert near in e.value.why
    for call in (app.attempt, app.room, app.finish, app.score, app.replay, app.debrief, app.references):
        with pytest.raises(UnknownName, match="no attempt"):
            call("a-nothing")
    assert app.attempts() == []


def test_the_largest_seed_plays(app: App) -> None:
    attempt = app.start(LAB, seed=(1 << 128) - 1)
    assert attempt["seed"] == str((1 << 128) - 1)
    start_s = app.room(attempt["id"]).clock()["t_s"]
    assert app.room(attempt["id"]).advance(10)["t_s"] == start_s + 10.0


def test_an_open_instance_tells_no_truth(app: App) -> None:
    attempt = app.start(LAB, seed=12)
    text = json.dumps([attempt, app.attempts(), app.next_step(), app.lab(LAB)["attempts"]])
    assert "metastable" not in text and "retries" not in text and attempt["family"] is None


# ---------------------------------------------------------------------- finish
def test_what_is_finished_is_what_a_replay_says(finished: Finished, log: Log) -> None:
    app, attempt = finished
    row = app.attempt(attempt)
    assert row["status"] == "finished" and row["t_s"] == 8400.0 and row["hash"]
    result = app.replay(attempt)
    assert result["matches"] and result["recomputed_hash"] == row["hash"]
    assert (
        round(sum(result["by_cause_usd"].values()), 6)
        == round(result["loss_usd"], 6)
        == round(row["loss_usd"], 6)
    )
    steps = app.submission(attempt)["actions"]
    assert [(s["t_ms"] / 1000, s["action"]["kind"]) for s in steps] == [(t, a["kind"]) for t, a in log]


def test_finishing_twice_is_finishing_once(finished: Finished) -> None:
    app, attempt = finished
    before = app.attempt(attempt)
    assert app.finish(attempt) == app.finish(attempt)
    assert app.attempt(attempt) == before


def test_a_finished_attempt_has_no_room(finished: Finished) -> None:
    app, attempt = finished
    with pytest.raises(StateError, match="finished") as e:
        app.room(attempt)
    assert attempt in e.value.next


def test_an_open_attempt_has_no_debrief_and_says_how_to_end_it(app: App) -> None:
    attempt = app.start(LAB, seed=8)["id"]
    for call in (app.debrief, app.score, app.replay, lambda a: app.whatif(a, [{"drop": 0}])):
        with pytest.raises(StateError, match="still open") as e:
            call(attempt)
        assert e.value.next == f"gradatim lab submit {attempt}"


def test_an_attempt_that_was_abandoned_has_no_verdict(app: App) -> None:
    attempt = app.start(LAB, seed=8)["id"]
    app.store.finish_attempt(attempt, status="abandoned")
    for call in (app.finish, app.score, app.debrief):
        with pytest.raises(StateError, match="abandoned"):
            call(attempt)
    assert app.attempts()[0]["status"] == "abandoned"


# ---------------------------------------------------------------------- what if
def test_edits_give_the_outcome_of_the_edited_log(finished: Finished) -> None:
    app, attempt = finished
    same = app.whatif(attempt, [{"move": 4, "to_s": 2600.0}])
    assert same["delta_usd"] == 0 and same["hash"] == app.attempt(attempt)["hash"]
    less = app.whatif(attempt, [{"drop": 1}, {"drop": 3}])
    assert less["delta_usd"] < 0, "shedding a well service costs"
    assert less["delta_usd"] == pytest.approx(sum(less["by_cause_delta_usd"].values()))
    more = app.whatif(attempt, [{"insert": {"t_s": 3000, "action": {"kind": "page", "team": "web"}}}])
    assert more["by_cause_delta_usd"]["pages"] == 150 and more["delta_usd"] == 150
    assert app.replay(attempt)["matches"], "asking changed nothing"


def test_a_what_if_is_what_the_edited_log_comes_to_when_played(finished: Finished, tmp_path: Path) -> None:
    app, attempt = finished
    guess = app.whatif(attempt, [{"drop": 1}, {"move": 4, "to_s": 1900.5}])
    log = app.submission(attempt)
    steps = [s for i, s in enumerate(log["actions"]) if i not in (1, 4)] + [
        {**log["actions"][4], "t_ms": 1900500}
    ]
    made = {**log, "actions": sorted(steps, key=lambda s: s["t_ms"])}
    file = tmp_path / "log.json"
    file.write_text(json.dumps(made))
    played = app.submit(LAB, file)
    assert played["hash"] == guess["hash"] and played["loss_usd"] == guess["loss_usd"]


def test_bad_edits_are_all_told(finished: Finished) -> None:
    app, attempt = finished
    with pytest.raises(InputError) as e:
        app.whatif(
            attempt,
            [
                {"drop": 99},
                {"move": 0, "to_s": 9999},
                {"move": True, "to_s": 2000},
                {"nothing": 1},
                7,
                {"drop": 1, "move": 2, "to_s": 2000},
                {"insert": {"t_s": float("nan"), "action": {"kind": "shed"}}},
                {"insert": None},
                {"drop": 3},
                {"drop": 3},
            ],
        )
    text = "\n".join(e.value.problems)
    for i in range(8):
        assert f"edits[{i}]" in text, i
    assert "edits[9].drop" in text and "edits[8]" not in text
    for bad in ([], None, {"drop": 0}, "drop"):
        with pytest.raises(InputError, match="at least one edit"):
            app.whatif(attempt, bad)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- fork
def test_a_fork_has_the_log_before_the_moment_and_goes_its_own_way(finished: Finished) -> None:
    app, attempt = finished
    original = app.submission(attempt)["actions"]
    fork = app.fork(attempt, 1500.5)
    assert (fork["status"], fork["parent_id"], fork["fork_at_s"], fork["t_s"]) == (
        "open",
        attempt,
        1500.5,
        1500.5,
    )
    room = app.room(fork["id"])
    assert room.submission()["actions"] == original[:3], "not the action of that very moment"
    for step in original[3:]:
        at = step["t_ms"] / 1000
        if at > room.clock()["t_s"]:
            room.advance(at - room.clock()["t_s"])
        assert room.act(step["action"])["accepted"]
    assert app.finish(fork["id"])["hash"] == app.attempt(attempt)["hash"]
    room = app.room(app.fork(attempt, 1500.5000004)["id"])
    room.act({"kind": "restart"})
    assert app.finish(room.id)["loss_usd"] > app.attempt(attempt)["loss_usd"]
    assert app.replay(room.id)["matches"]
    for bad in (0, 8400.1, float("nan"), "1500", None, True):
        with pytest.raises(InputError, match="cannot fork"):
            app.fork(attempt, bad)  # type: ignore[arg-type]


# ---------------------------------------------------------------------- references and debrief
def test_regret_and_debrief_once_the_references_are_known(app: App, play: Callable[[Any], None]) -> None:
    attempt = app.start(LAB, seed=11)["id"]
    play(app.room(attempt))
    app.finish(attempt)
    before = app.debrief(attempt)
    assert before["regret"] is None and before["lost"]["senior_usd"] is None and not before["worked_out"]
    assert before["truth"]["mechanism"] == "nothing_wrong" and before["headline"]
    assert app.references(attempt)["done"] == 0
    # Every player does what the learner did, some of it dearer.
    a = app.store.get_attempt(attempt)
    assert a.outcome is not None and a.loss_micro is not None
    steps = app.submission(attempt)["actions"]
    names = [*app._lab(LAB).spec.reference]
    for ref in (*[r.name for r in names], "oracle"):
        more = {"senior": 0, "oracle": -1_000_000}.get(ref, 4_000_000_000)
        by_cause = {**a.outcome["by_cause"], "answers": a.outcome["by_cause"]["answers"] + more}
        outcome = {**a.outcome, "by_cause": by_cause, "loss_usd": (a.loss_micro + more) / 1e6}
        app.store.put_reference(
            a.lab_digest, a.seed, a.family, ref, {"outcome": outcome, "steps": steps}, f"h-{ref}"
        )
    scored = app.score(attempt)
    assert scored["regret"] == 0 and scored["stakes_usd"] == 4000
    assert scored["senior_usd"] == scored["loss_usd"] and scored["idle_usd"] == scored["loss_usd"] + 4000
    state = app.references(attempt)
    assert (state["done"], state["total"]) == (state["total"] - 1, len(names) + 2)
    work_out(app, a)
    assert app.references(attempt)["state"] == "done"
    after = app.debrief(attempt)
    json.dumps(after, allow_nan=False)
    assert after["worked_out"] and after["regret"] == 0
    curve = after["timeline"]["loss_per_min"]
    assert len(curve["t_s"]) == len(curve["you_usd"]) == 120 and curve["you_usd"] == curve["senior_usd"]
    graded = {c["cause"]: c["usd"] for c in after["by_cause"]}
    assert sum(curve["you_usd"]) == pytest.approx(graded["answers"] + graded.get("slo_credits", 0), abs=1)
    assert [m["kind"] for m in after["timeline"]["you"]] == [s["action"]["kind"] for s in steps]
    assert after["timeline"]["visible"] and all(
        1200 <= m["t_s"] <= 8400 for m in after["timeline"]["visible"]
    )
    assert after["counterfactuals"]
    for row in after["counterfactuals"][:2]:
        assert app.whatif(attempt, row["edits"])["delta_usd"] == row["delta_usd"], row["text"]


# ---------------------------------------------------------------------- submissions from elsewhere
def test_a_log_from_elsewhere_comes_to_the_same(finished: Finished, tmp_path: Path) -> None:
    app, attempt = finished
    file = tmp_path / "log.json"
    file.write_text(json.dumps(app.submission(attempt)))
    result = app.submit(LAB, file)
    assert result["hash"] == app.attempt(attempt)["hash"] and result["attempt"] != attempt
    row = app.attempt(result["attempt"])
    assert row["player"] == "log.json" and row["status"] == "finished"
    assert app.replay(result["attempt"])["matches"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read"),
        (b"\x80\x81\xff" * 40, "not JSON"),
        (b"", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"1" * 5000, "not JSON"),
        (b'{"format": 1}', "malformed"),
        (b"[]", "JSON object"),
        (b" " * 4_000_001, "larger than"),
        ({"seed": "9" * 39}, "seed"),
        ({"seed": 8}, "malformed"),
        ({"lab": "another"}, "belong"),
        ({"family": "no-such"}, "no fault family"),
        ({"digest": "0" * 20}, "made with version"),
        ({"version": "9.9.9", "digest": "1"}, "9.9.9"),
        ({"actions": [{"t_ms": 8_400_001, "action": {"kind": "declare_over"}}]}, "belong"),
        ({"actions": [{"t_ms": 10**400, "action": {"kind": "declare_over"}}]}, "belong"),
    ],
)
def test_a_bad_file_is_told_and_keeps_nothing(
    finished: Finished, tmp_path: Path, text: Any, says: str
) -> None:
    app, attempt = finished
    count = len(app.attempts())
    file = tmp_path / "log.json"
    if isinstance(text, dict):
        file.write_text(json.dumps({**app.submission(attempt), **text}))
    elif text is not None:
        file.write_bytes(text)
    with pytest.raises((InputError, UnknownName, VersionMismatch)) as e:
        app.submit(LAB, file)
    assert says in e.value.describe()
    assert len(app.attempts()) == count


def test_a_folder_is_no_submission(app: App, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        app.submit(LAB, tmp_path)


# ---------------------------------------------------------------------- policies
IDLE = "def policy(obs, query):\n    return {'actions': [], 'advance_s': 3600}\n"


def test_a_policy_is_played_and_kept(app: App, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text(IDLE)
    told: list[float] = []
    result = app.play(LAB, file, seed=8, progress=told.append)
    assert told == sorted(told) and told[-1] == pytest.approx(1.0)
    row = app.attempt(result["attempt"])
    assert (row["kind"], row["player"], row["status"]) == ("policy", "mine.py", "finished")
    assert app.replay(result["attempt"])["matches"]


@pytest.mark.parametrize(
    "source",
    [
        "def policy(",
        "x = 1",
        "def policy(obs, query):\n    return {'advance_s': 'soon'}",
        "def policy(o, q):\n    1 / 0",
    ],
)
def test_a_policy_that_fails_keeps_nothing(app: App, tmp_path: Path, source: str) -> None:
    file = tmp_path / "mine.py"
    file.write_text(source)
    with pytest.raises((PolicyError, InputError)):
        app.play(LAB, file, seed=8)
    assert app.attempts() == []


def test_a_policy_file_that_is_not_there(app: App, tmp_path: Path) -> None:
    with pytest.raises((PolicyError, InputError)):
        app.play(LAB, tmp_path / "none.py", seed=8)
    assert app.attempts() == []


# ---------------------------------------------------------------------- attempts of other versions, and edited ones
def test_an_attempt_of_an_older_version_is_listed_and_says_what_to_do(app: App) -> None:
    old = app.store.create_attempt(
        NewAttempt(lab_id=LAB, lab_version="0.0.9", lab_digest="0" * 20, seed=3, t_s=2000.0)
    )
    done = app.store.create_attempt(
        NewAttempt(lab_id=LAB, lab_version="0.0.9", lab_digest="0" * 20, seed=4, t_s=2000.0)
    )
    app.store.finish_attempt(
        done.id,
        submission={},
        outcome={"by_cause": {"gone": 5}, "loss_usd": 5e-6, "signals": {}, "hash": "h"},
        loss_micro=5,
        outcome_hash="h",
    )
    rows = {r["id"]: r for r in app.attempts()}
    assert not rows[old.id]["playable"] and rows[done.id]["regret"] is None
    assert app.next_step().get("attempt_id") != old.id, "what cannot be opened is not the next step"
    assert app.references(old.id)["state"] == "other version"
    assert app.score(done.id)["loss_usd"] == 5e-6
    for call, attempt in (
        (app.room, old.id),
        (app.finish, old.id),
        (lambda a: app.fork(a, 2000.0), old.id),
        (app.replay, done.id),
        (app.debrief, done.id),
        (lambda a: app.whatif(a, [{"drop": 0}]), done.id),
    ):
        with pytest.raises(VersionMismatch, match=r"0\.0\.9") as e:
            call(attempt)
        assert e.value.next


def test_an_attempt_of_a_lab_that_is_gone_is_listed(app: App) -> None:
    app.store.create_attempt(
        NewAttempt(lab_id="a-lab-of-yore", lab_version="1.0.0", lab_digest="d", seed=3, t_s=7.0)
    )
    (row,) = app.attempts()
    assert row["title"] == "a-lab-of-yore" and not row["playable"]
    assert app.next_step()["lab_id"] == LAB
    app.path()
    with pytest.raises(UnknownName, match="a-lab-of-yore"):
        app.room(row["id"])


def test_an_attempt_edited_by_hand_does_not_match(finished: Finished, tmp_path: Path) -> None:
    """Someone takes the expensive action out of the stored log, or writes a better loss."""
    import sqlite3
    from contextlib import closing

    app, attempt = finished
    fork = app.fork(attempt, 2700.0)["id"]
    app.finish(fork)
    (database,) = app.home.glob("*.db") or app.home.glob("*.sqlite*")
    log = app.submission(fork)
    log["actions"] = [s for s in log["actions"] if s["action"]["kind"] != "shed"]
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("UPDATE attempt SET submission = ? WHERE id = ?", (json.dumps(log), fork))
    assert not app.replay(fork)["matches"]
    with closing(sqlite3.connect(database)) as db, db:
        db.execute("UPDATE attempt SET submission = '{}' WHERE id = ?", (fork,))
    with pytest.raises(InputError, match="malformed"):
        app.replay(fork)
