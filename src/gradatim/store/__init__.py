"""Persistence: one SQLite database under the home folder, and the lock of the one web server.

The names that need SQLAlchemy are loaded on first use, so that finding the home folder or a running
server costs no import of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .home import home_folder
from .rows import Action, Attempt, NewAttempt, Reference
from .server import ServerInfo, ServerLock, running_server

if TYPE_CHECKING:
    from .store import Store

__all__ = [
    "Action",
    "Attempt",
    "NewAttempt",
    "Reference",
    "ServerInfo",
    "ServerLock",
    "Store",
    "home_folder",
    "running_server",
]


def __getattr__(name: str) -> Any:
    if name == "Store":
        from .store import Store

        return Store
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
