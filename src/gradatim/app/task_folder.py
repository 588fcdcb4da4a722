"""The folder of a performed task: written whole or not at all, and what it says of itself."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError

MARKER = ".gradatim-attempt.json"


def written(files: Mapping[str, str], target: Path) -> Path:
    """The files in a new folder beside `target`, to be renamed to it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".gradatim-", dir=target.parent))
    except OSError as error:
        raise InputError(
            "the folder cannot be written", [error.strerror or str(error)], where=str(target)
        ) from None
    try:
        part.chmod(0o755)
        for name, text in files.items():
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise InputError(
            "the folder cannot be written", [error.strerror or str(error)], where=str(target)
        ) from None
    return part


def marker(folder: Path) -> dict[str, Any]:
    """What the folder says of itself; nothing if it says nothing that can be read."""
    try:
        found = json.loads((folder / MARKER).read_text(encoding="utf-8")[:2000])
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
