"""A path as data: modules, skills, what two levels of engineers are seen to do, and the labs there are.

A pack is a folder with a `path.toml` and, below it, one folder a lab with a `lab.toml`
(`<pack>/<module>/<lab>/lab.toml`). The catalogue reads both; it knows nothing about attempts or states.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gradatim.core.errors import InputError, UnknownName
from gradatim.path.pack import SLUG, ForecastFacts, Prerequisite, Reading, WorkCommand

PATH_FILE = "path.toml"
LAB_FILE = "lab.toml"


class Skill(BaseModel):
    """One skill: a sentence that says what it is, and how two levels of engineers are seen to do it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=SLUG)
    title: str = Field(min_length=3)
    short: str = Field(min_length=3, max_length=32)
    statement: str = Field(min_length=20)
    mid: str = Field(min_length=20)
    senior: str = Field(min_length=20)
    after: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    work: WorkCommand | None = None
    reading: tuple[Reading, ...] = ()


class Module(BaseModel):
    """A module: its skills, and its length in focused weeks at the learner's weekly hours."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=SLUG)
    number: int = Field(ge=1)
    title: str = Field(min_length=3)
    short: str = Field(min_length=3, max_length=32)
    weeks: tuple[int, int]
    ongoing: bool = False
    origin: Literal["source", "derived"] = "source"
    skills: tuple[Skill, ...] = Field(min_length=1)


class LabEntry(BaseModel):
    """What the path needs to know of a lab; `gradatim.lab` reads the rest of `lab.toml`."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str = Field(pattern=SLUG)
    title: str
    module: str
    skills: tuple[str, ...] = Field(min_length=1)
    minutes: int = Field(ge=1)
    folder: Path


class Catalogue(BaseModel):
    """A whole path with the labs found beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern=SLUG)
    title: str
    months: tuple[int, int]
    difficulty: str
    needs: str = ""
    forecast: ForecastFacts = ForecastFacts()
    prerequisites: tuple[Prerequisite, ...] = ()
    from_first_month: tuple[str, ...] = ()
    modules: tuple[Module, ...] = Field(min_length=1)
    labs: tuple[LabEntry, ...] = ()

    def skills(self) -> Iterator[Skill]:
        """Every skill, in the order of the path."""
        for module in self.modules:
            yield from module.skills

    def skill(self, skill_id: str) -> Skill:
        """The skill with this id.

        Raises:
            UnknownName: there is none.
        """
        found = {skill.id: skill for skill in self.skills()}
        if skill_id not in found:
            raise UnknownName("skill", skill_id, found, next="gradatim path")
        return found[skill_id]

    def module_of(self, skill_id: str) -> Module:
        """The module that a skill belongs to.

        Raises:
            UnknownName: there is no such skill.
        """
        self.skill(skill_id)
        return next(m for m in self.modules if any(s.id == skill_id for s in m.skills))

    def module(self, module_id: str) -> Module:
        """The module with this id.

        Raises:
            UnknownName: there is none.
        """
        found = {module.id: module for module in self.modules}
        if module_id not in found:
            raise UnknownName("module", module_id, found, next="gradatim path")
        return found[module_id]

    def prerequisite(self, prerequisite_id: str) -> Prerequisite:
        """The prerequisite with this id.

        Raises:
            UnknownName: there is none.
        """
        found = {one.id: one for one in self.prerequisites}
        if prerequisite_id not in found:
            raise UnknownName("prerequisite", prerequisite_id, found, next="gradatim plan prerequisites")
        return found[prerequisite_id]

    def labs_of(self, skill_id: str) -> tuple[LabEntry, ...]:
        """The labs that practise a skill; empty means "no lab yet"."""
        return tuple(lab for lab in self.labs if skill_id in lab.skills)

    def order(self) -> list[str]:
        """Skill ids such that every prerequisite comes first, otherwise in the order of the path."""
        done: list[str] = []
        waiting = list(self.skills())
        while waiting:
            ready = next(skill for skill in waiting if set(skill.after) <= set(done))
            done.append(ready.id)
            waiting.remove(ready)
        return done

    def as_dict(self) -> dict[str, Any]:
        """Plain data for the faces: modules with their skills, and with each skill its labs."""
        made = self.model_dump(mode="json", exclude={"labs"})
        for module in made["modules"]:
            for skill in module["skills"]:
                skill["labs"] = [
                    {"id": lab.id, "title": lab.title, "minutes": lab.minutes}
                    for lab in self.labs_of(skill["id"])
                ]
        return made


def load(folder: Path) -> Catalogue:
    """Read and check the pack in `folder`.

    Raises:
        InputError: a file is missing or malformed, or ids do not fit together; every problem at once.
    """
    path = folder / PATH_FILE
    problems: list[str] = []
    data = _toml(path, problems)
    labs: list[dict[str, Any]] = []
    for file in sorted(folder.glob(f"*/*/{LAB_FILE}")):
        lab = _toml(file, problems)
        # A performed task belongs to a prerequisite, not to a skill.
        if lab is not None and lab.get("kind") != "task":
            labs.append({**lab, "folder": file.parent})
    if data is None or problems:
        raise _refused(path, problems)
    try:
        catalogue = Catalogue.model_validate({**data, "labs": labs})
    except ValidationError as error:
        raise _refused(path, [f"{_place(e['loc'])}: {e['msg']}" for e in error.errors()]) from None
    problems = lint(catalogue)
    if problems:
        raise _refused(path, problems)
    return catalogue


def lint(catalogue: Catalogue) -> list[str]:
    """What does not fit together: duplicate ids, unknown references, cycles, weeks in the wrong order."""
    skills = list(catalogue.skills())
    known = {skill.id for skill in skills}
    modules = {module.id for module in catalogue.modules}
    problems = [
        *_duplicates("module id", (m.id for m in catalogue.modules)),
        *_duplicates("module number", (str(m.number) for m in catalogue.modules)),
        *_duplicates("skill id", (s.id for s in skills)),
        *_duplicates("skill name", (s.short for s in skills)),
        *_duplicates("lab id", (lab.id for lab in catalogue.labs)),
        *_duplicates("prerequisite id", (one.id for one in catalogue.prerequisites)),
    ]
    for name, (low, high) in [
        ("months", catalogue.months),
        *((f"weeks of {m.id}", m.weeks) for m in catalogue.modules),
    ]:
        if not 1 <= low <= high:
            problems.append(f"{name}: {low} to {high} is not a range")
    problems += [
        f"skill {s.id}: comes after {other}, which is not there"
        for s in skills
        for other in s.after
        if other not in known
    ]
    for lab in catalogue.labs:
        if lab.module not in modules:
            problems.append(f"lab {lab.id}: module {lab.module} is not there")
        problems += [
            f"lab {lab.id}: skill {skill} is not there" for skill in lab.skills if skill not in known
        ]
    problems += [
        f"skills wait for each other: {' -> '.join(cycle)}"
        for cycle in cycles({s.id: s.after for s in skills})
    ]
    return problems


def _duplicates(what: str, values: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    twice: dict[str, None] = {}
    for value in values:
        if value in seen:
            twice[value] = None
        seen.add(value)
    return [f"{what} {value}: used more than once" for value in twice]


def cycles(after: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Each cycle once, from where the walk first meets it; `after` names what each skill waits for."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(skill: str, trail: list[str]) -> None:
        if skill in trail:
            found.append([*trail[trail.index(skill) :], skill])
            return
        if skill in done or skill not in after:
            return
        for other in after[skill]:
            walk(other, [*trail, skill])
        done.add(skill)

    for skill in after:
        walk(skill, [])
    return found


def _toml(file: Path, problems: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        problems.append(f"{file.name}: {error.strerror}")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problems.append(f"{file.parent.name}/{file.name}: {error}")
    return None


def _place(where: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in where) or "path"


def _refused(path: Path, problems: list[str]) -> InputError:
    return InputError(
        "the path cannot be read", problems, where=str(path), next="mend the file, then run: gradatim path"
    )
