"""The dated plan: what to do in which order at the person's hours, computed from where they stand today.

A plan is a function of the path, the states of the skills, the hours and the day. It is never edited: when
reality differs, it is computed again, and compared with the one that was kept (`slips`).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, NamedTuple

from gradatim.path.catalogue import Catalogue, Module, Skill
from gradatim.path.forecast import WEEKS_PER_MONTH

Kind = Literal["gap", "practise", "exam", "use", "retest"]
EXAM_HOURS, RETEST_HOURS = 1.5, 1.0
RETEST_AFTER_DAYS = 21
LONGEST_DAYS = 40 * 365
DONE = ("shown", "shown_again", "used")


class SkillState(NamedTuple):
    """Where one skill stands: its state, whether a lab is there, and when a re-test is due."""

    state: str
    has_lab: bool
    retest_due: date | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to do.

    Attributes:
        id: Stable from plan to plan: "incident-response:exam".
        start: The day it begins; None in a plan without hours.
        end: The day it should be done.
        why: Why it stands here.
    """

    id: str
    kind: Kind
    title: str
    hours: float
    why: str
    skill: str | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole plan.

    Attributes:
        items: In order.
        weekly_hours: 0 when the person gave none: then no item has a date.
        full_hours: Hours that are left before scope credit.
    """

    items: tuple[Item, ...]
    weekly_hours: float
    full_hours: float
    notes: tuple[str, ...] = field(default=())

    @property
    def dated(self) -> bool:
        """True when there are hours to lay it out by."""
        return self.weekly_hours > 0

    @property
    def end(self) -> date | None:
        """The day the last item should be done."""
        return max((item.end for item in self.items if item.end), default=None)


def nominal_hours(path: Catalogue) -> float:
    """Hours that the whole path takes, without scope credit."""
    return path.forecast.nominal_months * WEEKS_PER_MONTH * path.forecast.nominal_hours_per_week


def focus_hours(path: Catalogue, module: Module) -> float:
    """Hours of practice for each skill of a module: its focused weeks, shared by its skills."""
    return sum(module.weeks) / 2 * path.forecast.nominal_hours_per_week / len(module.skills)


def use_hours(path: Catalogue) -> float:
    """Hours for each skill beyond practice: exam, re-test, use at work and its record."""
    skills = sum(len(module.skills) for module in path.modules)
    focus = sum(focus_hours(path, module) * len(module.skills) for module in path.modules)
    return max(nominal_hours(path) - focus, 0.0) / skills


def make_plan(
    path: Catalogue,
    states: Mapping[str, SkillState],
    *,
    weekly_hours: float | None,
    today: date,
    scope_credit: float = 0.0,
    gaps: Iterable[tuple[str, str, str, float]] = (),
) -> Plan:
    """The plan from here.

    Args:
        path: The path.
        states: By skill; a skill that is not named is not observed and has no lab.
        weekly_hours: None or 0 gives an order without dates.
        today: Its first day.
        scope_credit: Share of the hours that present scope saves.
        gaps: Prerequisites to close first: id, title, practice, hours.
    """
    hours = weekly_hours or 0.0
    layout = _Layout(today, hours)
    full = 0.0
    for gap_id, title, practice, length in gaps:
        layout.add(Item(f"{gap_id}:gap", "gap", f"Close a gap: {title}", length, practice), length)
        full += length
    left = 1.0 - scope_credit
    for skill_id in order(path, states):
        skill, state = path.skill(skill_id), states.get(skill_id, SkillState("no_lab", False))
        for item in _items(path, skill, state):
            full += item.hours
            earliest = state.retest_due if item.kind == "retest" else None
            layout.add(item, item.hours * left, not_before=earliest)
    return Plan(tuple(layout.finished()), hours, full)


def order(path: Catalogue, states: Mapping[str, SkillState]) -> list[str]:
    """Skills that are not done, such that each comes after those it waits for.

    Two lanes run beside each other: skills that feed the dimensions that start in the first month, and the
    rest. The lane that is behind its share goes next; in a lane, what is begun comes first, then what has a lab,
    then the order of the path.
    """
    place = {skill.id: i for i, skill in enumerate(path.skills())}
    todo = {skill.id: skill for skill in path.skills() if _state(states, skill.id) != "used"}
    early = set(path.from_first_month)
    lane = {s.id: 0 if early.intersection(s.dimensions) else 1 for s in todo.values()}
    size = [max(sum(1 for n in lane.values() if n == i), 1) for i in (0, 1)]
    taken = [0, 0]
    made: list[str] = []

    def rank(skill: Skill) -> tuple[float, int, int, int]:
        state = states.get(skill.id, SkillState("no_lab", False))
        begun = (
            ("shown", "shown_again", "practising").index(state.state)
            if state.state in ("shown", "shown_again", "practising")
            else 3
        )
        mine = lane[skill.id]
        return ((taken[mine] + 1) / size[mine], begun, 0 if state.has_lab else 1, place[skill.id])

    while todo:
        ready = [s for s in todo.values() if not any(other in todo for other in s.after)]
        chosen = min(ready, key=rank)
        made.append(chosen.id)
        taken[lane[chosen.id]] += 1
        del todo[chosen.id]
    return made


def _state(states: Mapping[str, SkillState], skill_id: str) -> str:
    return states[skill_id].state if skill_id in states else "no_lab"


def _items(path: Catalogue, skill: Skill, state: SkillState) -> list[Item]:
    """What a skill still asks for."""
    practice, use = focus_hours(path, path.module_of(skill.id)), use_hours(path)
    if state.has_lab:
        use = max(use - EXAM_HOURS - RETEST_HOURS, 0.0)
    items: list[Item] = []
    opens = [other.short for other in path.skills() if skill.id in other.after]
    feeds = ", ".join(skill.dimensions)
    why = f"It opens {_listed(opens)}." if opens else f"It feeds {feeds}." if feeds else "It is on the path."
    if state.state not in DONE:
        begun = state.state == "practising"
        title = f"{skill.short}: " + (
            ("go on practising" if begun else "read and practise")
            if state.has_lab
            else "read and try, no lab yet"
        )
        hours = practice / 2 if begun else practice
        items.append(Item(f"{skill.id}:practise", "practise", title, hours, why, skill.id))
        if state.has_lab:
            items.append(
                Item(
                    f"{skill.id}:exam", "exam", f"{skill.short}: exam without hints", EXAM_HOURS,
                    "Only an exam without hints shows a skill in the lab.", skill.id,
                )
            )  # fmt: skip
    if state.state != "used":
        reason = f"A lab alone never carries {feeds} to level 4." if feeds else "A skill is for use."
        items.append(
            Item(f"{skill.id}:use", "use", f"{skill.short}: use at work and record it", use, reason, skill.id)
        )
    if state.has_lab and state.state in ("shown", "not_observed", "practising"):
        items.append(
            Item(
                f"{skill.id}:retest", "retest", f"{skill.short}: re-test on fresh seeds", RETEST_HOURS,
                "Weeks apart is what separates a skill from a good day.", skill.id,
            )
        )  # fmt: skip
    return items


def _listed(names: Sequence[str]) -> str:
    return "; ".join(names)


class _Layout:
    """One person working on one thing at a time; re-tests wait for their day."""

    def __init__(self, today: date, weekly_hours: float) -> None:
        self.today, self.days_per_hour = today, 7 / weekly_hours if weekly_hours > 0 else None
        self.day = 0.0
        self.made: list[Item] = []
        self.waiting: list[tuple[float, int, Item, float]] = []
        self.shown: dict[str, float] = {}

    def add(self, item: Item, hours: float, not_before: date | None = None) -> None:
        if item.kind == "retest":
            day = (
                float((not_before - self.today).days)
                if not_before is not None
                else self.shown.get(item.skill or "", self.day) + RETEST_AFTER_DAYS
            )
            heapq.heappush(self.waiting, (max(day, 0.0), len(self.waiting), item, hours))
            return
        self._due()
        self._place(item, hours)
        if item.kind == "exam":
            self.shown[item.skill or ""] = self.day

    def finished(self) -> list[Item]:
        while self.waiting:
            day, _, item, hours = heapq.heappop(self.waiting)
            self.day = max(self.day, day)
            self._place(item, hours)
        return self.made

    def _due(self) -> None:
        # Without hours there are no days: re-tests stand at the end of the order.
        while self.days_per_hour is not None and self.waiting and self.waiting[0][0] <= self.day:
            _, _, item, hours = heapq.heappop(self.waiting)
            self._place(item, hours)

    def _place(self, item: Item, hours: float) -> None:
        start = end = None
        if self.days_per_hour is not None:
            start = self._date(self.day)
            self.day += hours * self.days_per_hour
            end = self._date(self.day)
        self.made.append(Item(item.id, item.kind, item.title, hours, item.why, item.skill, start, end))

    def _date(self, day: float) -> date:
        # Half an hour a week makes centuries; a date that far is no date.
        return self.today + timedelta(days=round(min(day, LONGEST_DAYS)))


class Slip(NamedTuple):
    """An item that moved: days later than in the kept plan, negative for earlier."""

    id: str
    title: str
    was: date
    now: date
    days: int


def slips(kept: Mapping[str, date], plan: Plan, least_days: int = 7) -> list[Slip]:
    """Items whose end moved by a week or more since the plan was kept, the largest slip first."""
    found = [
        Slip(item.id, item.title, kept[item.id], item.end, (item.end - kept[item.id]).days)
        for item in plan.items
        if item.end is not None and item.id in kept
    ]
    return sorted((s for s in found if abs(s.days) >= least_days), key=lambda s: (-s.days, s.id))


# The person's own word weighs as much as a quarter of watching: items are days of work, and come in lumps.
STATED_WEEKS = 13.0


def pace(stated: float, done_hours: float, weeks: float) -> float:
    """Hours a week to plan by: what was said, corrected by what was done since the plan was kept.

    Args:
        stated: Hours a week that the person named.
        done_hours: Planned hours of the items done since.
        weeks: Time since, in weeks.
    """
    return (stated * STATED_WEEKS + done_hours) / (STATED_WEEKS + weeks) if weeks > 0 else stated
