"""The ledger's entry of a performed task that was issued: written before its form can be seen, so it is spent then."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gradatim.app.app import App
    from gradatim.store import Attempt


class Issued(NamedTuple):
    """Which form of its task an attempt was: `number` of the `of` that the ledger says were issued so far."""

    number: int
    of: int

    def __str__(self) -> str:
        return f"form {self.number} of {self.of} issued"


def record_issue(app: App, a: Attempt) -> None:
    """Write that a form was drawn and issued. One whose seed was chosen is practice, and is not."""
    from gradatim.lab.exam.draw import commitment
    from gradatim.path.evidence.record import TASK_ISSUED

    app.store.append_entry(
        TASK_ISSUED,
        {
            "lab": a.lab_id,
            "attempt": a.id,
            "version": a.lab_version,
            "digest": a.lab_digest,
            "commitment": commitment(a.seed),
            "assistance": a.assistance,
        },
    )


def issued(app: App, task_id: str) -> dict[str, Issued]:
    """By attempt, which form of the task it was; an attempt from before this was recorded is not among them."""
    from gradatim.path.evidence.record import TASK_ISSUED

    found = [str(e.value("attempt")) for e in app.store.entries(TASK_ISSUED) if e.value("lab") == task_id]
    return {attempt: Issued(number, len(found)) for number, attempt in enumerate(found, 1)}
