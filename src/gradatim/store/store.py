"""The store: everything that is kept between two runs of the program."""

from __future__ import annotations

from .actionlog import ActionLog
from .attempts import Attempts
from .keepsakes import Keepsakes
from .ownership import Ownership


class Store(Attempts, ActionLog, Keepsakes, Ownership):
    """Attempts, their actions and notes, results of references, settings; export and deletion.

    `Store(home)` opens or makes the database in the home folder. All methods may be called from any
    thread, and several processes may use one home at once.
    """
