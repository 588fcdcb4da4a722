"""Vendored files are what `vendored.toml` says they are, and nothing else lies beside them."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

import pytest

import gradatim.web

FOLDERS = (
    Path(gradatim.web.__file__).parent / "static" / "vendor",
    Path(__file__).parent / "vendor",
    Path(__file__).parents[1] / "app" / "vendor",
)


@pytest.mark.parametrize("folder", FOLDERS, ids=("app", "tests of the web", "tests of the app"))
def test_digests_match_and_nothing_is_unlisted(folder: Path) -> None:
    rows = tomllib.loads((folder / "vendored.toml").read_text(encoding="utf-8"))["file"]
    for row in rows:
        assert hashlib.sha256((folder / row["file"]).read_bytes()).hexdigest() == row["sha256"], row["file"]
        assert row["version"] and row["licence"]
    listed = {row["file"] for row in rows} | {row["licence_file"] for row in rows} | {"vendored.toml"}
    assert {p.name for p in folder.iterdir()} == listed
