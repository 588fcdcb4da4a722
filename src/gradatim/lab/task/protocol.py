"""What a task's `lab.py` provides: one object named `TASK` with these verbs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from gradatim.lab.task.bench import Bench
from gradatim.lab.task.outcome import Tally

Form = dict[str, Any]


class TaskCode(Protocol):
    """The drawn form of a task, and the trial of a submission."""

    def form(self, seed: int) -> Form:
        """What a seed draws: names, parameters, what is planted. Templates are filled in with it.

        `truth` in it, a list of words, names what is planted and must not occur in what the learner reads.
        """
        ...

    def bench(self, form: Form, files: Mapping[str, str]) -> Bench:
        """A bench for a submission: which files go in, which modules are answered by the judge."""
        ...

    def trial(
        self, form: Form, key: int, files: Mapping[str, str], bench: Bench, tally: Tally, draws: int
    ) -> None:
        """Try a submission on `draws` hidden draws keyed by `key`; what it misses goes into `tally`."""
        ...
