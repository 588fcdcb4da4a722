"""What an item says of its log in gradatim's own words: made from its source when it is recorded and when read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gradatim.core.errors import GradatimError

from .item import as_kept

WORDING = 1
"""The form of these words. A source that names it promises that its item says exactly them; an older one does not."""
FIXED = {
    "attempt": ("title", "result"), "task": ("title", "result"), "exam": ("title", "result"),
    "badge": ("title", "context"),
}  # fmt: skip
"""By type of source, the fields that are made from it."""


def promised(source: Any) -> bool:
    """Whether an item with this source says that its fixed fields are made from it."""
    return isinstance(source, Mapping) and source.get("type") in FIXED and source.get("wording") == WORDING


def fixed_fields(source: Any) -> tuple[str, ...]:
    """The fields that an owner cannot word: those that are made from what the item was taken from."""
    return FIXED[source["type"]] if promised(source) else ()


def wording(source: Mapping[str, Any]) -> dict[str, str] | None:
    """The fixed fields of an item as its source makes them; None where it cannot, or its lab is not here.

    Raises:
        KeyError, TypeError, ValueError: the source is malformed.
    """
    kind = source.get("type")
    if kind == "badge":
        made = _badge(source)
    elif kind in FIXED:
        title = _title(str(kind), str(source["lab"]))
        made = None if title is None else _SAID[str(kind)](source, title)
    else:
        made = None
    return None if made is None else {name: as_kept(name, text) for name, text in made.items()}


def measured(source: Any) -> str | None:
    """What was measured or reported where an item's own title and result may be its owner's words."""
    if not isinstance(source, Mapping):
        return None
    if source.get("type") == "git" and isinstance(source.get("commits"), int):
        return as_kept("result", f"The commits: {counted(source['commits'], source.get('files'))}.")
    said = source.get("said")
    if source.get("type") == "report" and isinstance(said, Mapping) and isinstance(said.get("title"), str):
        return as_kept("result", f"Its report's line, which only the report can show: {said['title']}")
    return None


def counted(commits: Any, files: Any) -> str:
    """A range of commits as a title."""
    return f"{commits} commits, {files} files"


def attempt_words(source: Mapping[str, Any], title: str) -> dict[str, str]:
    """Title and result of one attempt."""
    return {
        "title": f"{title}, attempt {source['attempt']}",
        "result": f"Loss ${source['loss_micro'] / 1e6:,.2f} in that instance.",
    }


def task_words(source: Mapping[str, Any], title: str) -> dict[str, str]:
    """Title and result of a performed task."""
    outcome = source["outcome"]
    counted = {"pass": "passed", "fail": "not passed"}.get(outcome["status"], "near to a solution that ships")
    return {
        "title": f"Performed task: {title}, {counted}",
        "result": f"Skill {outcome['skill']:.2f}, {outcome['pass_mark']:.2f} passes; 0 is the starter unchanged.",
    }


def exam_words(source: Mapping[str, Any], title: str) -> dict[str, str]:
    """Title and result of an exam."""
    skill = source["skill"]
    return {
        "title": f"Exam in {title}: skill {skill:.2f}",
        "result": f"Skill {skill:.2f} ({source['status']}); 0 is the best skill-free policy, 1 the senior.",
    }


_SAID = {"attempt": attempt_words, "task": task_words, "exam": exam_words}


def _title(kind: str, lab_id: str) -> str | None:
    """The title of a lab or a task that is installed; None for any other."""
    from gradatim.lab import catalogue
    from gradatim.lab.task.lab import task

    try:
        return task(lab_id).spec.title if kind == "task" else catalogue.lab(lab_id).spec.title
    except GradatimError:
        return None


def _badge(source: Mapping[str, Any]) -> dict[str, str] | None:
    from gradatim.path.badges import parts_of
    from gradatim.path.badges.credential import Credential
    from gradatim.path.badges.item import badge_words

    token = source.get("token")
    if not isinstance(token, str):
        return None
    _, claims, _ = parts_of(token)
    inner = claims.get("vc") if isinstance(claims.get("vc"), Mapping) else claims
    return badge_words(Credential.model_validate(inner), self_issued=source.get("self_issued") is True)
