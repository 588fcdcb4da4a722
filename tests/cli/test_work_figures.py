"""What the pages in docs/work say of their small examples is what the commands print today."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from gradatim.cli.entry import main

PAGES = Path(__file__).parents[2] / "docs" / "work"


def page(name: str) -> str:
    return (PAGES / f"{name}.md").read_text("utf-8")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run a work command in an empty folder: its JSON."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GRADATIM_HOME", str(tmp_path / "home"))

    def command(*words: str) -> dict[str, Any]:
        main(["work", *words, "--json"])
        document: dict[str, Any] = json.loads(capsys.readouterr().out)
        return document

    return command


def made(name: str) -> None:
    """Run the Python block of a page, which writes its example's files here."""
    block = re.search(r"```python\n(.*?)```", page(name), re.DOTALL)
    assert block is not None
    exec(compile(block[1], f"{name}.md", "exec"), {})


def row(name: str, start: str) -> list[str]:
    """The cells of the one table row of a page that begins so."""
    (found,) = [line for line in page(name).splitlines() if line.startswith(f"| {start} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


# scipy says that ten equal values have no spread, which is the example.
@pytest.mark.filterwarnings("ignore:Precision loss")
def test_canary_table(run: Any) -> None:
    made("canary")
    for old, new in (("ones", "seven"), ("old", "new")):
        cells = row("canary", f"`{old}`, `{new}`")
        a, b = (np.loadtxt(f"{side}.csv", skiprows=1) for side in (new, old))
        tests = (
            stats.mannwhitneyu(a, b, method="asymptotic").pvalue,
            stats.ks_2samp(a, b).pvalue,
            stats.ttest_ind(a, b, equal_var=False).pvalue,
        )
        assert [float(cell) for cell in cells[1:4]] == pytest.approx(tests, rel=0.05)
        result = run("canary", f"{old}.csv", f"{new}.csv", "--metric", "latency_ms:increase")["result"]
        assert result["action"] == "roll back"
        kayenta = result["kayenta"]
        assert cells[4] == f"{kayenta['classification']}, {kayenta['score']:.0f}"
        (metric,) = result["metrics"]
        if old == "ones":
            mixed = metric["mixed_shift"]
            assert (mixed["canary_share"], mixed["threshold"], mixed["baseline_share"]) == (0.7, 1.1, 0)
            assert cells[5] == "roll back: 70 % of the points above 1.1, none of the baseline's"
            continue
        said = [float(word) for word in re.findall(r"[+-]\d+", cells[5])]
        mean = float(np.mean(b))
        ends = (metric["relative_change"], *(end / mean for end in metric["interval"]))
        assert said == pytest.approx([100 * x for x in ends], abs=0.6)
    document = run("canary", "ones.csv", "none.csv", "--metric", "latency_ms:increase")
    assert document["result"]["exit_code"] == 3
    assert "inconclusive, exit code 3" in row("canary", "`ones`, `none`")[-1]


def test_experiment_table_and_plan(run: Any) -> None:
    rows = [("control", 4000, 1000), ("treatment", 3900, 1100)]
    with Path("visits.csv").open("w") as file:
        file.write("user,arm,converted\n")
        n = 0
        for arm, no, yes in rows:
            for value in [0] * no + [1] * yes:
                n += 1
                file.write(f"{n},{arm},{value}\n")
    words = ("experiment", "visits.csv", "--arm", "arm", "--control", "control", "--unit", "user")
    fixed = run(*words, "--metric", "converted", "--method", "fixed", "--planned-units", "10000")["result"]
    (metric,) = fixed["metrics"]
    assert fixed["action"] == "ship"
    assert [round(end, 4) for end in metric["difference"]["fixed"]] == [0.0040, 0.0360]
    assert "0.0040 to 0.0360" in page("experiment")
    assert round(metric["difference"]["p_fixed"], 4) == 0.0141
    open_ended = run(*words, "--metric", "converted")["result"]
    (metric,) = open_ended["metrics"]
    assert open_ended["action"] == "keep running"
    ends = [round(end, 4) for end in metric["difference"]["anytime"]]
    assert (
        f"anytime-valid {ends[0]:.4f} to {ends[1]:.4f}, p = {metric['difference']['p_anytime']:.2f}"
        in page("experiment")
    )
    plan = json.dumps(run("experiment", "--plan", "--baseline", "0.20", "--mde", "0.05")["result"])
    numbers = {round(float(x), 1) for x in re.findall(r"\d+\.?\d*", plan)}
    assert {1094.0, 1030.0, 1091.9} <= numbers | {float(int(x)) for x in numbers}


def test_incident_example(run: Any) -> None:
    text = page("incident")
    log = [line.strip() for line in text.splitlines() if re.match(r"    (time,kind|2026-11-02T)", line)]
    Path("log.csv").write_text("\n".join(log) + "\n")
    sentence = re.search(r'Of the review "(.*?)" the first', " ".join(text.split()))
    assert sentence is not None
    Path("review.md").write_text(sentence[1] + "\n")
    document = run("incident", "log.csv", "--review", "review.md", "--tz", "UTC")
    said = json.dumps(document)
    for seconds in (255, 100, 1885):
        assert f": {seconds}" in said, seconds
    states = [claim["state"] for claim in document["result"]["review"]["findings"]]
    assert states[0] == "confirmed" and "contradicted" in states and "not checkable" in states


@pytest.mark.slow
def test_capacity_replicas(run: Any) -> None:
    made("capacity")
    words = ["--service-ms", "60", "--slots", "4", "--target-ms", "300", "--replicas", "4"]
    found = run("capacity", "traffic.csv", *words)["result"]
    assert "## A small example" in page("capacity")
    text = page("capacity")
    counted = {3: "Three", 6: "six"}
    assert f"{counted[found['replicas_nothing_lost']]} replicas keep the promise" in text
    assert f"{counted[found['replicas']]} keep it with a zone lost" in text
    lost = found["today"]["zone_lost"]
    assert f"the other two are {100 * lost['utilisation']:.0f} % busy" in text
    assert f"the share of good answers falls to {100 * lost['good']:.0f} %" in text
    told = f"Erlang C says {found['erlang_c_replicas']} and the VPA-style percentile {found['vpa_replicas']}"
    assert told in text


def test_capacity_forecast(run: Any) -> None:
    made("capacity")
    from gradatim.instruments.capacity.forecast import forecast
    from gradatim.instruments.capacity.traffic import read

    found = forecast(read(Path("traffic.csv")).rate, 672)
    text = page("capacity")
    assert f"mean absolute error {found.error_model:.2f} against {found.error_naive:.2f}" in text
    assert f"{found.rate.max():.0f} requests a second are expected" in text
    assert f"the design rate is {found.high.max():.0f}" in text
