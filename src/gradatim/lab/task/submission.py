"""What is handed in for a task: texts of a folder, read whole or refused with every problem at once."""

from __future__ import annotations

import ast
import os
import stat
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradatim.core.canonical import digest
from gradatim.core.errors import InputError

FORMAT = 1
LARGEST_FILE_KB = 64
LARGEST_IN_ALL_KB = 256
MOST_LINES = 4000


@dataclass(frozen=True)
class TaskSubmission:
    """A submission in its canonical form."""

    lab: str
    version: str
    digest: str
    seed: int
    files: dict[str, str]

    def as_dict(self) -> dict[str, Any]:
        """JSON form. The seed is text: JSON readers lose integers beyond 2**53."""
        return {
            "format": FORMAT,
            "lab": self.lab,
            "version": self.version,
            "digest": self.digest,
            "seed": str(self.seed),
            "files": dict(sorted(self.files.items())),
        }

    @property
    def fingerprint(self) -> str:
        """Digest of the canonical submission; the hidden draws are keyed by it."""
        return digest(self.as_dict())

    @classmethod
    def parse(cls, data: Any) -> TaskSubmission:
        """A submission from JSON.

        Raises:
            InputError: malformed; every problem at once.
        """
        if not isinstance(data, dict):
            raise InputError("a submission is a JSON object")
        problems = [] if data.get("format") == FORMAT else [f"format: {data.get('format')!r}"]
        problems += [
            f"{k}: not text" for k in ("lab", "version", "digest") if not isinstance(data.get(k), str)
        ]
        seed = data.get("seed")
        if not (isinstance(seed, str) and seed.isascii() and seed.isdigit() and len(seed) <= 39):
            problems.append("seed: not a decimal number as text")
        files = data.get("files")
        if not isinstance(files, dict) or not all(isinstance(t, str) for t in files.values()):
            problems.append("files: not an object of texts")
        if problems:
            raise InputError("the submission is malformed", problems)
        return cls(data["lab"], data["version"], data["digest"], int(data["seed"]), dict(data["files"]))


def check_texts(texts: Mapping[str, str], wanted: Sequence[str]) -> list[str]:
    """What keeps these texts from being judged: missing, too large, not Python."""
    problems = [f"{name}: missing" for name in wanted if name not in texts]
    for name in wanted:
        text = texts.get(name)
        if text is None:
            continue
        size_kb = len(text.encode("utf-8", "surrogatepass")) / 1024
        if size_kb > LARGEST_FILE_KB:
            problems.append(f"{name}: {size_kb:,.0f} KiB, at most {LARGEST_FILE_KB}")
        elif "\0" in text:
            problems.append(f"{name}: has zero bytes, so it is not text")
        elif text.count("\n") > MOST_LINES:
            problems.append(f"{name}: more than {MOST_LINES:,} lines")
        elif name.endswith(".py"):
            problems += _not_python(name, text)
    whole_kb = sum(len(texts[n].encode("utf-8", "surrogatepass")) for n in wanted if n in texts) / 1024
    if whole_kb > LARGEST_IN_ALL_KB:
        problems.append(f"the folder: {whole_kb:,.0f} KiB in all, at most {LARGEST_IN_ALL_KB}")
    return problems


def read_folder(folder: Path, wanted: Sequence[str]) -> dict[str, str]:
    """The files of a folder that are handed in; others are not looked at.

    Raises:
        InputError: no folder, or files that are missing, links, too large, not UTF-8, not Python: all at once.
    """
    if not folder.is_dir():
        raise InputError("not a folder", where=str(folder), next="gradatim lab start TASK DIR")
    texts: dict[str, str] = {}
    problems: list[str] = []
    for name in wanted:
        problem = _read(folder / name, name, texts)
        problems += [problem] if problem else []
    problems += check_texts(texts, [n for n in wanted if n in texts])
    if problems:
        raise InputError(
            "this folder cannot be judged", problems, where=str(folder),
            why="nothing is spent: the attempt stays open", next="mend the files and run the same command again",
        )  # fmt: skip
    return texts


def _read(path: Path, name: str, texts: dict[str, str]) -> str:
    """Put the text of a file into `texts`, or say why not. Links are not followed."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return f"{name}: missing"
    except OSError as error:
        return f"{name}: {'a link; links are not followed' if path.is_symlink() else error.strerror}"
    found = os.fstat(fd)
    if not stat.S_ISREG(found.st_mode):
        os.close(fd)
        return f"{name}: not a regular file"
    with os.fdopen(fd, "rb") as file:
        if found.st_size > LARGEST_FILE_KB * 1024:
            return f"{name}: {found.st_size / 1024:,.0f} KiB, at most {LARGEST_FILE_KB}"
        data = file.read(LARGEST_FILE_KB * 1024 + 1)
    try:
        # An editor's byte-order mark and line ends decide nothing.
        texts[name] = data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        return f"{name}: not UTF-8, line {data[: error.start].count(10) + 1}"
    return ""


def _not_python(name: str, text: str) -> list[str]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, name)
    except SyntaxError as error:
        return [f"{name}, line {error.lineno or 1}: not valid Python: {error.msg}"]
    except (ValueError, RecursionError, MemoryError) as error:
        return [f"{name}: cannot be parsed: {error}"]
    return []
