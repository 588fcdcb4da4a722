"""The proofs of a lab or a task, by id or by folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any


def check(
    lab_id: str,
    *,
    ci: bool = False,
    seeds: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """{proof: {ok, detail}, matrix, ...} of a lab, by id or by folder.

    Args:
        lab_id: a lab or a task.
        ci: the short check.
        seeds: so many instances of each family; a task has forms, and takes no notice.
        progress: told what is under way.
    """
    from gradatim.lab import catalogue, folders

    folder = Path(lab_id)
    if lab_id in folders.tasks() or (folder.is_dir() and folders.is_task(folder)):
        from gradatim.lab.task.check import check_task
        from gradatim.lab.task.lab import open_task, task

        return check_task(open_task(folder) if folder.is_dir() else task(lab_id), ci=ci, progress=progress)
    from gradatim.lab.check import check as prove

    lab = catalogue.open_lab(folder) if folder.is_dir() else catalogue.lab(lab_id)
    return prove(lab, ci=ci, seeds=seeds, progress=progress)
