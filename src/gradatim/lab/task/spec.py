"""`lab.toml` of a lab of kind `task`, validated with all problems at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from gradatim.core.errors import InputError
from gradatim.lab.spec import Slug

Kind = Literal["senior", "second", "mid", "skill_free", "gaming", "careless", "ablation"]
_CONFIG = ConfigDict(extra="forbid", frozen=True)


class Graded(BaseModel):
    """One graded outcome.

    Attributes:
        text: How the learner is told about it, before and after.
        points: What missing it costs on one draw.
        timed: It is measured on the machine that judges, so another machine may come to another verdict.
    """

    model_config = _CONFIG
    text: str = Field(min_length=10)
    points: int = Field(ge=1, le=100)
    timed: bool = False


class TaskReference(BaseModel):
    """A submission that ships with the task: the files of `base`, with those of its own folder over them.

    Attributes:
        base: "starter", or the name of another reference.
        folder: Below `references/`; empty when nothing is added.
        blank: Every file that is handed in is empty instead.
    """

    model_config = _CONFIG
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,40}$")]
    kind: Kind
    text: str = Field(min_length=8)
    base: str = "starter"
    folder: str = ""
    blank: bool = False


class TaskSpec(BaseModel):
    """The metadata of a task.

    Attributes:
        files: What is handed in; other files of the folder are ignored.
        draws: Hidden draws that one submission is judged on.
        pass_mark: On the scale where the starter is 0 and losing nothing is 1.
    """

    model_config = _CONFIG
    id: Slug
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$")]
    title: str = Field(min_length=3, max_length=80)
    summary: str = Field(min_length=20, max_length=400)
    module: Literal["prerequisites"]
    prerequisite: Slug
    kind: Literal["task"]
    minutes: int = Field(ge=5, le=120)
    pass_mark: float = Field(gt=0, lt=1)
    draws: int = Field(ge=8, le=50)
    files: tuple[str, ...] = Field(min_length=1)
    graded: dict[str, Graded] = Field(min_length=2)
    not_measured: tuple[str, ...] = Field(min_length=1)
    provenance: str = Field(min_length=10)
    reference: tuple[TaskReference, ...]

    @model_validator(mode="after")
    def _whole(self) -> TaskSpec:
        names = [r.name for r in self.reference]
        known = {"starter", *names}
        problems = [f"reference {n} appears twice" for n in sorted({n for n in names if names.count(n) > 1})]
        problems += [f"reference {r.name}: no base {r.base}" for r in self.reference if r.base not in known]
        kinds = [r.kind for r in self.reference]
        least = {"senior": 1, "second": 1, "mid": 1, "skill_free": 2, "gaming": 2, "careless": 1}
        problems += [
            f"needs at least {count} reference(s) of kind {kind}"
            for kind, count in least.items()
            if kinds.count(kind) < count  # type: ignore[arg-type]
        ]
        if not any(r.name == "starter" and r.kind == "skill_free" for r in self.reference):
            problems.append('needs a skill_free reference named "starter": what handing in unchanged loses')
        if problems:
            raise ValueError("; ".join(problems))
        return self


def load_task_spec(folder: Path) -> TaskSpec:
    """Read and validate `lab.toml` of a task.

    Raises:
        InputError: not there, not TOML, or not a task; every problem listed.
    """
    path = folder / "lab.toml"
    try:
        return TaskSpec.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise InputError("not a lab folder: lab.toml is missing", where=str(folder)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as e:
        raise InputError("lab.toml cannot be read", [str(e)], where=str(path)) from None
    except ValidationError as e:
        problems = [
            f"{'.'.join(map(str, p['loc'])) or 'task'}: {p['msg']}" for p in e.errors(include_url=False)
        ]
        raise InputError("lab.toml is not a task's", problems, where=str(path)) from None
