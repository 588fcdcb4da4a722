"""Several things tried, and what is wrong with any of them said at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from gradatim.core.errors import GradatimError, InputError

T = TypeVar("T")


class Gathered(InputError):
    """What several things failed with; its sentences say themselves what they belong to."""


class Gather:
    """Try one thing after another; `end` raises what failed.

    Args:
        what: how the error begins where more than one thing failed.
        next: the command that shows what is possible.
    """

    def __init__(self, what: str, *, next: str = "") -> None:
        self.what, self.next = what, next
        self.failed: list[GradatimError] = []

    def attempt(self, read: Callable[[], T]) -> T | None:
        """What `read` gives; None where it failed, which is remembered."""
        try:
            return read()
        except GradatimError as error:
            self.failed.append(error)
            return None

    def end(self) -> None:
        """Raise what failed.

        Raises:
            GradatimError: the one failure as it was, or `Gathered` with every sentence of all of them.
        """
        if not self.failed:
            return
        if len(self.failed) == 1:
            alone = self.failed[0]
            alone.next = alone.next or self.next
            raise alone
        problems = dict.fromkeys(line for error in self.failed for line in self._lines(error))
        raise Gathered(self.what, problems, next=self.next)

    def _lines(self, error: GradatimError) -> list[str]:
        """One sentence for each problem, with what it belongs to where that is not the whole command."""
        told = list(getattr(error, "problems", []))
        if (
            error.what == self.what
            or isinstance(error, Gathered)
            or all(line.startswith("--") for line in told)
        ):
            return told or [f"{error.what}: {error.why}" if error.why else error.what]
        return [f"{error.what}: {problem}" for problem in told] or [
            f"{error.what}: {error.why}" if error.why else error.what
        ]
