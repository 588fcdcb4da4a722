"""Read a policy file: every defect of the file itself, before a process is started."""

from __future__ import annotations

from pathlib import Path

from gradatim.core.errors import PolicyError

_EXAMPLE = 'a policy is a text file with: def policy(obs, query): return {"actions": [], "advance_s": 60}'


def read_source(path: Path, max_kb: int) -> str:
    """The text of a policy file.

    Raises:
        PolicyError: missing, a folder, unreadable, too large, binary, or not UTF-8.
    """

    def refuse(what: str, why: str = "") -> PolicyError:
        return PolicyError(what, where=str(path), why=why or _EXAMPLE, next="pass the path of a Python file")

    if path.is_dir():
        raise refuse("the policy is a folder, not a file")
    if not path.exists():
        raise refuse("no such policy file")
    if not path.is_file():
        raise refuse("the policy is not a regular file")
    try:
        size = path.stat().st_size
        if size > max_kb * 1024:
            raise refuse(
                "the policy file is too large",
                f"it has {size / 1024:,.0f} KiB; at most {max_kb} KiB are read",
            )
        data = path.read_bytes()
    except OSError as error:
        raise refuse("the policy file cannot be read", error.strerror or str(error)) from None
    if b"\0" in data:
        raise refuse("the policy file is binary, not Python text", "it contains zero bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refuse(
            "the policy file is not UTF-8", f"line {line} has the byte 0x{data[error.start]:02x}"
        ) from None
