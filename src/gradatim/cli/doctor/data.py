"""What Gradatim keeps and ships: the home, the database, the packaged data, the compiled simulator."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from gradatim.cli.doctor.finding import Finding, failed
from gradatim.cli.kernel import cache_folder, is_compiled
from gradatim.core.errors import GradatimError

PACKAGED = Path(__file__).resolve().parents[2]
WARN_FREE_MB = 500
FAIL_FREE_MB = 50


def disk(folder: Path) -> Finding:
    """The space left where the home is."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    detail, figures = f"{free_mb:,} MB free at {folder}", {"free_mb": free_mb}
    advice = "free some space, or: export GRADATIM_HOME=PATH"
    if free_mb < FAIL_FREE_MB:
        return Finding("disk", "fail", f"{detail}; {FAIL_FREE_MB} MB are needed", advice, figures)
    if free_mb < WARN_FREE_MB:
        return Finding("disk", "warn", detail, advice, figures)
    return Finding("disk", "ok", detail, figures=figures)


def store(home: Path) -> Finding:
    """The database: its revision, and every page and reference of it."""
    from gradatim.store import Store, revisions
    from gradatim.store.failures import explained

    path = home / "gradatim.db"
    try:
        with explained(path):
            revision = revisions.inspect(path)
        if revision is None:
            return Finding("store", "ok", f"no database yet at {path}; the first attempt makes it")
        newest = revisions.known()[-1]
        if revision != newest:
            return Finding(
                "store",
                "warn",
                f"revision {revision}; upgraded to {newest} at the next start, with a copy kept",
                "gradatim",
            )
        with Store(home) as opened:
            opened.check()
    except GradatimError as error:
        return failed("store", error)
    size_mb = round(path.stat().st_size / 1e6, 1)
    return Finding("store", "ok", f"revision {revision}, {size_mb} MB, whole", figures={"size_mb": size_mb})


def simulator() -> Finding:
    """Whether the machine code of the simulator is there."""
    folder = cache_folder()
    if is_compiled():
        return Finding("simulator", "ok", f"compiled, in {folder}")
    return Finding(
        "simulator", "warn", "not compiled yet; the first start does it once, in some 20 s", "gradatim"
    )


def digests(root: Path = PACKAGED) -> Finding:
    """Every packaged data file against the digest that its PROVENANCE.md states."""
    wrong, count = [], 0
    for provenance in sorted(root.rglob("PROVENANCE.md")):
        for name, digest in re.findall(r"^\| `([^`]+)` \| `([0-9a-f]{64})` \|$", outputs(provenance), re.M):
            count += 1
            file = provenance.parent / name
            if not file.exists():
                wrong.append(f"{file.relative_to(root)} is missing")
            elif hashlib.sha256(file.read_bytes()).hexdigest() != digest:
                wrong.append(f"{file.relative_to(root)} was changed")
    if wrong:
        return Finding("data", "fail", "; ".join(wrong), "git checkout -- src/gradatim")
    if count == 0:
        return Finding("data", "fail", "no packaged data file was found", "git checkout -- src/gradatim")
    return Finding("data", "ok", f"{count} packaged files as stated")


def outputs(provenance: Path) -> str:
    """The part of a PROVENANCE.md that lists the files beside it."""
    return provenance.read_text(encoding="utf-8").partition("## SHA-256 of the outputs")[2]
