"""`gradatim work schema`, `gradatim work reports`, and --keep and --record of the work commands."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft202012Validator
from tests.work_schema import conforms
from tests.work_slo import SPEC

from gradatim.cli.entry import main
from gradatim.instruments.report.schema import COMMANDS, schema


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a command in a folder and a home of its own: (exit code, everything printed)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "home"))

    def command(*words: str) -> tuple[int, str]:
        code = main(["work", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return code, out + err

    return command


def sides(n: int = 120) -> None:
    rng = np.random.default_rng(5)
    for name in ("base.csv", "new.csv"):
        latency = "".join(f"{x:.3f}\n" for x in rng.normal(100, 5, n))
        Path(name).write_text(f"latency_ms\n{latency}")


@pytest.mark.parametrize("command", COMMANDS)
def test_each_schema_is_one(run: Any, command: str) -> None:
    code, printed = run("schema", command)
    assert code == 0
    found = json.loads(printed)
    assert found == json.loads(schema(command))
    Draft202012Validator.check_schema(found)
    assert found["$schema"].endswith("2020-12/schema")
    assert f"gradatim work {command.replace('-', ' ')}" in found["title"]
    assert open_places(found) == []


def open_places(part: Any, place: str = "") -> list[str]:
    """Where a schema would let a field pass that it does not name; maps by a name of the data are no such place."""
    found = []
    if isinstance(part, dict):
        kinds = part.get("type", ())
        if "object" in ([kinds] if isinstance(kinds, str) else kinds):
            named = part.get("additionalProperties", True)
            found += [place] * (named is True or (bool(named) and "properties" in part))
        found += [place] * (kinds == "array" and not {"items", "prefixItems"} & set(part))
    for key, inner in part.items() if isinstance(part, dict) else enumerate(part):
        if isinstance(inner, dict | list):
            found += open_places(inner, f"{place}/{key}")
    return found


def test_an_unknown_command_is_said(run: Any) -> None:
    assert run("schema") == (0, "\n".join(COMMANDS) + "\n")
    code, printed = run("schema", "canry")
    assert code == 2
    assert 'did you mean "canary"' in printed


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("result", "action"), "deploy"),
        (("result", "extra"), 1),
        (("verdict", "kind"), "fine"),
        (("inputs", 0, "digest"), "md5:1"),
    ],
)
def test_a_schema_can_refuse(run: Any, path: tuple[Any, ...], value: Any) -> None:
    sides()
    document = json.loads(run("canary", "base.csv", "new.csv", "--json")[1])
    conforms(document, "canary")
    place = document
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(AssertionError):
        conforms(document, "canary")


def test_the_slo_s_json_fits_with_and_without_a_history(run: Any, tmp_path: Path) -> None:
    two = SPEC.replace("[{target: 0.99}]", "[{target: 0.99}, {target: 0.4, displayName: low}]")
    (tmp_path / "slo.yaml").write_text(two)
    rows = [f"{1_740_009_600 + 60 * i},100,{60 if 600 <= i < 620 else 0}" for i in range(1440)]
    (tmp_path / "counts.csv").write_text("timestamp,total,errors\n" + "\n".join(rows) + "\n")
    plan = conforms(json.loads(run("slo", "slo.yaml", "--json")[1]), "slo")
    assert "verdict" not in plan["result"]["objectives"][0]
    judged = conforms(
        json.loads(run("slo", "slo.yaml", "counts.csv", "--json", "--interval", "5m")[1]), "slo"
    )
    assert judged["result"]["objectives"][0]["verdict"] in ("good", "bad", "unsure")


def rows_of_every_kind(name: str, rng: np.random.Generator, *, later: bool) -> None:
    """Numbers, categories, texts, times, broken values, and scores with labels and a segment."""
    lines = ["x,spoilt,c,words,seen,score,label,place,same" + ("" if later else ",gone")]
    for i in range(1200):
        score = rng.random()
        values = [
            f"{rng.normal(1.0 * later, 1):.3f}",
            rng.choice(["inf", "", "n.n."]) if later and i % 9 == 0 else f"{i % 7}",
            rng.choice(["d", "e"] if later and i % 3 == 0 else ["a", "b", "c"]),
            " ".join(f"w{rng.integers(1e6)}" for _ in range(rng.integers(3, 9 + 20 * later))),
            f"2026-0{3 + later}-{1 + i // 60:02d}T{i % 24:02d}:00:00Z",
            f"{score:.3f}",
            f"{int(rng.random() < (1 - score if later else score))}",
            "north" if i % 2 else "south",
            "1",
        ]
        lines.append(",".join([*values, *([] if later else ["5"])]))
    Path(name).write_text("\n".join(lines) + "\n")


def test_every_field_of_the_drift_s_json_is_in_its_schema(run: Any) -> None:
    rng = np.random.default_rng(3)
    rows_of_every_kind("ref.csv", rng, later=False)
    rows_of_every_kind("cur.csv", rng, later=True)
    plain = conforms(json.loads(run("drift", "ref.csv", "cur.csv", "--json")[1]), "drift")["result"]
    assert {"x", "gone", "spoilt", "c", "words"} <= set(plain["drifted"])
    scored = [
        "--prediction",
        "score",
        "--label",
        "label",
        "--segment",
        "place",
        "--time",
        "seen",
        "--rows",
        "2",
    ]
    whole = conforms(json.loads(run("drift", "ref.csv", "cur.csv", *scored, "--json")[1]), "drift")["result"]
    assert {c["kind"] for c in whole["columns"]} == {"number", "category", "text", "time"}
    assert whole["performance"]["groups"][0]["changed"]
    assert whole["prediction"] is not None
    assert len(whole["examples"]["rows"]) == 2
    assert any(c["persistence"] and c["persistence"]["lasts"] for c in whole["columns"])
    # Each field that the schema offers for a column's figures is one that some column here shows.
    named = json.loads(schema("drift"))["properties"]["result"]["properties"]["columns"]["items"][
        "properties"
    ]
    seen = {key for c in [*plain["columns"], *whole["columns"]] for key in c["measures"]}
    assert set(named["measures"]["properties"]) == seen


def test_the_watched_stream_s_json_fits(run: Any) -> None:
    rng = np.random.default_rng(4)
    values = [*rng.normal(0, 1, 600), *rng.normal(4, 1, 600)]
    Path("live.csv").write_text("v\n" + "\n".join(f"{v:.3f}" for v in values) + "\n\n")
    document = json.loads(run("drift", "watch", "live.csv", "--column", "v", "--json")[1])
    assert len(conforms(document, "drift-watch")["result"]["changes"]) == 1


def test_a_report_is_kept_listed_written_recorded_and_deleted(run: Any, tmp_path: Path) -> None:
    sides()
    assert "No report is kept" in run("reports")[1]
    kept = conforms(json.loads(run("canary", "base.csv", "new.csv", "--keep", "--json")[1]), "canary")
    assert kept["kept"] == "R-001"
    assert "evidence" not in kept
    both = conforms(json.loads(run("canary", "base.csv", "new.csv", "--record", "--json")[1]), "canary")
    assert (both["kept"], both["evidence"]) == ("R-002", "E-001")
    listed = json.loads(run("reports", "--json")[1])
    assert [(r["id"], r["what"], r["evidence"]) for r in listed] == [
        ("R-002", "work canary", "E-001"),
        ("R-001", "work canary", None),
    ]
    assert "E-002" in run("reports", "R-001", "--evidence")[1]
    assert "E-002" in run("reports", "1", "--evidence")[1], "a second time is the same item"
    code, _ = run("reports", "R-001", "--html", "again.html")
    assert code == 0
    page = (tmp_path / "again.html").read_text()
    assert page.startswith("<!doctype html>")
    assert kept["verdict"]["headline"].split(":")[0] in page
    assert run("reports", "R-001", "--html", "again.html")[0] == 2, "a file that exists stays"
    assert run("reports", "R-001", "--delete")[0] == 0
    code, printed = run("reports", "R-001")
    assert (code, "R-002" in printed) == (2, True)


def test_kept_reports_belong_to_export_and_deletion(
    run: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sides()
    Path("base.csv").write_text(Path("base.csv").read_text() + "77.123456789\n")
    run("canary", "base.csv", "new.csv", "--keep")
    assert main(["data", "export", "all.jsonl"]) == 0
    rows = [json.loads(line) for line in Path("all.jsonl").read_text().splitlines()]
    (kept,) = [row["row"] for row in rows if row.get("table") == "work_report"]
    assert json.loads(kept["facts"])["inputs"][0]["name"] == "base.csv"
    assert "77.123456789" not in kept["facts"] + kept["page"], "figures, never rows"
    assert main(["data", "delete", "--yes"]) == 0
    capsys.readouterr()
    assert "No report is kept" in run("reports")[1]


def test_rows_are_never_kept(run: Any) -> None:
    Path("log.csv").write_text("time,kind,text\n2026-11-02T09:10:05Z,impact-start,secret words\n")
    for flag in ("--keep", "--record"):
        code, printed = run("incident", "log.csv", flag, "--rows")
        assert code == 2
        assert "leave --rows out" in printed
    assert "No report is kept" in run("reports")[1]


def test_reports_cannot_be_asked_for_two_things(run: Any) -> None:
    code, printed = run("reports", "--delete")
    assert (code, "name the report" in printed) == (2, True)
    code, printed = run("reports", "R-001", "--delete", "--evidence")
    assert (code, "--delete stands alone" in printed) == (2, True)
