"""The incident lab with six players instead of thirty, so that an exam of it is drawn in seconds.

Worlds, loss and scoring are those of the real lab; only the field that an exam is measured against is smaller.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

LAB = "small-incident"
KEPT = ("senior", "gradual", "mid", "idle", "page_everyone", "paperwork", "harness", "careless", "late")


def make(folder: Path) -> Path:
    """Write the lab into `folder` and return its folder."""
    from gradatim.lab import folders

    source = folders.folder("incident-response")
    made = folder / "small_incident"
    shutil.copytree(source, made, ignore=shutil.ignore_patterns("__pycache__"))
    head, *references = re.split(
        r"(?m)^(?=\[\[reference\]\]$)", (made / "lab.toml").read_text(encoding="utf-8")
    )
    kept = [r for r in references if re.search(rf'(?m)^name = "({"|".join(KEPT)})"$', r)]
    assert len(kept) == len(KEPT)
    text = re.sub(r'(?m)^id = ".*"$', f'id = "{LAB}"', head, count=1) + "".join(kept)
    (made / "lab.toml").write_text(text, encoding="utf-8")
    return made


def install(made: Path) -> None:
    """Let this process find the lab by its id, beside the installed ones."""
    from gradatim.lab import folders

    known = {**folders.labs(), LAB: made}
    folders.labs = lambda: known  # type: ignore[assignment]
