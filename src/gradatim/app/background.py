"""Processes that compute while the learner works: what the learner asks for goes before what they do."""

from __future__ import annotations

import os

NICENESS = 19
"""The lowest priority that Linux and macOS share: a page that needs a core has it at once."""


def yield_to_the_learner() -> None:
    """Give this process, and every one that it starts, the lowest ordinary priority.

    Not the idle class of Linux: on a machine that is never idle, nothing would ever be finished.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
