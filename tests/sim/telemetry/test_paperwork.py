import re
import xml.etree.ElementTree as ET

import yaml

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
    assert len(price_sheet()) >= 4


def test_the_runbook_has_its_three_parts():
    assert re.findall(r"^## (.+)$", runbook(), re.M) == [
        "Read the room, in this order",
        "What each action does, in principle",
        "Over",
    ]


def test_the_drawing_is_well_formed_named_and_takes_the_pages_colours():
    svg = architecture_svg()
    root = ET.fromstring(svg)
    ns = "{http://www.w3.org/2000/svg}"
    assert root.find(f"{ns}title") is not None
    assert root.find(f"{ns}desc") is not None
    drawn = {g.get("data-component") for g in root.iter(f"{ns}g")}
    assert drawn | {"slo"} == set(COMPONENTS)
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb|style=|<script|href", svg.replace("#arch-head", ""))
