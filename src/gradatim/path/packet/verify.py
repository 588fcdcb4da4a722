"""Checking a packet file: every byte, every link of the chain, every item, and what is said to follow from them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradatim.core import chain
from gradatim.core.chain import Entry, Head
from gradatim.core.errors import InputError, VersionMismatch
from gradatim.path import rubric as rubrics
from gradatim.path.evidence.record import ATTESTATION, WITHDRAWAL, Record, item_id, records
from gradatim.path.evidence.signed import fingerprint
from gradatim.path.packet.build import derived, of_records
from gradatim.path.packet.exhibit import Exhibit
from gradatim.path.packet.payload import ALWAYS_OPEN, opened_records, read
from gradatim.path.packet.rated import check_ratings
from gradatim.path.packet.recompute import (
    ELSEWHERE,
    MISMATCH,
    RECOMPUTED,
    SELF_REPORTED,
    Progress,
)
from gradatim.path.packet.render import maker, render
from gradatim.path.packet.seal import blank, unseal
from gradatim.path.packet.support import Rules
from gradatim.path.packet.told import misstated
from gradatim.path.packet.verdict import fragile
from gradatim.path.packet.verify_item import ItemCheck, anchors_of, check_item
from gradatim.path.review.rating import newest
from gradatim.path.rubric import Rubric

HOLDS = "holds"
_MADE_BY = re.compile(r"gradatim (\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:, page [0-9a-f]{8})?")


@dataclass
class Check:
    """One thing that was checked, and what came of it."""

    name: str
    status: str
    detail: str


@dataclass
class Report:
    """What `packet verify` has to say.

    `ok` is False as soon as anything does not match, or the text that the page shows could not be compared.
    """

    checks: list[Check]
    items: list[ItemCheck]
    owner: str = ""
    key: str | None = None
    anchors: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Everything that the page shows was compared, and nothing was found that does not match."""
        statuses = [c.status for c in self.checks]
        return MISMATCH not in [*statuses, *(i.status for i in self.items)] and ELSEWHERE not in statuses

    @property
    def result(self) -> str:
        """`holds`, `does not match`, or `needs another version` where only the page could not be compared."""
        if self.ok:
            return HOLDS
        found = [c.status for c in self.checks] + [i.status for i in self.items]
        return MISMATCH if MISMATCH in found else ELSEWHERE

    def as_dict(self) -> dict[str, Any]:
        """JSON form."""
        counts = {
            s: sum(i.status == s for i in self.items) for s in dict.fromkeys(i.status for i in self.items)
        }
        return {
            "ok": self.ok,
            "result": self.result,
            "owner": self.owner,
            "key": self.key,
            "fingerprint": fingerprint(self.key) if self.key else None,
            "checks": [vars(c) for c in self.checks],
            "items": [vars(i) for i in self.items],
            "counts": counts,
            "anchors": self.anchors,
        }


def verify(
    data: bytes,
    *,
    where: str = "",
    files: Path | None = None,
    quick: bool = False,
    progress: Progress | None = None,
    run_code: bool | None = None,
) -> Report:
    """Check a packet file.

    Args:
        files: a folder with the artefacts themselves; their digests are compared by name.
        quick: leave out what takes more than a second: exams, whose reference players are played again, and tasks,
            whose files are run again.
        run_code: whether the files of tasks, which are somebody's code, are run in the sandbox; None for only where it
            closes files and network to them.

    Returns:
        The report; also for a file that was altered, as far as it can still be read.

    Raises:
        InputError: it is no packet at all.
        VersionMismatch: a newer version made it.
    """
    from jinja2 import TemplateError

    seal = unseal(data)
    if seal.version is not None and seal.version > 1:
        raise VersionMismatch(
            f"this packet was sealed by a newer gradatim (seal {seal.version}, this one reads 1)",
            where=where, next="install the newest gradatim",
        )  # fmt: skip
    checks = [_file(seal.whole), _signature(seal.whole, seal.signed, seal.key)]
    if seal.version is None:
        checks = [
            Check("file", MISMATCH, "it has no seal, or more than one place for it: altered, or never sealed")
        ]
    try:
        payload = read(data, where=where)
        entries, shown = opened_records(payload)
        rubric, problems = rubrics.parse(payload["rubric"])
        if rubric is None or problems:
            raise InputError("this packet cannot be read", [f"rubric: {p}" for p in problems], where=where)
    except (InputError, VersionMismatch) as error:
        if seal.version is None or seal.whole:
            raise
        # Sealed once, and broken since: that is an answer, not a mistake of the reader.
        problems = getattr(error, "problems", [])
        return Report([*checks, Check("payload", MISMATCH, "; ".join([error.what, *problems])[:300])], [])
    if seal.signed and payload["key"] != seal.key:
        checks.append(Check("key", MISMATCH, "the page names another key than the one that sealed it"))
    checks += _chain(payload, entries)
    report = Report(checks, [], str(payload["owner"]), seal.key)
    # A file sealed by somebody hostile may hold anything that is JSON.
    try:
        checks += _listed(payload, entries, shown)
        checks += _derived(payload, rubric, entries, shown)
        checks.append(_page(data, payload, where, seal.whole))
        for record in shown:
            report.items.append(check_item(record, entries, files, quick, progress, payload["key"], run_code))
            report.anchors += anchors_of(record, payload["key"])
    except (AttributeError, KeyError, IndexError, TypeError, ValueError, TemplateError) as error:
        checks.append(Check("payload", MISMATCH, f"malformed inside: {type(error).__name__}: {error}"[:200]))
    return report


def _file(whole: bool) -> Check:
    if whole:
        return Check("file", HOLDS, "every byte is covered by the digest, and the digest matches")
    return Check("file", MISMATCH, "the file was altered after it was sealed: its digest does not match")


def _signature(whole: bool, signed: bool, key: str | None) -> Check:
    if not signed:
        return Check("signature", MISMATCH, "the seal was not signed by the key that it names")
    told = f"signed by the key {fingerprint(key)}" if key else ""
    return Check("signature", HOLDS, told if whole else f"{told}, over another text than this one")


def _chain(payload: Mapping[str, Any], entries: Sequence[Entry]) -> list[Check]:
    head = payload["head"]
    try:
        end = Head(int(head["count"]), str(head["hash"]))
    except (KeyError, TypeError, ValueError):
        return [Check("ledger", MISMATCH, "its head is malformed")]
    problems = [str(p) for p in chain.verify(entries, end)]
    if problems:
        known = " The owner's copy says so itself." if payload["ledger_problems"] else ""
        return [Check("ledger", MISMATCH, f"{problems[0]}{_more(problems)}.{known}")]
    told = f"{len(entries)} entries, each follows from the one before; head {end.hash[:8]}"
    return [Check("ledger", HOLDS, "; ".join([told, *_clock(entries, str(payload["made_at"]))]))]


def _clock(entries: Sequence[Entry], made_at: str) -> list[str]:
    """What is odd about the times in a ledger. A clock that is set back is no forgery, and a reader should know."""
    back = sum(b.at < a.at for a, b in itertools.pairwise(entries))
    ahead = sum(e.at > made_at for e in entries)
    said = [f"{back} dated before the one before"] if back else []
    said += [f"{ahead} dated after the packet itself"] if ahead else []
    return [f"{', '.join(said)}: a clock was set back, or dates are made up"] if said else []


def _listed(payload: Mapping[str, Any], entries: Sequence[Entry], shown: Sequence[Record]) -> list[Check]:
    problems = []
    if payload["items"] != sorted(set(payload["items"])):
        problems.append("the items are not listed in the order of the ledger, each once")
    there = {r.entry.number for r in shown}
    problems += [f"{item_id(n)} is listed and not in the ledger" for n in payload["items"] if n not in there]
    problems += [f"{r.id} was withdrawn" for r in shown if r.withdrawn is not None]
    problems += [
        f"{r.id} was replaced by {item_id(r.replaced_by)}" for r in shown if r.replaced_by is not None
    ]
    problems += [f"entry {e.number} withholds what every packet shows of it" for e in entries if _closed(e)]
    problems += [f"{r.id}: {p}" for r in shown if (p := _share(r))]
    if problems:
        return [Check("items", MISMATCH, "; ".join(problems)[:400])]
    return [Check("items", HOLDS, f"{len(shown)} items, none withdrawn or replaced, no shares above one")]


def _closed(entry: Entry) -> bool:
    """Whether a field is withheld, or is not there, without which an item could be shown that no longer stands."""
    wanted = ALWAYS_OPEN.get(entry.kind, ())
    if entry.kind in (WITHDRAWAL, ATTESTATION):
        return any(entry.value(name) is None for name in wanted)
    return any(name in entry.fields and entry.fields[name].withheld for name in wanted)


def _share(record: Record) -> str | None:
    total = (record.values.get("own_share") or 0) + sum(
        a["share"] for a in record.values.get("co_authors") or ()
    )
    return f"the shares add up to {total:g}" if total > 1 + 1e-9 else None


def _derived(
    payload: Mapping[str, Any], rubric: Rubric, entries: Sequence[Entry], shown: Sequence[Record]
) -> list[Check]:
    rules = Rules.of(rubric)
    rated = check_ratings(payload, entries, rules.dimensions)
    checks = [Check(f"rating {i}" if i else "ratings", MISMATCH, problem) for i, problem in rated.wrong]
    if rated.told and not rated.wrong:
        checks.append(Check("ratings", HOLDS, rated.told))
    chosen = of_records(shown)
    if not chosen:
        return [*checks, Check("verdict", MISMATCH, "it shows no item")]
    again = json.loads(
        json.dumps(derived(rules, chosen, newest(rated.ratings), seed=str(payload["head"].get("hash"))))
    )
    wrong = [name for name in ("verdict", "panel") if again[name] != payload[name]]
    rests = [{k: v for k, v in row.items() if k != "irreplaceable"} for row in fragile(rules, chosen, chosen)]
    said = [
        {k: v for k, v in row.items() if k != "irreplaceable"}
        for row in payload["fragile"]
        if isinstance(row, dict)
    ]
    if rests != said or not _rests_exactly(payload, rules, chosen, entries):
        wrong.append("what it rests on")
    levels = again["verdict"]["levels"]
    told = " ".join(str(row.get("what")) for row in payload["not_proved"] if isinstance(row, dict))
    if untold := [d for d, level in levels.items() if level < 4 and f"({d})" not in told]:
        wrong.append(f"not proved: {', '.join(untold)} missing")
    if problems := misstated(payload, entries, rules, chosen, levels):
        checks.append(Check("told", MISMATCH, "; ".join(problems)[:400]))
    if wrong:
        return [
            *checks,
            Check(
                "verdict", MISMATCH, f"computed again from its items, another comes out: {'; '.join(wrong)}"
            ),
        ]
    return [*checks, Check("verdict", HOLDS, "computed again from its items and ratings, the same")]


def _rests_exactly(
    payload: Mapping[str, Any], rules: Rules, chosen: Sequence[Exhibit], entries: Sequence[Entry]
) -> bool:
    """Whether nothing replaces what is said to rest on one item: told exactly only where all that stand are shown."""
    rows = [
        (row["item"], row["irreplaceable"], [f["dimension"] for f in row["falls"]])
        for row in payload["fragile"]
    ]
    if len(chosen) < sum(r.stands for r in records(entries)):
        return all(set(sole) <= set(falls) for _, sole, falls in rows)
    return [(item, sole) for item, sole, _ in rows] == [
        (row["item"], row["irreplaceable"]) for row in fragile(rules, chosen, chosen)
    ]


def _page(data: bytes, payload: Mapping[str, Any], where: str, whole: bool) -> Check:
    made = render(payload, "html" if data.lstrip()[:1] == b"<" else "json")
    if made == blank(data):
        return Check("page", HOLDS, "the text that is shown is what its data say")
    by, own = str(payload["made_by"])[:40], maker()
    said, here = _MADE_BY.fullmatch(by), _MADE_BY.fullmatch(own)
    if by == own or said is None or here is None or not whole:
        return Check("page", MISMATCH, "the text that is shown is not what its data say")
    if tuple(map(int, said.groups())) > tuple(map(int, here.groups())):
        raise VersionMismatch(
            f"this packet was made by {by}, which is newer than this one ({own})", where=where,
            why="what its page shows can only be compared by the version that made it",
            next="install the newest gradatim",
        )  # fmt: skip
    # Whoever names an old version could show what they like: only that version can tell.
    detail = f"made by {by}, and only that can compare what is shown (this is {own}): believe this report, not the page"
    return Check("page", ELSEWHERE, detail)


def _more(problems: Sequence[str]) -> str:
    return f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""


__all__ = ["HOLDS", "MISMATCH", "RECOMPUTED", "SELF_REPORTED", "Check", "ItemCheck", "Report", "verify"]
