"""A report's line beside an item: never ok without the report, compared with it where it is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gradatim.core.canonical import digest
from gradatim.path.packet.reported import WITHOUT, check_report

REPORT: dict[str, Any] = {
    "command": "gradatim work drift a.csv b.csv",
    "verdict": {"kind": "bad", "headline": "1 of 2 columns has drifted", "why": []},
    "inputs": [{"name": "a.csv", "digest": "blake2b-256:aa", "bytes": 3}],
    "not_checked": ["labels"],
}
FILES = [{"name": "a.csv", "digest": "blake2b-256:aa", "bytes": 3}]


def source(**other: Any) -> dict[str, Any]:
    return {
        "type": "report", "command": REPORT["command"], "verdict": "bad", "report_digest": digest(REPORT),
        "said": {"title": "1 of 2 columns has drifted"}, "not_checked": ["labels"], **other,
    }  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "report.json").write_text(json.dumps(REPORT))
    (tmp_path / "broken.json").write_text("{")
    return tmp_path


def test_without_the_report_nothing_is_said_to_hold(tmp_path: Path) -> None:
    assert check_report(source(), FILES, None) == ("self-reported", WITHOUT)
    found = check_report(source(), FILES, tmp_path)
    assert found.status == "self-reported" and "not recomputable without the report" in found.detail


def test_with_the_report_its_line_is_compared_and_stays_self_reported(folder: Path) -> None:
    found = check_report(source(), FILES, folder)
    assert found.status == "self-reported" and "report.json is its report" in found.detail


@pytest.mark.parametrize(
    ("other", "files", "named"),
    [
        ({"said": {"title": "Nothing has drifted"}}, FILES, "the line"),
        ({"verdict": "good"}, FILES, "the verdict"),
        ({"command": "gradatim work slo"}, FILES, "the command"),
        ({"not_checked": []}, FILES, "what was not checked"),
        ({}, [{**FILES[0], "digest": "blake2b-256:bb"}], "the files"),
    ],
)
def test_what_the_report_says_otherwise_does_not_match(
    folder: Path, other: dict[str, Any], files: list[dict[str, Any]], named: str
) -> None:
    found = check_report(source(**other), files, folder)
    assert found.status == "does not match" and named in found.detail
