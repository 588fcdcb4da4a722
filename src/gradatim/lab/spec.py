"""`lab.toml`: what a lab says about itself, validated with all problems at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gradatim.core.errors import InputError

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,60}$")]
ReferenceKind = Literal[
    "senior", "second", "mid", "skill_free", "computed", "gaming", "careless", "late", "ablation"
]


class Reference(BaseModel):
    """One player that ships with the lab.

    Either a policy `file`, or a change of another reference's log: `base` with `delay_s`, `drop` or `insert`.
    `isolated` players always run in the policy process, even at home.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    kind: ReferenceKind
    text: str = Field(min_length=8, description="What it does, in one line.")
    file: str | None = None
    base: str | None = None
    delay_s: float = Field(0.0, ge=0)
    drop: tuple[str, ...] = ()
    insert: tuple[dict[str, object], ...] = ()
    isolated: bool = False

    @model_validator(mode="after")
    def _one_source(self) -> Reference:
        if (self.file is None) == (self.base is None):
            raise ValueError(f"reference {self.name} needs either file or base")
        if self.base and not (self.delay_s or self.drop or self.insert):
            raise ValueError(f"reference {self.name} changes nothing of {self.base}")
        return self


class Hint(BaseModel):
    """One hint and what it costs. A lab with shifts of days may say something else there, for the same price."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Slug
    title: str = Field(min_length=3)
    text: str = Field(min_length=20)
    long_title: str | None = Field(None, min_length=3)
    long_text: str | None = Field(None, min_length=20)
    cost_usd: float = Field(ge=0)

    def on(self, *, days: bool) -> tuple[str, str]:
        """Title and text on a shift of hours or of days."""
        if days:
            return self.long_title or self.title, self.long_text or self.text
        return self.title, self.text


class LabSpec(BaseModel):
    """The metadata of a lab."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: str = Field(min_length=3, max_length=80)
    summary: str = Field(min_length=20, max_length=400)
    module: Slug
    skills: tuple[Slug, ...] = Field(min_length=1)
    kind: Literal["live", "artefact", "task"]
    minutes: int = Field(ge=5, le=240)
    pass_mark: float = Field(gt=0, lt=1)
    usual_stakes_usd: float = Field(gt=0)
    start_s: float = Field(0.0, ge=0)
    horizon_s: float = Field(gt=0)
    long_start_s: float | None = Field(None, ge=0)
    long_horizon_s: float | None = Field(None, gt=0)
    families: tuple[Slug, ...] = Field(min_length=1)
    family_titles: dict[str, str] = Field(default_factory=dict)
    quiet: Slug
    graded: dict[str, str] = Field(min_length=1, description="Cause -> how the learner is told about it.")
    not_measured: tuple[str, ...] = Field(min_length=1)
    provenance: str = Field(min_length=10)
    reference: tuple[Reference, ...] = Field(min_length=1)

    def shift_of(self, t_s: float) -> tuple[float, float]:
        """(start, end) in seconds of the shift that an attempt's clock stands in, told by the clock alone."""
        if t_s > self.horizon_s and self.long_start_s is not None and self.long_horizon_s is not None:
            return self.long_start_s, self.long_horizon_s
        return self.start_s, self.horizon_s

    @model_validator(mode="after")
    def _whole(self) -> LabSpec:
        names = [r.name for r in self.reference]
        problems = [f"reference {n} appears twice" for n in sorted({n for n in names if names.count(n) > 1})]
        problems += [
            f"reference {r.name}: no base named {r.base}"
            for r in self.reference
            if r.base and r.base not in names
        ]
        kinds = [r.kind for r in self.reference]
        for kind, least in (
            ("senior", 1),
            ("second", 1),
            ("mid", 1),
            ("skill_free", 2),
            ("gaming", 2),
            ("careless", 1),
            ("late", 1),
        ):
            if kinds.count(kind) < least:  # type: ignore[arg-type]
                problems.append(f"needs at least {least} reference(s) of kind {kind}")
        if not any(r.name == "idle" and r.kind == "skill_free" for r in self.reference):
            problems.append('needs a skill_free reference named "idle": what doing nothing costs')
        if self.start_s >= self.horizon_s:
            problems.append("start_s is not before horizon_s")
        if (self.long_start_s is None) != (self.long_horizon_s is None):
            problems.append("long_start_s and long_horizon_s come together")
        elif self.long_start_s is not None and not self.horizon_s < self.long_start_s < (
            self.long_horizon_s or 0
        ):
            problems.append("the long shift must begin after horizon_s and before long_horizon_s")
        if problems:
            raise ValueError("; ".join(problems))
        return self


def load_spec(folder: Path) -> LabSpec:
    """Read and validate `lab.toml` of a lab folder.

    Raises:
        InputError: not there, not TOML, or not a lab; every problem listed.
    """
    path = folder / "lab.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(
            "not a lab folder: lab.toml is missing", where=str(folder), next="gradatim lab new ID"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise InputError("lab.toml cannot be read", [str(e)], where=str(path)) from None
    try:
        return LabSpec.model_validate(data)
    except ValidationError as e:
        problems = [
            f"{'.'.join(map(str, p['loc'])) or 'lab'}: {p['msg']}" for p in e.errors(include_url=False)
        ]
        raise InputError("lab.toml is not valid", problems, where=str(path)) from None


def load_hints(folder: Path) -> tuple[Hint, ...]:
    """The hints of a lab, in order."""
    path = folder / "hints.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return tuple(Hint.model_validate(h) for h in data.get("hint", []))
    except FileNotFoundError:
        return ()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, ValidationError) as e:
        raise InputError("hints.toml cannot be read", [str(e)], where=str(path)) from None
