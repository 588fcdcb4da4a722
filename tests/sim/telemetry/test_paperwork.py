import re
import xml.etree.ElementTree as ET

import yaml

from gradatim.sim.actions import parse_action
from gradatim.sim.faults import FAMILIES, family
from gradatim.sim.platform import monitors as m
from gradatim.sim.platform import operate
from gradatim.sim.platform.quality import UPSTREAM_MEND_S
from gradatim.sim.telemetry.architecture import architecture_svg
from gradatim.sim.telemetry.catalogue import COMPONENTS
from gradatim.sim.telemetry.paperwork import handover, price_sheet, runbook, slo_yaml


def test_the_handover_is_short_and_names_two_oddities():
    notes = {handover(s) for s in range(30)}
    assert len(notes) == 30
    for note in notes:
        assert note.count("\n- ") == 2
        assert len(note) < 700


def test_the_objective_is_openslo_and_says_what_is_good():
    document = yaml.safe_load(slo_yaml({"good_s": 0.8}))
    assert document["apiVersion"] == "openslo/v1"
    assert document["spec"]["objectives"][0]["target"] == 0.995
    assert document["spec"]["timeWindow"][0]["duration"] == "28d"
    assert "800 ms" in document["spec"]["description"]


def test_prices_are_dollars_with_their_sign():
    lines = price_sheet([("good answer", 0.04, "mean"), ("failed request", -0.06, ""), ("page", 1500, "")])
    assert [p.amount for p in lines] == ["$0.04", "−$0.06", "$1,500"]


def test_the_handover_fits_the_shift_that_begins():
    hours, days = (
        handover(7, {"usual_requests_per_s": 112.0}),
        handover(7, {"usual_requests_per_s": 2.8}, days=True),
    )
    assert "112 requests a second and grows until noon" in hours
    assert "every half hour" in hours
    assert "2.8 requests a second over the day" in days
    assert "noon" not in days
    assert "half hour" not in days
    assert "An answer that is wrong fails nowhere" in days


def test_the_runbook_has_its_parts():
    assert re.findall(r"^## (.+)$", runbook(), re.M) == [
        "Read the room, in this order",
        "On a shift of days",
        "What each action does, in principle",
        "Data and models",
        "Over",
    ]


def _rows(section: str) -> dict[str, list[str]]:
    """First cell -> the other cells of the table of a section."""
    body = runbook().split(f"## {section}\n")[1].split("\n## ")[0]
    cells = [
        [c.strip() for c in line.strip("|").split("|")] for line in body.splitlines() if line.startswith("|")
    ]
    return {c[0]: c[1:] for c in cells[2:]}


def test_the_runbook_says_what_actions_on_data_take_and_cost():
    rows = _rows("Data and models")
    messages = {
        "re-run a job": {"kind": "rerun_job", "job": "weather"},
        "feature source: last good": {"kind": "set_feature", "features": "weather", "mode": "last_good"},
        "feature source: missing": {"kind": "set_feature", "features": "weather", "mode": "missing"},
        "feature source: live": {"kind": "set_feature", "features": "weather", "mode": "live"},
        "quarantine": {"kind": "quarantine", "source": "labels"},
        "roll back one artefact": {"kind": "rollback", "change": "C-1"},
        "retrain": {"kind": "retrain"},
        "deploy": {"kind": "deploy", "version": "v4"},
        "differential test": {"kind": "differential_test"},
        "wake the data team": {"kind": "page", "team": "data"},
    }
    assert set(rows) == set(messages)
    for name, message in messages.items():
        action = parse_action(message)
        delay_s = UPSTREAM_MEND_S if message["kind"] == "page" else action.delay_s
        number, unit = rows[name][1].split()
        assert float(number) * {"s": 1, "min": 60, "h": 3600}[unit] == delay_s, name
        assert rows[name][2] == f"${operate.price(action):.0f}", name


def test_the_runbook_has_the_bands_that_the_monitors_use():
    bands = {name: values[0] for name, values in _rows("On a shift of days").items()}
    assert (
        bands["gap of the newest answers"]
        == f"{m.GAP_BAND_PP:g} points (one airport {m.AIRPORT_GAP_BAND_PP:g})"
    )
    assert bands["overdue"] == f"{m.OVERDUE_BAND_PCT:g} %"
    assert bands["arrivals on the minute"] == f"{m.ZERO_BAND_PCT:g} %"
    assert bands["out of range, by group"] == f"{m.RANGE_BAND_PCT:g} %"
    assert bands["missing above usual, by group"] == f"{m.NULL_BAND_PCT:g} %"
    assert bands["age of the newest row, by group"] == f"{m.AGE_BAND_H:g} h"
    psi = {word.split()[0]: float(word.split()[1]) for word in bands["PSI, by group"].split(", ")}
    assert psi == m.PSI_BANDS


def test_no_paper_names_a_cause():
    papers = (runbook() + handover(3) + handover(3, days=True)).lower()
    families = [family(name) for name in FAMILIES]
    for word in {f.id for f in families} | {v for f in families for v in f.variants} | {"healthy"}:
        assert not re.search(rf"(?<![a-z0-9_]){re.escape(word)}(?![a-z0-9_])", papers), word


def test_the_drawing_is_well_formed_named_and_takes_the_pages_colours():
    svg = architecture_svg()
    root = ET.fromstring(svg)
    ns = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{ns}title") is not None
    assert root.find(f"{ns}desc") is not None
    drawn = {g.get("data-component") for g in root.iter(f"{ns}g")}
    assert drawn | {"slo"} == set(COMPONENTS)
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb|style=|<script|href", svg.replace("#arch-head", ""))
