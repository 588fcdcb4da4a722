"""The learner's signing key: a file in the home folder that only its owner can read."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gradatim.core.errors import StateError

FILE_NAME = "signing.key"


def private_key(home: Path) -> str:
    """The key of this home, made when it is first needed.

    Raises:
        StateError: the file is there and holds no key.
        MissingGroup: the group `packet` is not installed.
    """
    from gradatim.path.evidence.signed import new_key

    path = home / FILE_NAME
    if not path.exists():
        part = home / f"{FILE_NAME}.{os.getpid()}.part"
        fd = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(fd, "w") as file:
                file.write(new_key() + "\n")
                file.flush()
                os.fsync(file.fileno())
            # Of two processes that start at once, the first one's key stays.
            os.link(part, path)
        except FileExistsError:
            pass
        finally:
            part.unlink(missing_ok=True)
    key = path.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch(r"[0-9a-f]{64}", key):
        raise StateError(
            "the signing key cannot be read", where=str(path),
            why="it is not 64 hexadecimal digits; packets signed with the key before stay valid",
            next=f'restore it from a copy, or: mv "{path}" "{path}.old"  (a new one is made then)',
        )  # fmt: skip
    return key
