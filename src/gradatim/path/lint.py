"""Whether a pack is whole: `gradatim path lint`.

`catalogue.load` refuses what cannot be worked with; this asks more of an author, and reports everything
at once, whatever else is broken: each check runs on what is left readable.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError

from gradatim.path import catalogue, rubric
from gradatim.path.catalogue import LAB_FILE, PATH_FILE, Catalogue


class Report(NamedTuple):
    """What was looked at and what is wrong with it; a sound pack has no problems."""

    modules: int
    skills: int
    dimensions: int
    labs: int
    problems: list[str]


def lint(folder: Path) -> Report:
    """Check the pack in `folder`: every problem, each with its place."""
    path, problems = rubric.read_toml(folder / PATH_FILE)
    judged, more = rubric.read_toml(folder / rubric.RUBRIC_FILE)
    problems = problems + more
    labs: list[dict[str, Any]] = []
    for file in sorted(folder.glob(f"*/*/{LAB_FILE}")):
        lab, more = rubric.read_toml(file)
        problems += [f"{file.parent.name}/{problem}" for problem in more]
        # A performed task belongs to a prerequisite, not to a skill.
        if lab is not None and lab.get("kind") != "task":
            labs.append({**lab, "folder": file.parent})
    problems += [f"path.toml: {p}" for p in _path(path, labs)] if path is not None else []
    problems += [f"rubric.toml: {p}" for p in _rubric(judged)] if judged is not None else []
    if path is not None and judged is not None:
        problems += _across(path, judged)
    return Report(
        len(_list(path, "modules")),
        len(list(_skills(path))),
        len(_list(judged, "dimensions")),
        len(labs),
        list(dict.fromkeys(problems)),
    )


def schema_of(name: str) -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of `path.toml` or `rubric.toml`: the form alone, the linter asks more.

    Args:
        name: `path` or `rubric`.
    """
    if name == "rubric":
        return rubric.Rubric.model_json_schema()
    # Labs are read from their folders, not from the file.
    made = Catalogue.model_json_schema()
    made["properties"].pop("labs", None)
    made["required"] = [one for one in made.get("required", ()) if one != "labs"]
    return made


def _path(data: Mapping[str, Any], labs: list[dict[str, Any]]) -> Iterator[str]:
    """Form, then what fits together, then what an author still owes."""
    try:
        whole = Catalogue.model_validate({**data, "labs": labs})
    except ValidationError as error:
        yield from rubric.told(error, {**data, "labs": labs})
        yield from _loose(data)
    else:
        yield from catalogue.lint(whole)
    for skill in _skills(data):
        name = f"skill {skill.get('id', '?')}"
        if skill.get("senior") and not skill.get("mid"):
            yield f"{name}: a senior statement without its mid counterpart"
        if skill.get("mid") and skill.get("mid") == skill.get("senior"):
            yield f"{name}: mid and senior say the same"
        for key, what in (
            ("reading", "no reading"),
            ("work", "no work command"),
            ("dimensions", "feeds no dimension of the rubric"),
        ):
            if not skill.get(key):
                yield f"{name}: {what}"


def _loose(data: Mapping[str, Any]) -> Iterator[str]:
    """Identities and order of skills, on data whose form is wrong somewhere else."""
    skills = [skill for skill in _skills(data) if isinstance(skill.get("id"), str)]
    ids = [skill["id"] for skill in skills]
    yield from (f"skill id {one}: used more than once" for one in dict.fromkeys(ids) if ids.count(one) > 1)
    modules = [module.get("id") for module in _list(data, "modules")]
    yield from (
        f"module id {one}: used more than once"
        for one in dict.fromkeys(modules)
        if one is not None and modules.count(one) > 1
    )
    after: dict[str, list[str]] = {}
    for skill in skills:
        named = skill.get("after", [])
        after[skill["id"]] = [a for a in named if isinstance(a, str)] if isinstance(named, list) else []
    for skill_id, named in after.items():
        yield from (
            f"skill {skill_id}: comes after {one}, which is not there" for one in named if one not in after
        )
    yield from (f"skills wait for each other: {' -> '.join(c)}" for c in catalogue.cycles(after))


def _rubric(data: Mapping[str, Any]) -> Iterator[str]:
    _, problems = rubric.parse(data)
    yield from problems
    for one in _list(data, "dimensions"):
        levels = {level.get("level"): level for level in _list(one, "levels")}
        name = one.get("id", "?")
        if levels.get(rubric.SENIOR, {}).get("statement") and not levels.get(rubric.MID, {}).get("statement"):
            yield f"{name}: a senior statement without its mid counterpart"
        texts = [str(level.get("statement")) for level in levels.values()]
        if len(set(texts)) < len(texts):
            yield f"{name}: two levels have the same statement"


def _across(path: Mapping[str, Any], judged: Mapping[str, Any]) -> Iterator[str]:
    """The path against the rubric: every dimension named is there, and every dimension is fed."""
    there = [one.get("id") for one in _list(judged, "dimensions")]
    fed: set[str] = set()
    for skill in _skills(path):
        named = skill.get("dimensions", [])
        for one in named if isinstance(named, list) else []:
            fed.add(str(one))
            if one not in there:
                yield f"path.toml: skill {skill.get('id', '?')}: dimension {one} is not in the rubric"
    early = path.get("from_first_month", [])
    yield from (
        f"path.toml: from_first_month: dimension {one} is not in the rubric"
        for one in (early if isinstance(early, list) else [])
        if one not in there
    )
    yield from (f"rubric.toml: {one}: no skill of the path feeds it" for one in there if one not in fed)


def _skills(path: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    for module in _list(path, "modules"):
        yield from _list(module, "skills")


def _list(data: Any, key: str) -> list[Mapping[str, Any]]:
    """The tables under `key`; what is not a table is named by the form check."""
    found = data.get(key, []) if isinstance(data, Mapping) else []
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
