"""Attempts as lists and heads of pages show them."""

from __future__ import annotations

from typing import Any


def is_open(attempt: dict[str, Any]) -> bool:
    """True while the attempt can still be played."""
    return not attempt.get("finished_at") and attempt.get("status") in ("open", "running", "paused")


def newest_open(attempts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The open attempt that was started last, or None."""
    return max((a for a in attempts if is_open(a)), key=lambda a: str(a["started_at"]), default=None)


def listed(attempts: list[dict[str, Any]], titles: dict[str, str]) -> list[dict[str, Any]]:
    """Rows for the tables of attempts, newest first, numbered within their lab."""
    numbers: dict[str, int] = {}
    rows = []
    for attempt in sorted(attempts, key=lambda a: str(a["started_at"])):
        lab = attempt["lab_id"]
        numbers[lab] = numbers.get(lab, 0) + 1
        rows.append(
            {
                **attempt,
                "number": attempt.get("number") or numbers[lab],
                "lab_title": attempt.get("lab_title") or titles.get(lab, lab),
                "open": is_open(attempt),
            }
        )
    return rows[::-1]
