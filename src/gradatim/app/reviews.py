"""Reviews: rating somebody's packet blind, calibrating on anchors, and attaching ratings to one's own ledger."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradatim.core.errors import GradatimError, InputError, StateError, UnknownName

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.path.packet.support import Rules
    from gradatim.path.review.rating import Rating

KIND = "rating"
FOLDER = "packets to review"
_ANCHOR, _RATED = "review/anchor/", "review/rated/"


class Reviews:
    """Use cases of review. `now` is UTC as the ledger writes it; None for the machine's clock."""

    def __init__(self, app: App) -> None:
        self._app = app

    # ------------------------------------------------------------------ anchors
    def anchors(self) -> list[dict[str, Any]]:
        """The anchor packets in order; levels and reasons only of those that are rated."""
        from gradatim.path.review.anchor import anchors

        return [self.anchor(a) for a in anchors(self._app.evidence.rubric.id)]

    def anchor(self, anchor_id: str) -> dict[str, Any]:
        """One anchor packet. Raises UnknownName."""
        from gradatim.path.review.anchor import anchor

        found = anchor(self._app.evidence.rubric.id, anchor_id)
        mine = self._app.store.get_setting(_ANCHOR + found.id)
        titles = {d.id: d.title for d in self._app.evidence.rubric.dimensions}
        items = []
        for item in found.items:
            row: dict[str, Any] = {
                "dimension": item.dimension,
                "title": titles[item.dimension],
                "text": item.text,
            }
            if mine is not None:
                row |= {"level": item.level, "why": item.why, "mine": mine["levels"][item.dimension]}
            items.append(row)
        return {
            "id": found.id,
            "title": found.title,
            "constructed": True,
            "rated": mine is not None,
            "items": items,
        }

    def calibrate(
        self, anchor_id: str, levels: Mapping[str, int], *, now: str | None = None
    ) -> dict[str, Any]:
        """Rate an anchor packet, once: a second look would not be blind.

        Raises:
            UnknownName: no such anchor.
            InputError: a dimension is missing or not from 1 to 5; all problems at once.
            StateError: it is rated already.
        """
        from gradatim.path.review.anchor import anchor, checked
        from gradatim.store.rows import utc_now

        found = anchor(self._app.evidence.rubric.id, anchor_id)
        given = checked(dict(levels), list(found.levels))
        if self._app.store.get_setting(_ANCHOR + found.id) is not None:
            raise StateError(
                f'anchor "{found.id}" is rated already',
                why="its levels have been shown; rating it again would not be blind", next="gradatim review anchors",
            )  # fmt: skip
        self._app.store.set_setting(_ANCHOR + found.id, {"levels": given, "at": now or utc_now()})
        return {**self.anchor(found.id), "severity": self.severity()}

    def severity(self) -> dict[str, Any]:
        """How severe this reviewer is, from the anchors they have rated: {value, se, n}."""
        from gradatim.path.review.severity import severity

        mine, held = self._calibration()
        pairs = [(given, held[a][d]) for a, levels in mine.items() for d, given in levels.items()]
        return severity(pairs)._asdict()

    def _calibration(self) -> tuple[dict[str, dict[str, int]], dict[str, dict[str, int]]]:
        from gradatim.path.review.anchor import anchors

        held = {a: x.levels for a, x in anchors(self._app.evidence.rubric.id).items()}
        rated = {a: self._app.store.get_setting(_ANCHOR + a) for a in held}
        mine = {a: dict(r["levels"]) for a, r in rated.items() if r is not None}
        return mine, {a: held[a] for a in mine}

    # ------------------------------------------------------------------ the reviewer's side
    def blind(self, data: bytes, *, where: str = "") -> dict[str, Any]:
        """A packet as it is rated: what was done, by whom, when; no claimed level, no verdict, no other rating.

        Raises:
            InputError, VersionMismatch: it is no packet, or a newer one.
        """
        from gradatim.path.packet.page import page_facts
        from gradatim.path.packet.payload import read
        from gradatim.path.packet.seal import unseal
        from gradatim.path.rubric import SENIOR

        payload = read(data, where=where)
        facts = page_facts(payload)
        sealed = unseal(data)
        hidden = ("links", "hash", "withheld")
        items = [
            {k: v for k, v in item.items() if k not in hidden}
            | {"about": [c["dimension"] for c in item["links"]]}
            for item in facts["items"]
        ]
        return {
            "packet": sealed.digest,
            "whole": sealed.whole and sealed.signed,
            "owner": facts["owner"],
            "covers": facts["covers"],
            "items": items,
            "dimensions": [
                {"id": d["id"], "title": d["title"], "question": d["question"],
                 "anchors": [{"level": x["level"], "statement": x["statement"]} for x in d["levels"]],
                 "counter_signal": d["levels"][SENIOR - 1]["counter_signal"]}
                for d in payload["rubric"]["dimensions"]
            ],
            "rated": self._app.store.get_setting(_RATED + sealed.digest) is not None,
            "severity": self.severity(),
        }  # fmt: skip

    def rate(
        self, data: bytes, said: Mapping[str, Any], *, where: str = "", now: str | None = None
    ) -> dict[str, Any]:
        """Rate a packet, once, and get the signed file that goes back to its owner.

        Args:
            said: reviewer, role, levels by dimension, words by dimension.

        Raises:
            InputError: the packet was altered, or the rating is not complete; all problems at once.
            StateError: this packet is rated already.
        """
        from gradatim.app.keys import private_key
        from gradatim.path.packet.payload import opened_records, read
        from gradatim.path.review.rating import parse_rating, signed_rating
        from gradatim.store.rows import utc_now

        seen = self.blind(data, where=where)
        if not seen["whole"]:
            raise InputError(
                "this packet was altered", ["its seal does not match"], where=where,
                next="ask its owner for the file again, and: gradatim packet verify FILE",
            )  # fmt: skip
        mine, held = self._calibration()
        _, shown = opened_records(read(data, where=where))
        raw = {
            "packet": seen["packet"],
            "owner": seen["owner"],
            "reviewer": said.get("reviewer") or "",
            "role": said.get("role") or "",
            "levels": dict(said.get("levels") or {}),
            "words": {d: w for d, w in dict(said.get("words") or {}).items() if str(w).strip()},
            "seen": {r.id: r.entry.hash for r in shown},
            "anchors": mine,
            "anchor_levels": held,
            "rated_at": now or utc_now(),
        }
        rating = parse_rating(raw, dimensions=[d["id"] for d in seen["dimensions"]], where=where)
        if seen["rated"]:
            raise StateError(
                "this packet is rated already", where=where,
                why="ratings are blind once: what others said may have been seen since",
                next="gradatim review compare FILE",
            )  # fmt: skip
        file = signed_rating(rating, private_key(self._app.home))
        self._app.store.set_setting(_RATED + seen["packet"], file)
        return file

    def keep(self, data: bytes, *, where: str = "") -> str:
        """Keep a packet to be rated in this home; returns its digest. Raises as `blind`."""
        digest: str = self.blind(data, where=where)["packet"]
        path = self._kept(digest)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(path)
        return digest

    def kept(self, digest: str) -> bytes:
        """A packet that was kept. Raises UnknownName."""
        path = self._kept(digest)
        if not path.is_file():
            raise UnknownName("packet here", digest[:16], [], next="gradatim review open FILE")
        return path.read_bytes()

    def packets(self) -> list[dict[str, Any]]:
        """The packets that are kept here, newest first: digest, owner, whether they are rated."""
        folder = self._app.home / FOLDER
        files = sorted(folder.glob("*.packet"), key=lambda p: -p.stat().st_mtime) if folder.is_dir() else []
        rows = []
        for path in files:
            try:
                seen = self.blind(path.read_bytes(), where=path.name)
            except GradatimError:
                continue
            rows.append(
                {
                    "packet": seen["packet"],
                    "owner": seen["owner"],
                    "rated": seen["rated"],
                    "whole": seen["whole"],
                }
            )
        return rows

    def rating(self, digest: str) -> dict[str, Any] | None:
        """The signed rating that was made here of a packet, or None."""
        found: dict[str, Any] | None = self._app.store.get_setting(_RATED + digest)
        return found

    def _kept(self, digest: str) -> Path:
        if not re.fullmatch(r"[0-9a-f]{64}", digest):
            raise UnknownName("packet here", digest[:16], [], next="gradatim review open FILE")
        return self._app.home / FOLDER / f"{digest}.packet"

    def compare(self, data: bytes, *, where: str = "") -> dict[str, Any]:
        """One's own rating beside the packet's claims and the other reviewers in it.

        Raises:
            StateError: this packet is not rated here yet: blind first.
        """
        from gradatim.path.packet.page import page_facts
        from gradatim.path.packet.payload import read
        from gradatim.path.packet.seal import unseal
        from gradatim.path.packet.support import Rules
        from gradatim.path.review.rating import newest, read_rating
        from gradatim.path.rubric import Rubric

        payload = read(data, where=where)
        digest = unseal(data).digest
        mine = self._app.store.get_setting(_RATED + digest)
        if mine is None:
            raise StateError(
                "rate it first", where=where, why="the claims and the other ratings are shown once yours stands",
                next="gradatim review rate FILE",
            )  # fmt: skip
        rules = Rules.of(Rubric.model_validate(payload["rubric"]))
        own, signed = read_rating(mine, dimensions=rules.dimensions)
        read_ones = [read_rating(r, dimensions=rules.dimensions) for r in payload["ratings"]]
        others = newest([(r, opened.key) for r, opened in read_ones if opened.key != signed.key])
        return _compared(rules, page_facts(payload), others, own)

    # ------------------------------------------------------------------ the owner's side
    def ratings(self) -> list[tuple[Rating, dict[str, Any]]]:
        """The ratings in this ledger, the last of each reviewer, each with the signed file it came from."""
        from gradatim.path.review.rating import read_rating

        last: dict[str, tuple[Rating, dict[str, Any]]] = {}
        for entry in self._app.store.entries(KIND):
            file = entry.value("file")
            if isinstance(file, dict):
                rating, opened = read_rating(file, dimensions=self._dimensions())
                last[opened.key] = (rating, file)
        return list(last.values())

    def attach(self, text: str | bytes, *, where: str = "", now: str | None = None) -> dict[str, Any]:
        """Put a reviewer's signed rating into the ledger.

        Raises:
            InputError: not a rating, its signature does not match, or it is about somebody else's packet.
            StateError: this rating is there already.
        """
        from gradatim.app.keys import private_key
        from gradatim.path.evidence.signed import fingerprint, public_key, read_json
        from gradatim.path.review.rating import read_rating

        data = read_json(text, "a rating", where=where)
        rating, opened = read_rating(data, dimensions=self._dimensions(), where=where)
        problems = []
        if opened.key == public_key(private_key(self._app.home)):
            problems.append("it is signed with your own key: nobody rates their own packet")
        if not rating.seen:
            problems.append("it does not say which items it is about")
        ours = {f"E-{e.number:03d}": e.hash for e in self._app.store.entries("evidence")}
        if foreign := [i for i, h in rating.seen.items() if ours.get(i) != h]:
            problems.append(f"it is about items that are not in this ledger: {', '.join(foreign[:5])}")
        if problems:
            raise InputError("this rating cannot be attached", problems, where=where)
        if any(e.value("file") == data for e in self._app.store.entries(KIND)):
            raise StateError(
                "this rating is in the ledger already", where=where, next="gradatim packet preview"
            )
        # The key stands beside the file: a packet opens it, so that no reviewer's rating can be left out.
        fields = {"reviewer": rating.reviewer, "role": rating.role, "packet": rating.packet, "key": opened.key,
                  "file": data}  # fmt: skip
        entry = self._app.store.append_entry(KIND, fields, at=now)
        return {
            "entry": entry.number,
            "reviewer": rating.reviewer,
            "role": rating.role,
            "fingerprint": fingerprint(opened.key),
            "severity": rating.rater().severity._asdict(),
        }

    def _dimensions(self) -> list[str]:
        return [d.id for d in self._app.evidence.rubric.dimensions]


def _compared(rules: Rules, facts: Mapping[str, Any], others: list[Rating], own: Rating) -> dict[str, Any]:
    from gradatim.path.packet.panel import panel

    supported = {d["id"]: d["supported"] for d in facts["dimensions"]}
    board = panel(rules, [*others, own], supported, seed=facts["ledger"]["head"])
    assert board is not None
    mine = own.rater().severity.value
    return {
        "owner": facts["owner"],
        "reviewers": [r.reviewer for r in [*others, own]],
        "dimensions": [
            {
                "id": d["id"], "title": d["title"], "mine": own.levels[d["id"]],
                "mine_corrected": round(own.levels[d["id"]] - mine, 2),
                "carried": d["supported"], "others": [r.levels[d["id"]] for r in others],
                "mean_corrected": board["means"][d["id"]], "panel": board["levels"][d["id"]],
            }
            for d in facts["dimensions"]
        ],
        "panel": board,
    }  # fmt: skip
