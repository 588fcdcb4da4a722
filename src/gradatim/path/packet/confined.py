"""Whether somebody else's code may be run on this machine to check it: only where files and network are closed to it.

A packet is a stranger's file, and the tasks and policies in it are programs. See `docs/design/learner-code.md`.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

NOT_RUN = (
    "not run here: this machine does not close files and network to it; --run-unconfined runs it all the same"
)


def closes(isolation: Collection[str]) -> bool:
    """Whether measures of the sandbox, as it names them, close both the files of the user and the network."""
    files = any(m == "root folder of its own" or m.startswith("landlock ") for m in isolation)
    # Landlock closes TCP only, so it does not stand for the network.
    network = any(m == "network namespace" or m.startswith("seccomp:") for m in isolation)
    return files and network


@cache
def confined_here() -> bool:
    """Whether the sandbox closes both on this machine; tried once with an empty policy, about 0.3 s."""
    from gradatim.lab.sandbox import isolation_here

    return closes(isolation_here())
