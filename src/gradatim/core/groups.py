"""Optional groups of packages: imported when a feature needs them, named when they are missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from gradatim.core.errors import MissingGroup


def load(module: str, group: str, feature: str) -> ModuleType:
    """Import `module`, which the dependency group `group` brings.

    Args:
        module: dotted name, for instance "scipy.stats".
        group: the group in pyproject.toml and the make target of the same name.
        feature: what needs it, as the start of a sentence ("The drift report").

    Raises:
        MissingGroup: the package is not installed; the message names the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as e:
        # A defect inside the package, or in our own code, is not a missing package.
        if e.name is None or e.name.partition(".")[0] != module.partition(".")[0]:
            raise
        raise MissingGroup(feature, group, module.partition(".")[0]) from None
