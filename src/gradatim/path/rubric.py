"""The rubric as data: dimensions at five levels, the bar, the gates and the weights.

A pack is a folder with a `rubric.toml`; a team can overlay the bar and the weights with a file of its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError, model_validator

from gradatim.core.errors import InputError, UnknownName
from gradatim.path.pack import CONFIG, SLUG

RUBRIC_FILE = "rubric.toml"
LEVELS = ("below mid", "mid", "partly senior", "senior", "beyond")
MID, SENIOR = 2, 4
EvidenceKind = Literal["lab", "work", "review", "attestation", "decision", "teaching"]


class Level(BaseModel):
    """One level of one dimension: a sentence that an observer can say yes or no to, and how it shows."""

    model_config = CONFIG

    level: int = Field(ge=1, le=5)
    statement: str = Field(min_length=20)
    signals: tuple[Annotated[str, Field(min_length=3)], ...] = Field(min_length=1)
    example: str = Field(min_length=10)
    counter_signal: str = Field(min_length=10)
    evidence: tuple[EvidenceKind, ...] = Field(min_length=1)

    @property
    def word(self) -> str:
        """What the level is called."""
        return LEVELS[self.level - 1]


class Contrast(BaseModel):
    """A dimension on one line: mid, senior, what is not it yet, and the proof that counts."""

    model_config = CONFIG

    mid: str = Field(min_length=3)
    senior: str = Field(min_length=3)
    not_yet: str = Field(min_length=3)
    proof: str = Field(min_length=3)


class Dimension(BaseModel):
    """One dimension with its five levels."""

    model_config = CONFIG

    id: str = Field(pattern=r"^[A-Z][A-Z0-9]*$")
    title: str = Field(min_length=3)
    question: str = Field(min_length=10)
    contrast: Contrast
    levels: tuple[Level, ...]

    @model_validator(mode="after")
    def _five_levels(self) -> Dimension:
        if [one.level for one in self.levels] != [1, 2, 3, 4, 5]:
            raise ValueError("levels 1 to 5, each once and in order")
        return self

    def level(self, number: int) -> Level:
        """Level 1 to 5.

        Raises:
            InputError: another number.
        """
        if not 1 <= number <= len(self.levels):
            raise InputError(f"{self.id} has no level {number}", ["level: from 1 to 5"])
        return self.levels[number - 1]


class Bar(BaseModel):
    """What a verdict is measured against.

    Attributes:
        mean: The weighted mean of all dimensions, at least.
        at_four: How many of `of` dimensions are at level 4, at least.
        none_below: No dimension is below this level.
        independent_items: Independent evidence items behind each 4, at least.
        work_items: How many of these come from work, at least.
    """

    model_config = CONFIG

    mean: float = Field(ge=1, le=5)
    at_four: int = Field(ge=0)
    of: int = Field(ge=1)
    none_below: int = Field(ge=1, le=5)
    independent_items: int = Field(default=2, ge=1)
    work_items: int = Field(default=1, ge=0)


class Gate(BaseModel):
    """A condition on top of the bar that no average makes up for."""

    model_config = CONFIG

    id: str = Field(pattern=SLUG)
    title: str
    text: str = Field(min_length=10)
    quarters: int | None = Field(default=None, ge=1)
    projects: int | None = Field(default=None, ge=1)


class Rubric(BaseModel):
    """What committees look for: dimensions, bar, gates, weights."""

    model_config = CONFIG

    id: str = Field(pattern=SLUG)
    title: str
    bar: Bar
    weights: dict[str, float] = {}
    gates: tuple[Gate, ...] = ()
    dimensions: tuple[Dimension, ...] = Field(min_length=1)

    def dimension(self, dimension_id: str) -> Dimension:
        """The dimension with this id.

        Raises:
            UnknownName: there is none.
        """
        found = {one.id: one for one in self.dimensions}
        if dimension_id not in found:
            raise UnknownName("dimension", dimension_id, found, next="gradatim path rubric")
        return found[dimension_id]

    def weight(self, dimension_id: str) -> float:
        """The weight of a dimension in the mean; 1 where the pack does not say."""
        return self.weights.get(dimension_id, 1.0)


def load(folder: Path, overlay: Path | None = None) -> Rubric:
    """Read and check the rubric of the pack in `folder`.

    Args:
        folder: The pack.
        overlay: A team's own TOML file with `[bar]` and `[weights]`; what it names replaces the pack's.

    Raises:
        InputError: a file is missing or malformed, or its parts do not fit; every problem at once.
    """
    path = folder / RUBRIC_FILE
    data, problems = read_toml(path)
    ours, more = read_toml(overlay) if overlay is not None else ({}, [])
    problems += more
    problems += [
        f"{overlay}: {key} cannot be overlaid" for key in ours or {} if key not in ("bar", "weights")
    ]
    if data is None or ours is None or problems:
        raise _refused(path, problems)
    for key, values in ours.items():
        data[key] = {**data.get(key, {}), **values} if isinstance(values, Mapping) else values
    rubric, problems = parse(data)
    if rubric is None or problems:
        raise _refused(path, problems)
    return rubric


def parse(data: Mapping[str, Any]) -> tuple[Rubric | None, list[str]]:
    """A rubric from its data, and everything that is wrong with it."""
    try:
        rubric = Rubric.model_validate(data)
    except ValidationError as error:
        return None, told(error, data)
    return rubric, fits(rubric)


def fits(rubric: Rubric) -> list[str]:
    """What does not fit together in a rubric whose fields are all well formed."""
    ids = [one.id for one in rubric.dimensions]
    problems = [f"dimension {one}: used more than once" for one in dict.fromkeys(ids) if ids.count(one) > 1]
    problems += [f"weights: {one} is no dimension" for one in rubric.weights if one not in ids]
    problems += [f"weights: {one} is {w:g}, not above 0" for one, w in rubric.weights.items() if w <= 0]
    if rubric.bar.of != len(ids):
        problems.append(f"bar: of {rubric.bar.of}, but there are {len(ids)} dimensions")
    if rubric.bar.at_four > rubric.bar.of:
        problems.append(f"bar: {rubric.bar.at_four} at level 4 of {rubric.bar.of} cannot be reached")
    gates = [gate.id for gate in rubric.gates]
    problems += [f"gate {one}: used more than once" for one in dict.fromkeys(gates) if gates.count(one) > 1]
    for one in rubric.dimensions:
        problems += [
            f"{one.id} level {level.level}: needs evidence from work, a lab alone does not carry it"
            for level in one.levels
            if level.level >= SENIOR and "work" not in level.evidence
        ]
    return problems


def read_toml(file: Path) -> tuple[dict[str, Any] | None, list[str]]:
    """The data of a TOML file, or None and what is wrong with it."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8")), []
    except OSError as error:
        return None, [f"{file.name}: {error.strerror}"]
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return None, [f"{file.name}: {error}"]


def told(error: ValidationError, data: Any) -> list[str]:
    """What pydantic found, each with its place; a list is not called too short because its items failed."""
    found = error.errors()
    return [
        f"{place(e['loc'], data)}: {e['msg']}"
        for e in found
        if e["type"] != "too_short"
        or not any(len(o["loc"]) > len(e["loc"]) and o["loc"][: len(e["loc"])] == e["loc"] for o in found)
    ]


def place(where: tuple[int | str, ...], data: Any) -> str:
    """Where in a file: list items by their id where they have one, otherwise by their number."""
    words: list[str] = []
    for part in where:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            data = None
        named = data.get("id", data.get("level")) if isinstance(data, Mapping) else None
        words.append(str(named) if isinstance(part, int) and named is not None else str(part))
    return ".".join(words) or "file"


def _refused(path: Path, problems: list[str]) -> InputError:
    return InputError(
        "the rubric cannot be read", problems, where=str(path), next="mend the file, then: gradatim path lint"
    )
