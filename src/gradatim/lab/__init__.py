"""The lab kernel: load, present, live, judge, score, replay, what-if, check. Knows no face and no store.

The package can be called: `gradatim.lab("incident-response")` is the lab of that id.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradatim.lab.lab import Lab


class _LabPackage(ModuleType):
    """This package, with the one verb that everybody begins with."""

    def __call__(self, lab_id: str) -> Lab:
        """The installed lab of that id. Raises UnknownName with the nearest id that exists."""
        from gradatim.lab.catalogue import lab

        return lab(lab_id)


__all__: list[str] = []

sys.modules[__name__].__class__ = _LabPackage
