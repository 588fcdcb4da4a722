"""What an item says beside its log (title, result, assistance, grade of proof), compared with where it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gradatim.core.chain import Entry
from gradatim.core.errors import GradatimError
from gradatim.path.evidence.item import GRADES
from gradatim.path.evidence.record import TASK_ISSUED, Record
from gradatim.path.evidence.wording import FIXED, measured, promised, wording

_LOGS = ("attempt", "exam", "task")
_FROM = {"attempt": "its log", "exam": "its logs", "task": "its files", "badge": "the badge"}


@dataclass
class Worded:
    """What does not match, and what a reader should know of whose words stand there."""

    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def check_words(record: Record, entries: Sequence[Entry], owner_key: str) -> Worded:
    """Compare the words of an item with its source, and its source with what the ledger was told at issue.

    Raises:
        KeyError, TypeError, ValueError: its source is malformed.
    """
    found = Worded()
    source = record.values.get("source") or {}
    issued = _issue(record, entries, found)
    _assistance(record, source, issued, found)
    _grade(record, source, issued, entries, owner_key, found)
    _text(record, source, found)
    return found


def nth(entry: Entry, entries: Sequence[Entry]) -> tuple[int, int] | None:
    """Which form of its task an entry of issue is, and of how many; None where some entries hide their task."""
    every = [e for e in entries if e.kind == TASK_ISSUED]
    if any(not isinstance(e.value("lab"), str) for e in every):
        return None
    same = [e.number for e in every if e.value("lab") == entry.value("lab")]
    return same.index(entry.number) + 1, len(same)


def issue_of(source: Mapping[str, Any], entries: Sequence[Entry]) -> Entry | None:
    """The ledger's entry that says an exam or a task was issued."""
    kind, name = {"exam": ("exam-issued", "exam"), "task": (TASK_ISSUED, "attempt")}.get(
        str(source.get("type")), ("", "")
    )
    return next((e for e in entries if e.kind == kind and e.value(name) == source.get(name)), None)


def _issue(record: Record, entries: Sequence[Entry], found: Worded) -> Entry | None:
    """The entry of issue, with what contradicts it: an exam's is compared where its draw is."""
    from gradatim.lab.exam.draw import commitment

    source = record.values.get("source") or {}
    issued = issue_of(source, entries)
    if source.get("type") != "task":
        return issued
    if issued is None:
        found.notes.append("its issue is not in the ledger: how many forms were tried before is not known")
        return None
    if issued.value("lab") != source["lab"] or issued.value("commitment") != commitment(int(source["seed"])):
        found.problems.append("its form is not the one that the ledger was told when it was issued")
    if issued.number >= record.entry.number:
        found.problems.append("it was recorded before it was issued")
    place = nth(issued, entries)
    if place is None:
        found.problems.append("the packet hides which tasks were issued")
    else:
        found.notes.append(f"form {place[0]} of {place[1]} issued")
    return issued


def _assistance(record: Record, source: Mapping[str, Any], issued: Entry | None, found: Worded) -> None:
    told, said = source.get("assistance"), record.values.get("assistance")
    at_issue = None if issued is None else issued.value("assistance")
    if source.get("type") in _LOGS and promised(source) and told is None:
        found.problems.append("what help was said to be used when it was begun is left out")
    if told is not None and at_issue is not None and told != at_issue:
        found.problems.append(f"its log says assistance {told}, the ledger was told {at_issue} at issue")
    before = at_issue if at_issue is not None else told
    if said is None:
        found.notes.append("whether help was used is withheld")
    elif before not in (None, "none") and said != before:
        found.problems.append(f"assistance is said to be {said}, and was {before} when it was begun")


def _grade(
    record: Record,
    source: Mapping[str, Any],
    issued: Entry | None,
    entries: Sequence[Entry],
    owner_key: str,
    found: Worded,
) -> None:
    """No item may carry a higher grade of proof than its source and the ledger give it."""
    said = record.values.get("grade")
    if said is None or said not in GRADES:
        return
    most = "self-reported"
    if source.get("type") == "attempt" and source.get("kind") == "exam":
        most = "self-run"
    elif source.get("type") == "exam":
        most = "issued" if _by_another(source, entries, owner_key) else "self-run"
    elif source.get("type") == "task" and issued is not None:
        most = "self-run"
    if GRADES.index(said) > GRADES.index(most):
        found.problems.append(f"its grade of proof is said to be {said}; what it carries gives {most}")


def _by_another(source: Mapping[str, Any], entries: Sequence[Entry], owner_key: str) -> bool:
    """Whether an exam carries somebody else's signed issue, and was handed in while that held."""
    from gradatim.lab.exam.issue import check, late

    try:
        issue = check(source["issue"])
    except (GradatimError, KeyError, TypeError, AttributeError):
        return False
    handed_in = next(
        (e for e in entries if e.kind == "exam-submitted" and e.value("exam") == source.get("exam")), None
    )
    mine = issue.get("public_key") == owner_key
    return not mine and handed_in is not None and not late(issue, handed_in.at)


def _text(record: Record, source: Mapping[str, Any], found: Worded) -> None:
    """Whose words the title and the result are; words that promise to be the log's must be."""
    v = record.values
    names = FIXED.get(str(source.get("type")))
    if names is None:
        said = measured(source)
        if said is not None:
            found.notes.append(f"title and result are its owner's words. {said}")
        elif "source" in record.withheld and v.get("kind") == "lab":
            found.notes.append("its source is withheld: title and result are its owner's words")
        return
    made = wording(source)
    if made is None:
        found.notes.append("its words cannot be compared here")
        return
    other = [n for n in names if v.get(n) is not None and v[n] != made[n]]
    other += [n for n in names if n not in record.entry.fields]
    told = "; ".join(f"{n}: {made[n][:200]}" for n in other)
    if other and promised(source):
        found.problems.append(f"it says otherwise than what it was taken from, which gives {told}")
    elif other:
        # Before such words were fixed an owner could name an item as they liked.
        found.notes.append(f"{' and '.join(other)} in its owner's words; what it was taken from gives {told}")


def shown_words(record: Record, entries: Sequence[Entry]) -> str:
    """Whose words an item's title and result are, for the page; `verify` compares what this promises."""
    source = record.values.get("source") or {}
    if promised(source):
        issued = issue_of(source, entries) if source["type"] == "task" else None
        place = nth(issued, entries) if issued is not None else None
        said = f"{' and '.join(FIXED[source['type']]).capitalize()} are made from {_FROM[source['type']]}"
        if source["type"] == "task":
            said += f"; form {place[0]} of {place[1]} issued" if place else "; its issue is not in the ledger"
        return f"{said}."
    if isinstance(source, Mapping) and source.get("type") in FIXED:
        return "Title and result are the owner's words; gradatim packet verify compares them with its log."
    said = measured(source) or ""
    return f"Title and result are the owner's words. {said}" if said else ""
