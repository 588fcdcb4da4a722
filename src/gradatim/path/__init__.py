"""The path: modules, skills and prerequisites, whatever company wrote them."""

from gradatim.path.catalogue import Catalogue, LabEntry, Module, Skill, lint, load
from gradatim.path.pack import ForecastFacts, Prerequisite, Reading, WorkCommand

__all__ = [
    "Catalogue",
    "ForecastFacts",
    "LabEntry",
    "Module",
    "Prerequisite",
    "Reading",
    "Skill",
    "WorkCommand",
    "lint",
    "load",
]
