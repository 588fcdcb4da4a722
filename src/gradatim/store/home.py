"""The home folder: where everything that belongs to the learner is kept."""

from __future__ import annotations

import os
from pathlib import Path

from gradatim.core.errors import StateError

VARIABLE = "GRADATIM_HOME"


def home_folder() -> Path:
    """`GRADATIM_HOME`, or the platform's folder for user data; made with mode 0700 if it is not there.

    Returns:
        An absolute path of a folder that can be written.

    Raises:
        StateError: it is not a folder, cannot be made, or cannot be written.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        home = Path(given).expanduser().absolute()
    else:
        import platformdirs

        home = platformdirs.user_data_path("gradatim", appauthor=False)
    return usable_folder(home)


def usable_folder(home: Path) -> Path:
    """`home` itself, once it is a folder that can be written."""
    advice = f"choose another folder: export {VARIABLE}=PATH"
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        why = "it, or a folder above it, is a file"
        raise StateError("the home folder is not a folder", where=str(home), why=why, next=advice) from error
    except OSError as error:
        why = error.strerror or str(error)
        raise StateError("the home folder cannot be made", where=str(home), why=why, next=advice) from error
    if not os.access(home, os.R_OK | os.W_OK | os.X_OK):
        raise StateError(
            "the home folder cannot be written",
            where=str(home),
            why="its permissions or its file system are read-only for this user",
            next=f'chmod u+rwx "{home}", or {advice}',
        )
    return home
