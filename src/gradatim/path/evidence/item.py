"""One item of evidence: what was done, by whom, when, what it shows, and how far that was checked."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gradatim.core.errors import InputError

from .text import visible

Kind = Literal["lab", "work", "review", "attestation", "decision", "teaching"]
Assistance = Literal["none", "AI", "pair"]
Grade = Literal["self-reported", "self-run", "issued", "re-judged"]
KINDS: tuple[str, ...] = get_args(Kind)
ASSISTANCE: tuple[str, ...] = get_args(Assistance)
GRADES: tuple[str, ...] = get_args(Grade)

DIGEST = r"^(blake2b-256|sha256):[0-9a-f]{64}$"
# A day is a calendar day where the person is; somewhere it is tomorrow already.
_AHEAD = datetime.timedelta(days=1)
_ROUNDING = 1e-9


def _clean(text: str) -> str:
    return visible(text.replace("\r\n", "\n").strip())


def _clean_line(text: str) -> str:
    return visible(" ".join(text.split()), lines=False)


def as_kept(name: str, text: str) -> str:
    """A title or a text as an item keeps it: what is hidden in it shown, spaces tidied."""
    return _clean_line(text) if name == "title" else _clean(text)


Line = Annotated[str, AfterValidator(_clean_line)]
Prose = Annotated[str, Field(max_length=4000), AfterValidator(_clean)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Metric(_Strict):
    """A figure before and after, with its unit."""

    name: Line = Field(min_length=1, max_length=120)
    unit: Line = Field(max_length=40, default="")
    baseline: float = Field(allow_inf_nan=False)
    after: float = Field(allow_inf_nan=False)


class CoAuthor(_Strict):
    """Somebody else who did part of it."""

    name: Line = Field(min_length=1, max_length=120)
    share: float = Field(gt=0, le=1)


class Link(_Strict):
    """Which statement of the rubric it shows, and the level it is claimed to show."""

    dimension: Line = Field(min_length=1, max_length=40)
    level: int = Field(ge=1, le=5)
    skill: Line | None = Field(default=None, max_length=80)


class Artefact(_Strict):
    """A file that is not in the ledger, by name, size and digest."""

    name: Line = Field(min_length=1, max_length=400)
    digest: str = Field(pattern=DIGEST)
    bytes: int = Field(ge=0)


class Item(_Strict):
    """One item. Dates are calendar days; shares are parts of one; `project` names what it belongs to.

    Attributes:
        source: where it was captured: `{"type": "form" | "file" | "git" | "report" | "attempt" | "exam" |
            "task" | "badge" | "import", …}`, with what a verifier needs to recompute it.
        replaces: number of the entry that this one corrects.
        sample: True for constructed examples; every face marks it.
    """

    kind: Kind
    title: Line = Field(min_length=3, max_length=160)
    context: Prose = ""
    action: Prose = ""
    result: Prose = ""
    metric: Metric | None = None
    own_share: float | None = Field(default=None, gt=0, le=1)
    co_authors: tuple[CoAuthor, ...] = Field(default=(), max_length=40)
    started: datetime.date
    ended: datetime.date
    project: Line = Field(default="", max_length=120)
    links: tuple[Link, ...] = Field(default=(), max_length=40)
    artefacts: tuple[Artefact, ...] = Field(default=(), max_length=200)
    assistance: Assistance = "none"
    grade: Grade = "self-reported"
    source: dict[str, Any] = Field(default_factory=lambda: {"type": "form"})
    replaces: int | None = Field(default=None, ge=1)
    sample: bool = False

    def missing(self) -> list[str]:
        """What an outsider would ask for first."""
        wanted = {
            "context": self.context,
            "action": self.action,
            "result": self.result,
            "project": self.project,
        }
        found = [name for name, text in wanted.items() if not text]
        if self.own_share is None:
            found.append("own share")
        if not self.links:
            found.append("a rubric statement it shows")
        return found


def parse_item(
    raw: Mapping[str, Any],
    *,
    today: datetime.date,
    dimensions: Collection[str] | None = None,
    skills: Collection[str] | None = None,
) -> Item:
    """An item from outside data.

    Args:
        today: nothing may have ended later: evidence is of what is done, not of what is promised.
        dimensions: ids the rubric knows; None leaves them unchecked.
        skills: ids the path knows; None leaves them unchecked.

    Raises:
        InputError: lists every problem.
    """
    problems: list[str] = []
    item = None
    try:
        item = Item.model_validate(dict(raw))
    except ValidationError as error:
        problems += [_sentence(e) for e in error.errors(include_url=False, include_context=False)]
    # Over the raw values, so that one malformed field does not hide what is wrong with the others.
    problems += [*_shares(raw), *_days(raw, today), *_links(raw, dimensions, skills)]
    if problems or item is None:
        raise InputError(
            "this evidence cannot be recorded",
            list(dict.fromkeys(problems)),
            next="gradatim evidence add --help",
        )
    return item


def _shares(raw: Mapping[str, Any]) -> list[str]:
    """The rule on shares, also when something else is malformed."""
    try:
        others = [(str(a["name"]).strip().casefold(), float(a["share"])) for a in raw.get("co_authors") or ()]
        own = float(raw.get("own_share") or 0)
    except (KeyError, TypeError, ValueError, AttributeError):
        return []  # said above, by its place
    total = own + sum(share for _, share in others)
    found = []
    if total > 1 + _ROUNDING:
        found.append(f"own_share: with the co-authors' shares it adds up to {total:g}, more than one")
    names = [name for name, _ in others]
    found += [
        f"co_authors: {name} is named twice" for name in sorted({n for n in names if names.count(n) > 1})
    ]
    return found


def _days(raw: Mapping[str, Any], today: datetime.date) -> list[str]:
    days = {}
    for name in ("started", "ended"):
        try:
            days[name] = datetime.date.fromisoformat(str(raw.get(name)))
        except ValueError:
            continue  # said above, by its place
    found = []
    if len(days) == 2 and days["started"] > days["ended"]:
        found.append(f"ended: {days['ended']} is before the start, {days['started']}")
    if "ended" in days and days["ended"] > today + _AHEAD:
        found.append(f"ended: {days['ended']} has not come yet; record it once it is done")
    return found


def _links(
    raw: Mapping[str, Any], dimensions: Collection[str] | None, skills: Collection[str] | None
) -> list[str]:
    links = raw.get("links") or ()
    named = (
        [x.get("dimension") for x in links if isinstance(x, Mapping)]
        if isinstance(links, list | tuple)
        else []
    )
    found = []
    for name in dict.fromkeys(n for n in named if isinstance(n, str)):
        if dimensions is not None and name not in dimensions:
            found.append(f"links: no dimension {_clean_line(name)[:40]}; there are {', '.join(dimensions)}")
        if named.count(name) > 1:
            found.append(f"links: {_clean_line(name)[:40]} is named more than once")
    for x in links if named else ():
        skill = x.get("skill") if isinstance(x, Mapping) else None
        if skills is not None and skill is not None and skill not in skills:
            found.append(f"links: no skill {_clean_line(str(skill))[:80]}")
    return found


def _sentence(error: Any) -> str:
    where = ".".join(str(part) for part in error["loc"])
    return f"{where}: {error['msg'][:1].lower()}{error['msg'][1:]}"
