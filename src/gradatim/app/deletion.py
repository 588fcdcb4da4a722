"""Deleting everything: the rows, and what lies beside the database in the home folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradatim.app.app import App


def delete_all(app: App) -> dict[str, int]:
    """Delete every row, backup, kept packet, imported path and key. Files that were written elsewhere stay.

    Raises:
        StateError: another process keeps the database busy; run it again.
    """
    from gradatim.app.checking import FOLDER as CHECKS
    from gradatim.app.keys import FILE_NAME
    from gradatim.app.packs import CHOICE, IMPORTED
    from gradatim.app.reviews import FOLDER

    app.checking.stop_all()
    counts = app.store.delete_all()
    for name in (FOLDER, IMPORTED, CHECKS, "defects", "damaged"):
        shutil.rmtree(app.home / name, ignore_errors=True)
    for name in (FILE_NAME, CHOICE):
        (app.home / name).unlink(missing_ok=True)
    return counts
