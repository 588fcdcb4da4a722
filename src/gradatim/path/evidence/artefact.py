"""Files as evidence: their digests, never their content."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from gradatim.core.errors import InputError

from .text import file_name, visible

MOST_FILES = 200


def file_digest(path: Path, like: str = "blake2b-256:") -> str:
    """`blake2b-256:` or `sha256:` and the digest of the file's bytes, as hex.

    Args:
        path: the file.
        like: a digest to compare with; its prefix says which of the two. Reports of work commands have SHA-256.
    """
    sha = like.startswith("sha256:")
    h = hashlib.sha256() if sha else hashlib.blake2b(digest_size=32)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            h.update(block)
    return f"{'sha256' if sha else 'blake2b-256'}:{h.hexdigest()}"


def artefacts(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """`{name, digest, bytes}` of each file; a folder gives its files, named by their place in it.

    Raises:
        InputError: something cannot be read, or there are more than 200 files; all problems at once.
    """
    problems: list[str] = []
    found: list[dict[str, Any]] = []
    for path in paths:
        shown = visible(str(path).encode("utf-8", "replace").decode(), lines=False)
        files = _below(path)
        if not files:
            problems.append(f"{shown}: not a file, or a folder with no file in it")
        if len(files) > MOST_FILES:
            problems.append(f"{shown}: {len(files)} files; name the ones that matter, at most {MOST_FILES}")
            continue
        for file in files:
            name = str(file.relative_to(path)) if file != path else path.name
            try:
                made = {"name": _label(name), "digest": file_digest(file), "bytes": file.stat().st_size}
            except OSError as error:
                problems.append(f"{shown}: {error.strerror or error}")
            else:
                found.append(made)
    if len(found) > MOST_FILES:
        problems.append(f"{len(found)} files; at most {MOST_FILES}")
    if problems:
        raise InputError(
            "the files cannot be taken as evidence", problems, next="gradatim evidence add --help"
        )
    return found


def uploaded(name: str, data: bytes) -> dict[str, Any]:
    """`{name, digest, bytes}` of a file that came as bytes: the same as `artefacts` gives of it on the disk."""
    digest = f"blake2b-256:{hashlib.blake2b(data, digest_size=32).hexdigest()}"
    return {"name": _label(name.replace("\\", "/").rpartition("/")[2]), "digest": digest, "bytes": len(data)}


def _below(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        return []
    # No symbolic links: they may lead out of the folder, or round in it.
    inside = (p for p in path.rglob("*") if p.is_file() and not p.is_symlink())
    return sorted(p for p in inside if ".git" not in p.relative_to(path).parts)


def _label(name: str) -> str:
    safe = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    parts = safe.replace("\\", "/").split("/")
    return "/".join(file_name(part) for part in parts)[-400:]
