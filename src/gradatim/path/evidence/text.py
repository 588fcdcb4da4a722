"""Text of others, made safe to look at: nothing hidden, nothing that turns the line round."""

from __future__ import annotations

import unicodedata

_KEPT = "\n\t"
# What `unicodedata` calls format, but belongs in ordinary words of some scripts and in emoji.
_JOINERS = "\u200c\u200d"


def visible(text: str, *, lines: bool = True) -> str:
    """The text with control, bidirectional and other invisible characters written as `\\u202e`.

    Args:
        lines: keep line ends and tabs; a file name or a title keeps none.
    """
    kept = _KEPT if lines else ""
    return "".join(
        c if c in kept or c in _JOINERS or unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
        else f"\\u{ord(c):04x}"
        for c in text
    )  # fmt: skip


def file_name(raw: str) -> str:
    """The last part of a path as a label: never a folder, never empty, at most 120 characters."""
    name = visible(raw.replace("\\", "/").rstrip("/").rpartition("/")[2], lines=False)
    return (name if len(name) <= 120 else f"{name[:80]}…{name[-38:]}") or "unnamed"
