"""Kill -9 in the middle of play: every acknowledged action is there, and the world is the one they made."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from gradatim.app import App

PLAYER = """
import sys
from pathlib import Path
from gradatim.app import App
app = App(Path(sys.argv[1]))
room = app.room(sys.argv[2])
teams = ("platform", "mobile", "web", "data", "partners", "network")
print("ready", room.clock()["t_s"], len(room.submission()["actions"]), flush=True)
n = 0
while True:
    clock = room.advance(7.37 + n % 5)
    action = {"kind": "page", "team": teams[n % 6]} if n % 3 else {"kind": "shed", "client": "ios", "share": n % 7 / 10}
    if room.act(action)["accepted"]:
        print(room.submission()["actions"][-1]["t_ms"], action["kind"], flush=True)
    n += 1
"""


def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    home, rng = tmp_path / "home", random.Random(20130711)
    app = App(home)
    attempt = app.start("incident-response", seed=8)["id"]
    acknowledged: list[tuple[int, str]] = []
    for wanted in (rng.randrange(3, 12), 0, rng.randrange(12, 30)):
        with subprocess.Popen(
            [sys.executable, "-c", PLAYER, str(home), attempt], stdout=subprocess.PIPE, text=True
        ) as player:
            assert player.stdout is not None
            word, at, count = player.stdout.readline().split()
            assert word == "ready" and int(count) >= len(acknowledged)
            assert not acknowledged or float(at) * 1000 >= acknowledged[-1][0]
            said = [player.stdout.readline() for _ in range(wanted)]
            # It is now somewhere inside the next advance or the next write.
            player.kill()
            said += player.stdout.readlines()
        acknowledged += [(int(t), k) for t, k in (line.split() for line in said if line.endswith("\n"))]
        fresh = App(home)
        log = [(s["t_ms"], s["action"]["kind"]) for s in fresh.submission(attempt)["actions"]]
        # One more than was said may be on disk: the one in flight.
        assert log[: len(acknowledged)] == acknowledged and len(log) <= len(acknowledged) + 1
        acknowledged = log
        assert fresh.room(attempt).clock()["t_s"] * 1000 >= (log[-1][0] if log else 1200_000)
        fresh.store.check()
        fresh.store.close()
    assert len(acknowledged) > 15
    ended = app.finish(attempt)
    assert [s["t_ms"] for s in app.submission(attempt)["actions"]] == [t for t, _ in acknowledged]
    assert app.replay(attempt)["recomputed_hash"] == ended["hash"]
    app.store.close()
