"""The command line face: click with lazy commands. `main` is the entry point of `gradatim`.

Nothing here imports numba, numpy or rich before a command needs it; a test holds it to that.
"""

from __future__ import annotations

from gradatim.cli.entry import main

__all__ = ["main"]
