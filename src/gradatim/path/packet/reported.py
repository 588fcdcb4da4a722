"""The line of a work command's report beside an item: nobody can recompute it without the report itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gradatim.core.canonical import digest
from gradatim.path.evidence.item import as_kept
from gradatim.path.packet.recompute import MISMATCH, SELF_REPORTED, Found

LARGEST_REPORT = 20_000_000
_LONGEST_TITLE, _MOST_UNCHECKED = 160, 40
WITHOUT = "its report's line is not recomputable without the report; give its JSON with --files FOLDER"


def check_report(source: Mapping[str, Any], artefacts: Any, files: Path | None) -> Found:
    """Compare what an item says of its report with the report, where a folder holds it.

    A report that is there shows that the line is its line, not that what it measured is true: that stays self-reported.

    Args:
        source: the item's source, of type `report`.
        artefacts: what the item lists as the report's inputs.
        files: a folder to look for the report in; any `.json` in it whose content has the recorded digest.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: the source or the report is malformed.
    """
    if files is None:
        return Found(SELF_REPORTED, WITHOUT)
    for name, report in _documents(files):
        if digest(report) == source["report_digest"]:
            return _compare(name, report, source, artefacts)
    return Found(SELF_REPORTED, f"no .json in that folder is its report; {WITHOUT.partition(';')[0]}")


def _documents(folder: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(folder.rglob("*.json")):
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_REPORT:
            continue
        try:
            yield path.name, json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            continue


def _compare(name: str, report: Mapping[str, Any], source: Mapping[str, Any], artefacts: Any) -> Found:
    verdict = report["verdict"]
    inputs = [(as_kept("title", str(i["name"])[:400]), str(i["digest"])) for i in report["inputs"]]
    said = source.get("said") or {}
    pairs = {
        "the line": (said.get("title"), str(verdict["headline"])[:_LONGEST_TITLE]),
        "the verdict": (source.get("verdict"), str(verdict.get("kind"))),
        "the command": (source.get("command"), str(report["command"])),
        "what was not checked": (
            source.get("not_checked"), [str(n) for n in report.get("not_checked", ())][:_MOST_UNCHECKED]
        ),
        "the files": ([(a["name"], a["digest"]) for a in artefacts or ()], inputs),
    }  # fmt: skip
    wrong = [what for what, (here, there) in pairs.items() if here != there]
    if wrong:
        return Found(MISMATCH, f"{name} is its report and says otherwise: {', '.join(wrong)}")
    return Found(SELF_REPORTED, f"{name} is its report: its line, verdict and files are what that says")
