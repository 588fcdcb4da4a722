"""What a pack says besides modules and skills: reading, work commands, prerequisites, facts of the forecast."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

SLUG = r"^[a-z0-9]+(-[a-z0-9]+)*$"
CONFIG = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Reading(BaseModel):
    """A book or a paper, by title."""

    model_config = CONFIG

    title: str = Field(min_length=3)
    by: str = Field(min_length=3)
    year: int = Field(ge=1900, le=2100)
    where: str = ""


class WorkCommand(BaseModel):
    """The command that uses a skill on a person's own data, and what it does there."""

    model_config = CONFIG

    command: str = Field(min_length=3)
    text: str = Field(min_length=10)

    @property
    def name(self) -> str:
        """The word after `gradatim work`; empty for a command that is not ours."""
        words = self.command.split()
        return words[2] if words[:2] == ["gradatim", "work"] and len(words) > 2 else ""


class Least(BaseModel):
    """What a record must hold to count as met; what is not named is not asked."""

    model_config = CONFIG

    months: int | None = Field(default=None, ge=1)
    systems: int | None = Field(default=None, ge=1)
    works: int | None = Field(default=None, ge=1)
    own_share: float | None = Field(default=None, gt=0, le=1)


class Prerequisite(BaseModel):
    """One thing that is checked before the path begins, and what closes the gap when it is not there."""

    model_config = CONFIG

    id: str = Field(pattern=SLUG)
    title: str = Field(min_length=3)
    how: str = Field(min_length=10)
    check: Literal["record", "task", "task-and-record"]
    practice: str = Field(min_length=10)
    task: str | None = Field(default=None, pattern=SLUG)
    least: Least = Least()

    @model_validator(mode="after")
    def _task_is_named(self) -> Prerequisite:
        if (self.check != "record") != (self.task is not None):
            raise ValueError("a performed task has the id of its lab in `task`, a record has none")
        return self

    @property
    def asks_record(self) -> bool:
        """True when something is to be written down."""
        return self.check != "task"


class ForecastFacts(BaseModel):
    """What the forecast assumes of a path; see `gradatim.path.forecast`.

    Attributes:
        nominal_months: Length of the study at `nominal_hours_per_week`, with no scope credit.
        opportunities: How many qualifying opportunities at work it takes (k).
        impact_lag_months: Median time from the last of these to an effect that can be shown.
        lag_sigma: Standard deviation of the logarithm of that lag.
        overrun: Least and greatest factor by which study takes longer than planned.
        most_scope_credit: The share of the study that present scope can save at most.
        credible_opportunities_per_month: Below this rate the path's own months are not credible.
    """

    model_config = CONFIG

    nominal_months: float = Field(default=14.0, gt=0, le=120)
    nominal_hours_per_week: float = Field(default=6.0, gt=0, le=80)
    opportunities: int = Field(default=6, ge=0, le=50)
    impact_lag_months: float = Field(default=2.0, ge=0, le=24)
    lag_sigma: float = Field(default=0.48, ge=0, le=2)
    overrun: tuple[float, float] = (1.0, 1.2)
    most_scope_credit: float = Field(default=0.5, ge=0, le=1)
    credible_opportunities_per_month: float = Field(default=0.6, ge=0)

    @model_validator(mode="after")
    def _overrun_is_a_range(self) -> ForecastFacts:
        low, high = self.overrun
        if not 0 < low <= high <= 10:
            raise ValueError(f"overrun: {low:g} to {high:g} is not a range of factors above 0")
        return self
