"""Gradatim: from mid-level to senior AI engineer, step by step.

inst = gradatim.lab("incident-response").instance(seed=7)
session = inst.live()
"""

import importlib
from typing import Any

__all__ = ["__version__", "lab"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name == "lab":
        return importlib.import_module("gradatim.lab")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
