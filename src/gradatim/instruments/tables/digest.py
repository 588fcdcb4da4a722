"""The digest that names a file in a report."""

from __future__ import annotations

import hashlib
from pathlib import Path


def digest(path: Path) -> str:
    """`sha256:` and 64 hexadecimal digits over the file's bytes, what `sha256sum` prints.

    SHA-256, not the BLAKE2b of the ledger: processors have instructions for it, and the reader has the command.
    """
    with path.open("rb") as file:
        return f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}"
