"""The path: modules, skills and prerequisites, whatever company wrote them."""

from gradatim.path.catalogue import Catalogue, LabEntry, Module, Skill, lint, load

__all__ = ["Catalogue", "LabEntry", "Module", "Skill", "lint", "load"]
