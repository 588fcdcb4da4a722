"""Drift between a reference and current data: effect, noise, persistence, and what it does to performance.

`profile_of` reads a reference, `save` / `load` / `merge` keep it, `analyse` compares a file with it and
`report` puts the result into words and pictures. One pass over each file, memory that does not grow with the rows.
"""

from gradatim.instruments.drift.analysis import Analysis, Request, analyse, check_columns, profile_of
from gradatim.instruments.drift.examples import Examples, examples
from gradatim.instruments.drift.profile import Profile, load, merge, save
from gradatim.instruments.drift.sections import report
from gradatim.instruments.drift.settings import Settings
from gradatim.instruments.drift.windows import parse_window

__all__ = [
    "Analysis",
    "Examples",
    "Profile",
    "Request",
    "Settings",
    "analyse",
    "check_columns",
    "examples",
    "load",
    "merge",
    "parse_window",
    "profile_of",
    "report",
    "save",
]
