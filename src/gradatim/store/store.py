"""The store: everything that is kept between two runs of the program."""

from __future__ import annotations

from .actionlog import ActionLog
from .attempts import Attempts
from .exams import Exams
from .keepsakes import Keepsakes
from .ledger import Ledger
from .ownership import Ownership
from .profile import Profile
from .reports import Reports


class Store(Attempts, ActionLog, Exams, Keepsakes, Ledger, Profile, Reports, Ownership):
    """Attempts, their actions and notes, results of references, settings, the ledger of
    evidence, exams, answers, kept plans and reports; export and deletion.

    `Store(home)` opens or makes the database in the home folder. All methods may be called from any
    thread, and several processes may use one home at once.
    """
