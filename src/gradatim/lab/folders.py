"""Where labs are: every installed content pack, by entry point `gradatim.content`. Imports nothing heavy."""

from __future__ import annotations

import hashlib
import importlib.util
import tomllib
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from gradatim.core.errors import UnknownName
from gradatim.lab.spec import load_spec

_SOURCE = Path(__file__).resolve().parent.parent
_DECIDING = {".py", ".toml", ".npz", ".parquet", ".json"}


def packs() -> dict[str, Path]:
    """Content pack name -> its folder."""
    found: dict[str, Path] = {}
    for point in entry_points(group="gradatim.content"):
        spec = importlib.util.find_spec(point.value)
        if spec is not None and spec.origin is not None:
            found[point.name] = Path(spec.origin).resolve().parent
    return found


@cache
def labs() -> dict[str, Path]:
    """Lab id -> folder, over all packs. Performed tasks are found by `tasks`."""
    return {load_spec(folder).id: folder for folder in _folders() if not is_task(folder)}


@cache
def tasks() -> dict[str, Path]:
    """Id -> folder of the labs of kind `task`, over all packs."""
    from gradatim.lab.task.spec import load_task_spec

    return {load_task_spec(folder).id: folder for folder in _folders() if is_task(folder)}


def is_task(lab_folder: Path) -> bool:
    """Whether the lab of a folder is of kind `task`; what cannot be read is not."""
    try:
        return tomllib.loads((lab_folder / "lab.toml").read_text(encoding="utf-8")).get("kind") == "task"
    except (OSError, ValueError):
        return False


def _folders() -> list[Path]:
    return [toml.parent for root in packs().values() for toml in sorted(root.glob("*/*/lab.toml"))]


def folder(lab_id: str) -> Path:
    """The folder of a lab.

    Raises:
        UnknownName: with the nearest id that exists.
    """
    known = labs()
    if lab_id not in known:
        raise UnknownName("lab", lab_id, known, next="gradatim lab list")
    return known[lab_id]


@cache
def version_digest(lab_folder: Path) -> str:
    """Digest of what decides an outcome: core, simulator, lab kernel, this lab's code, metadata and data."""
    h = hashlib.blake2b(digest_size=10)
    for root in (_SOURCE / "core", _SOURCE / "sim", _SOURCE / "lab", lab_folder):
        for path in sorted(root.rglob("*")):
            if path.suffix in _DECIDING and "__pycache__" not in path.parts and path.is_file():
                h.update(f"{root.name}/{path.relative_to(root).as_posix()}\0".encode())
                h.update(hashlib.blake2b(path.read_bytes(), digest_size=16).digest())
    return h.hexdigest()
