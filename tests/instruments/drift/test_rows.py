"""Rows are shown when asked for, and only then; a value of few rows is never named without."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from gradatim.cli import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=2000), rng.normal(size=2000)
    Path("ref.csv").write_text("x,c\n" + "".join(f"{v:.3f},a\n" for v in x))
    new = ["Zoe Unique" if i in (7, 8) else "web" if i % 5 == 0 else "a" for i in range(2000)]
    Path("cur.csv").write_text("x,c\n" + "".join(f"{v:.3f},{c}\n" for v, c in zip(y, new, strict=True)))


def test_without_asking_no_row_and_no_rare_value_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work", "drift", "ref.csv", "cur.csv", "--json", "--html", "d.html"]) == 0
    told = capsys.readouterr().out + Path("d.html").read_text()
    assert "Zoe" not in told and "Example rows" not in told and "web" in told


def test_rows_are_those_that_changed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["work", "drift", "ref.csv", "cur.csv", "--json", "--rows", "4"]) == 0
    shown = json.loads(capsys.readouterr().out)["result"]["examples"]
    assert len(shown["rows"]) == 4 and {row["c"] for row in shown["rows"]} <= {"web", "Zoe Unique"}
    assert shown["row_numbers"][0] == 1
    assert main(["work", "drift", "ref.csv", "cur.csv", "--rows", "4", "--record"]) == 2
    assert "never rows" in capsys.readouterr().err


def test_a_file_without_the_only_column_is_bad(capsys: pytest.CaptureFixture[str]) -> None:
    Path("lack.csv").write_text("c\n" + "a\n" * 100)
    assert main(["work", "drift", "ref.csv", "lack.csv", "--column", "x", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["result"]["drifted"] == ["x"]


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_too_many_columns_are_refused_at_once(capsys: pytest.CaptureFixture[str], format: str) -> None:
    names = [f"f{i}" for i in range(6_000)]
    path = Path(f"wide.{format}")
    if format == "csv":
        path.write_text(",".join(names) + "\n" + ",".join(["1"] * len(names)) + "\n")
    else:
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.table({name: [1.0] for name in names}), path)
    assert main(["work", "drift", str(path), str(path)]) == 2
    said = capsys.readouterr().err
    assert f"has {len(names):,} columns" in said and "--column" in said
