"""A company's ladder (levels by dimensions, with statements) read from CSV or YAML, as a rubric and a pack."""

from .export import as_csv, as_yaml
from .ladder import Ladder, Rung, Side
from .pack import pack_files
from .read import read

__all__ = ["Ladder", "Rung", "Side", "as_csv", "as_yaml", "pack_files", "read"]
