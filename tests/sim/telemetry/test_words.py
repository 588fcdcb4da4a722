"""No cause may be read off what the room shows: no mechanism, fault or variant is named."""

import re
from pathlib import Path

import gradatim.sim.telemetry as telemetry
from gradatim.sim.faults.metastable import Metastable
from gradatim.sim.faults.surge import Quiet, Surge
from gradatim.sim.platform.vocabulary import MECHANISMS


def test_the_folder_knows_no_fault_and_no_mechanism():
    words = [*MECHANISMS, *MECHANISMS.values()]
    for family in (Metastable(), Surge()):
        words += [family.id, *(v for v in family.variants if "-" in v)]
    words += ["metastable", "retry storm", "cold cache", "nothing_wrong", "oracle"]
    assert Quiet.id == "quiet"
    for path in Path(telemetry.__file__).parent.rglob("*.*"):
        if path.suffix not in (".py", ".md"):
            continue
        text = path.read_text(encoding="utf-8")
        for word in words:
            assert not re.search(rf"\b{re.escape(word)}\b", text, re.I), (path.name, word)


def test_the_folder_imports_nothing_that_knows_causes():
    for path in Path(telemetry.__file__).parent.glob("*.py"):
        for module in re.findall(r"^(?:from|import) (gradatim\S*)", path.read_text(encoding="utf-8"), re.M):
            assert module.startswith(("gradatim.core", "gradatim.sim.telemetry")), (path.name, module)
