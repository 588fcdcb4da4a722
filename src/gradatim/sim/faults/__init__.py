"""Failure modes of the platform: each family draws, by seed, what happens and what is true."""

from gradatim.core.errors import UnknownName
from gradatim.sim.faults.code import BadCode
from gradatim.sim.faults.labels import LateLabels
from gradatim.sim.faults.measurement import BrokenMeasurement
from gradatim.sim.faults.metastable import Metastable
from gradatim.sim.faults.release import SlowRelease
from gradatim.sim.faults.scenario import Family, Scenario
from gradatim.sim.faults.shift import HarmlessShift
from gradatim.sim.faults.skew import FeatureSkew
from gradatim.sim.faults.stale import StaleFeatures
from gradatim.sim.faults.surge import Quiet, Surge

FAMILIES: dict[str, Family] = {
    f.id: f
    for f in (
        Metastable(),
        SlowRelease(),
        Surge(),
        BrokenMeasurement(),
        BadCode(),
        FeatureSkew(),
        StaleFeatures(),
        LateLabels(),
        HarmlessShift(),
        Quiet(),
    )
}


def family(family_id: str) -> Family:
    """The family of that id. Raises UnknownName."""
    try:
        return FAMILIES[family_id]
    except KeyError:
        raise UnknownName("fault family", family_id, FAMILIES) from None


__all__ = ["FAMILIES", "Family", "Scenario", "family"]
