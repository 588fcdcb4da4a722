"""Rules in the form that Sloth and Pyrra publish, run on the same history as the generated ones."""

from __future__ import annotations

import datetime
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from gradatim.instruments.promql.syntax import duration
from gradatim.instruments.slo.burn import burn_alerts, detection_s
from gradatim.instruments.slo.run import Request, run
from gradatim.instruments.slo.spec import DAY_MS

from .specs import document, write

START_S = 1_767_225_600
BAD, ALL = 'sum(rate(http_requests_total{{code=~"5.."}}[{w}]))', "sum(rate(http_requests_total[{w}]))"


def history(path: Path) -> Path:
    """Two days by the minute; ten minutes of the second fail at 30 %, later two hours at 1 %."""
    minutes = np.arange(2 * 1440)
    share = np.full(len(minutes), 0.0002)
    share[1440 : 1440 + 10] = 0.3
    share[2160 : 2160 + 120] = 0.01
    bad, total = np.cumsum(np.round(5000 * share)), np.cumsum(np.full(len(minutes), 5000.0))
    series = [
        {
            "metric": {"__name__": "http_requests_total", "code": code},
            "values": [[int(START_S + 60 * m), str(v)] for m, v in zip(minutes, values, strict=True)],
        }
        for code, values in (("200", total - bad), ("500", bad))
    ]
    path.write_text(json.dumps({"status": "success", "data": {"resultType": "matrix", "result": series}}))
    return path


def sloth(path: Path) -> Path:
    """Ratios recorded per window, then pairs of them joined by `or ignoring (sloth_window)`."""
    labels = {"sloth_id": "shop-checkout", "sloth_service": "shop", "sloth_slo": "checkout"}
    chosen = ", ".join(f'{k}="{v}"' for k, v in labels.items())
    recorded = [
        {
            "record": f"slo:sli_error:ratio_rate{w}",
            "expr": f"({BAD.format(w=w)})\n/\n({ALL.format(w=w)})",
            "labels": {**labels, "sloth_window": w},
        }
        for w in ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
    ]

    def pair(short: str, long: str, burn: float) -> str:
        sides = (
            f"(slo:sli_error:ratio_rate{w}{{{chosen}}} > ({burn} * 0.0009999999999999432))"
            for w in (short, long)
        )
        return f"({' and ignoring (sloth_window) '.join(sides)})"

    alerts = [
        {
            "alert": "CheckoutErrors",
            "expr": f"{pair(*fast)} or ignoring (sloth_window) {pair(*slow)}",
            "labels": {"severity": severity, "sloth_severity": severity},
        }
        for severity, fast, slow in (
            ("page", ("5m", "1h", 14.4), ("30m", "6h", 6)),
            ("ticket", ("2h", "1d", 3), ("6h", "3d", 1)),
        )
    ]
    groups = [{"name": "sloth-recordings", "rules": recorded}, {"name": "sloth-alerts", "rules": alerts}]
    path.write_text(yaml.safe_dump({"groups": groups}))
    return path


def pyrra(path: Path) -> Path:
    """Four alerts with a `for`, of recorded burn rates."""
    pairs = [
        ("5m", "1h", 14, "2m", "critical"),
        ("30m", "6h", 7, "15m", "critical"),
        ("2h", "1d", 2, "1h", "warning"),
        ("6h", "4d", 1, "3h", "warning"),
    ]
    recorded = [
        {
            "record": f"http_requests:burnrate{w}",
            "expr": f"{BAD.format(w=w)} / {ALL.format(w=w)}",
            "labels": {"slo": "checkout"},
        }
        for w in sorted({w for short, long, *_ in pairs for w in (short, long)})
    ]
    alerts = [
        {
            "alert": "ErrorBudgetBurn",
            "expr": " and ".join(
                f'http_requests:burnrate{w}{{slo="checkout"}} > ({burn} * (1-0.999))' for w in (short, long)
            ),
            "for": wait,
            "labels": {"severity": severity},
        }
        for short, long, burn, wait, severity in pairs
    ]
    path.write_text(yaml.safe_dump({"groups": [{"name": "pyrra", "rules": [*recorded, *alerts]}]}))
    return path


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("peers")
    report = run(
        Request(
            spec=write(folder / "checkout.yaml", document()),
            metrics=(history(folder / "requests.json"),),
            own_rules=(sloth(folder / "sloth.yaml"), pyrra(folder / "pyrra.yaml")),
            command="gradatim work slo",
        )
    )
    return {rules["name"]: rules for rules in report.json["objectives"][0]["rules"]}


PAGE = Path(__file__).parents[3] / "docs" / "work" / "slo.md"


def row(start: str) -> list[str]:
    """The cells of the one table row of the page that begins so."""
    (found,) = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(f"| {start} |")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def told(rules: dict[str, Any]) -> list[str]:
    """What the page's table says of a rule set."""
    cells = []
    for incident in rules["incidents"]:
        page, ticket = incident["page_after_s"], incident["ticket_after_s"]
        cells.append(
            f"ticket after {ticket / 3600:.1f} h" if page is None else f"page after {page / 60:.0f} min"
        )
    return [*cells, f"{len(rules['pages'])}, {len(rules['tickets'])}"]


def test_the_table_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    block = re.search(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert block is not None
    exec(compile(block[1], "slo.md", "exec"), {})
    report = run(
        Request(
            spec=write(Path("checkout.yaml"), document()),
            metrics=(Path("month.json"),),
            own_rules=(sloth(Path("sloth.yaml")), pyrra(Path("pyrra.yaml"))),
            command="gradatim work slo",
        )
    )
    rules = report.json["objectives"][0]["rules"]
    for found, name in zip(rules, ("generated here", "Sloth's form", "Pyrra's form"), strict=True):
        assert row(name)[1:] == told(found), name


def test_the_windows_of_the_page() -> None:
    alerts, _ = burn_alerts(30 * DAY_MS)
    lines = [
        line for line in PAGE.read_text("utf-8").splitlines() if line.startswith(("| page |", "| ticket |"))
    ]
    for alert, line in zip(alerts, lines, strict=True):
        outage = detection_s(0.999, 1.0, alert.long_ms, alert.burn)
        shown = f"{outage:.1f}" if outage < 100 else f"{outage:.0f}"
        assert [cell.strip() for cell in line.strip("|").split("|")] == [
            alert.severity,
            f"{duration(alert.long_ms)} and {duration(alert.short_ms)}",
            f"{alert.burn:g}",
            f"{100 * alert.spent:g} %",
            f"{shown} s",
        ]


def test_sloth_s_form_alerts_when_ours_does(judged: dict[str, Any]) -> None:
    ours, theirs = judged["generated rules"], judged["sloth.yaml"]
    assert ours["pages"]
    assert theirs["pages"] == ours["pages"]
    assert theirs["tickets"] == ours["tickets"]


def test_pyrra_s_form_waits_its_for(judged: dict[str, Any]) -> None:
    ours, theirs = (
        datetime.datetime.strptime(judged[name]["pages"][0]["start"], "%Y-%m-%d %H:%MZ")
        for name in ("generated rules", "pyrra.yaml")
    )
    assert 60 <= (theirs - ours).total_seconds() <= 180
