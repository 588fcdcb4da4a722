"""A demo home: half a year of a constructed learner, every item of it marked as an example."""

from __future__ import annotations

import datetime
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.app.demo_exams import MARKER, keep

if TYPE_CHECKING:
    from gradatim.app.app import App

HISTORY = Path(__file__).parent / "demo.toml"
FOLDER = "demo"
_SEEDS = (11, 12)
_TIME = "%Y-%m-%dT%H:%M:%SZ"


def demo(home: Path, *, today: datetime.date, labs: bool = True) -> dict[str, Any]:
    """Make the demo home below `home`, or find the one that is there.

    Args:
        labs: also play two practice attempts, which are really judged; a minute at most.

    Returns:
        {home, owner, made, items}.
    """
    from gradatim.app.app import App

    app = App(home / FOLDER)
    history = tomllib.loads(HISTORY.read_text(encoding="utf-8"))
    made = not app.store.entries()
    if made:
        (app.home / MARKER).write_text('{"demo": true}\n', encoding="utf-8")
        keep(app, history["exams"], today)
        _fill(app, history, today)
    # Also what an earlier call left to its background process and that did not come to an end.
    if labs and not app.attempts():
        _attempts(app)
    found = {
        "home": str(app.home),
        "owner": history["owner"],
        "made": made,
        "items": len(app.evidence.items()),
    }
    app.store.close()
    return found


def play_behind(home: Path) -> None:
    """Play the practice attempts in a process of its own, so that the first page does not wait for them."""
    subprocess.Popen(
        [sys.executable, "-m", "gradatim.app.demo", str(home)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def _fill(app: App, history: Mapping[str, Any], today: datetime.date) -> None:
    def at(days_ago: int) -> str:
        day = today - datetime.timedelta(days=days_ago)
        return datetime.datetime(day.year, day.month, day.day, 10, 0, tzinfo=datetime.UTC).strftime(_TIME)

    app.learner.set(
        {
            "role": "AI engineer", "months_at_level": 20, "weekly_hours": 6, "opportunities_per_month": 0.8,
            "scope": {"D2": 3, "D4": 3, "D5": 3}, "committee_windows": ["04-01", "10-01"],
        }
    )  # fmt: skip
    # Opportunities first: they were looked for half a year ago. Items as they were finished.
    for chance in history["opportunities"]:
        said = {k: v for k, v in chance.items() if k != "dimension"}
        app.evidence.set_opportunity(chance["dimension"], now=at(60), **said)
    for told in sorted(history["items"], key=lambda x: -x["to"]):
        raw = {k: v for k, v in told.items() if k not in ("from", "to", "attested_by")}
        raw["started"], raw["ended"] = at(told["from"])[:10], at(told["to"])[:10]
        item = app.evidence.record({**raw, "sample": True}, now=at(told["to"]))
        if "attested_by" in told:
            _attest(app, item, told["attested_by"], history["owner"], at(max(told["to"] - 2, 0)))
    _rate(app, history, at(7))


def _attest(app: App, item: Mapping[str, Any], person: str, owner: str, now: str) -> None:
    """An answer as a person's own copy would sign it, with a key made for it here."""
    from gradatim.path.evidence.attest import answer, read_request
    from gradatim.path.evidence.signed import new_key

    request = read_request(app.evidence.ask(item["id"], owner=owner, person=person, now=now)["request"])
    said = {
        "name": person, "role": "constructed", "relation": "in the demo", "stance": "confirms",
        "words": f"So it was. (Constructed, like {item['title'].lower()} itself.)",
    }  # fmt: skip
    app.evidence.attach(json.dumps(answer(request, said, now=now, private=new_key())), now=now)


def _rate(app: App, history: Mapping[str, Any], now: str) -> None:
    """Three constructed reviewers, the second of them a level too severe, and known to be."""
    from gradatim.path.evidence.signed import new_key
    from gradatim.path.packet.payload import opened_records, read
    from gradatim.path.packet.seal import unseal
    from gradatim.path.review.anchor import anchors
    from gradatim.path.review.rating import Rating, signed_rating

    page, _ = app.packets.build("html", owner=history["owner"], now=now)
    _, shown = opened_records(read(page))
    held = {a: x.levels for a, x in anchors(app.evidence.rubric.id).items()}
    for reviewer in history["reviewers"]:
        rating = Rating(
            packet=unseal(page).digest,
            owner=history["owner"],
            reviewer=reviewer["name"],
            role=reviewer["role"],
            levels=reviewer["levels"],
            words=reviewer["words"],
            seen={r.id: r.entry.hash for r in shown},
            anchors={a: {d: x + reviewer["offset"] for d, x in levels.items()} for a, levels in held.items()},
            anchor_levels=held,
            rated_at=now,
        )
        app.reviews.attach(json.dumps(signed_rating(rating, new_key())), now=now)


def _attempts(app: App) -> None:
    """Two practice attempts at the first lab, played and judged now: nothing about labs is made up."""
    labs = app.labs()
    if not labs:
        return
    lab = app._lab(labs[0]["id"])
    for seed in _SEEDS:
        pace = lab.instance(seed).pace
        middle = round((pace.start_s + (pace.horizon_s - pace.start_s) * 0.3) * 1000)
        submission = {
            "format": 1, "lab": lab.id, "version": lab.spec.version, "digest": lab.digest, "seed": str(seed),
            "family": None, "actions": [{"t_ms": middle, "action": {"kind": "acknowledge", "alert": "all"}}],
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "demo.json"
            path.write_text(json.dumps(submission))
            attempt = app.submit(lab.id, path)["attempt"]
        told = {"links": [{"dimension": "D5", "level": 2}], "sample": True}
        app.evidence.from_attempt(attempt, told)


if __name__ == "__main__":
    # Behind the pages that somebody is looking at.
    os.nice(10)
    demo(Path(sys.argv[1]), today=datetime.datetime.now(datetime.UTC).date())
