"""Labs by id, with their code."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from gradatim.core.errors import InputError
from gradatim.lab import folders
from gradatim.lab.lab import Lab
from gradatim.lab.spec import load_spec


@cache
def lab(lab_id: str) -> Lab:
    """The installed lab of that id. Raises UnknownName with the nearest id that exists."""
    return open_lab(folders.folder(lab_id))


def open_lab(folder: Path) -> Lab:
    """The lab in a folder, inside a pack or not."""
    spec = load_spec(folder)
    return Lab(spec, folder, _module(folder, spec.id), folders.version_digest(folder))


def _module(folder: Path, lab_id: str) -> ModuleType:
    path = folder / "lab.py"
    mark = hashlib.blake2b(str(folder).encode(), digest_size=4).hexdigest()
    name = f"_gradatim_lab_{lab_id.replace('-', '_')}_{mark}"
    # A package, so that `from . import loss` finds the files beside lab.py wherever the folder lies.
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[str(folder)])
    if not path.is_file() or spec is None or spec.loader is None:
        raise InputError("not a lab folder: lab.py is missing", where=str(folder), next="gradatim lab new ID")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
