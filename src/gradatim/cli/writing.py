"""Writing a file that a command makes: whole or not at all, and never over another one unasked."""

from __future__ import annotations

import os
from pathlib import Path

from gradatim.core.errors import StateError


def write_new(path: Path, data: bytes, *, force: bool) -> None:
    """Write beside the place, then rename.

    Raises:
        StateError: a file is there and `force` is not set, or the folder cannot be written.
    """
    if path.exists() and not force:
        raise StateError("the file is there already", where=str(path), next="give another name, or --force")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        why = error.strerror or str(error)
        raise StateError(
            "the file cannot be written", where=str(path), why=why, next="choose another folder"
        ) from None
    finally:
        part.unlink(missing_ok=True)
